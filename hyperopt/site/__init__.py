"""The static site with the published pages, and the page of a user's own runs; neither needs a network."""
