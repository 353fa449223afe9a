"""Numbers, intervals and tables as Markdown text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tabulate import tabulate

if TYPE_CHECKING:
    from hyperopt.experiments.claim import Bound
    from hyperopt.findings.measurements import Measured
    from hyperopt.statistics import Interval

NOTHING = "–"
NOISE = 12
"""Decimals beyond which the difference of equal numbers may be nonzero by rounding."""
LINK = r"!?\[([^]]*)\]\([^()\s]+\)"
LOST = "† Some of these runs ended as NaN."


def number(value: float | None, decimals: int = 2, unit: str = "") -> str:
    """Return a number with this many decimals; `–` for None or NaN. Zero has no sign.

    A number that would be rounded to zero has two significant digits instead, such as 0.00024.
    """
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    rounded = round(value, decimals) + 0.0
    if not rounded and round(value, NOISE):
        return f"{value:.2g}{unit}"
    return f"{rounded:.{decimals}f}{unit}"


def mean(measured: Measured) -> str:
    """Return the mean of a cell with the unit of its metric, and † if a run diverged."""
    if not measured.summary:
        return NOTHING
    text = number(measured.summary.mean, measured.cell.decimals, measured.cell.unit)
    return f"{text}†" if measured.diverged else text


def interval(given: Interval | None, decimals: int = 2) -> str:
    """Return both ends of an interval; `–` for None."""
    return NOTHING if given is None else f"{number(given.low, decimals)} to {number(given.high, decimals)}"


def bound(given: Bound | None) -> str:
    """Return a bound on an effect, such as ≥ 1, < 1, within ±1, or 2 to 85."""
    if given is None:
        return NOTHING
    low, high = f"{given.low:g}", f"{given.high:g}"
    if math.isinf(given.high):
        return f"{'>' if given.low_open else '≥'} {low}"
    if math.isinf(given.low):
        return f"{'<' if given.high_open else '≤'} {high}"
    return f"within ±{high}" if given.low == -given.high else f"{low} to {high}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: Iterable[str] = ()) -> str:
    """Return a pipe table; columns named in `left` are aligned to the left, others to the right."""
    align = ["left" if name in set(left) else "right" for name in header]
    cells, names = [list(map(cell, row)) for row in rows], list(map(cell, header))
    text: str = tabulate(cells, headers=names, tablefmt="pipe", disable_numparse=True, colalign=align)
    return text


def cell(text: str) -> str:
    """Return a text as a cell of a table: on one line, with bars escaped."""
    return " ".join(text.splitlines()).replace("|", "\\|")


def rows_named(labels: Sequence[str]) -> str:
    """Return one label, or the first and last of several."""
    return labels[0] if len(labels) == 1 else f"{labels[0]} … {labels[-1]}"


def unlinked(text: str) -> str:
    """Return Markdown with links replaced by their texts, without paragraphs that are only a link."""
    return re.sub(LINK, r"\1", re.sub(rf"(?m)^{LINK}\.?\n\n", "", text))


def folded(summary: str, text: str) -> str:
    """Return text that is hidden until its summary is clicked."""
    return f"<details>\n<summary>{summary}</summary>\n\n{text}\n\n</details>"
