"""Figures: what one shows (figure, reading), its numbers (reductions, lines), its picture and its page's section."""
