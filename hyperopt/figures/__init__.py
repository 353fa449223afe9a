"""Figures drawn: lines, labels and pictures of what an experiment of kind figure asks."""
