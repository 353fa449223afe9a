"""Cells of a Markdown table, for tests of pages."""

from __future__ import annotations


def cells(text: str, first: str) -> list[str]:
    """The row whose first cell is `first`."""
    [line] = [
        line for line in text.splitlines() if line.split("|")[1:2] and line.split("|")[1].strip() == first
    ]
    return [cell.strip() for cell in line.split("|")[1:-1]]
