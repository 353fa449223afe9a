"""Markdown pages and CSV files: one of each per experiment, the list of pages, and the page of the study."""
