"""The pages in a browser: static files that need no network, of the findings that Markdown pages show."""
