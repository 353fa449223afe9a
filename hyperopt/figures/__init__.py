"""Figures: what one shows, its keys in a file, its numbers, and its picture."""
