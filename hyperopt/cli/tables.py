"""Text tables of commands: on a terminal they are fitted to its width."""

from __future__ import annotations

import sys
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GAP = 2
"""Spaces between columns, and behind a head that is wider than its column."""
LEAST = 12
"""Cells of several words are not folded to fewer characters."""


def terminal_width() -> int | None:
    """Return the width of the terminal; None if standard output is not one."""
    return get_terminal_size().columns if sys.stdout.isatty() else None


def table(rows: Sequence[Sequence[Any]], heads: Sequence[str], width: int | None, **style: Any) -> str:
    """Format a table.

    If it is too wide, cells of several words are folded; columns that still do not fit follow in further
    tables, each of which repeats the first column. No word or number is cut.

    Args:
        rows: the cells.
        heads: the heads of the columns.
        width: the number of characters that fit; None for any.
        style: further arguments of `tabulate`.
    """
    from tabulate import tabulate  # csv and json do without it

    whole: str = tabulate(rows, heads, **style)
    if width is None or not rows or max(map(len, whole.splitlines())) <= width:
        return whole
    columns = [[str(row[i]) for row in rows] for i in range(len(heads))]
    least = [max(len(head) + GAP, _folded(cells)) for head, cells in zip(heads, columns, strict=True)]
    parts = [[0]]
    for i in range(1, len(heads)):
        if len(parts[-1]) == 1 or _total(least[j] for j in (*parts[-1], i)) <= width:
            parts[-1].append(i)
        else:
            parts.append([0, i])
    texts = []
    for part in parts:
        widths, spare = [], max(width - _total(least[i] for i in part), 0)
        for i in part:
            widths.append(least[i] + min(spare, max(0, max(map(len, columns[i])) - least[i])))
            spare -= widths[-1] - least[i]
        cells = [[row[i] for i in part] for row in rows]
        texts.append(tabulate(cells, [heads[i] for i in part], maxcolwidths=widths, **style))
    return "\n\n".join(texts)


def _folded(cells: Sequence[str]) -> int:
    """Return the width of a column whose cells are folded between words."""
    words = [len(word) for cell in cells for word in cell.split()]
    return max(*words, min(LEAST, max(map(len, cells))), 0)


def _total(widths: Iterable[int]) -> int:
    """Return the width of a table with columns of these widths."""
    each = [*widths]
    return sum(each) + GAP * (len(each) - 1)
