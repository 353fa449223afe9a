"""Drawing figures, heat maps and image galleries with matplotlib."""
