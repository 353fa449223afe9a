"""Numbers, intervals and tables as Markdown text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tabulate import tabulate

if TYPE_CHECKING:
    from hyperopt.experiments.claim import Bound
    from hyperopt.findings.measurements import Measured
    from hyperopt.statistics import Interval

NOTHING = "–"
NOISE = 12
"""Decimals beyond which a difference of equal numbers may not be zero."""
LOST = "† Some of these runs ended as NaN."


def number(value: float | None, decimals: int = 2, unit: str = "") -> str:
    """A number with this many decimals, `–` where there is none; a zero has no sign.

    What is not zero has as many as it takes not to read as zero: two digits of 0.00024.
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
    """The mean of a cell in the unit of its metric; † where a run diverged."""
    if not measured.summary:
        return NOTHING
    text = number(measured.summary.mean, measured.cell.decimals, measured.cell.unit)
    return f"{text}†" if measured.diverged else text


def interval(given: Interval | None, decimals: int = 2) -> str:
    """Both ends of an interval, `–` where there is none."""
    return NOTHING if given is None else f"{number(given.low, decimals)} to {number(given.high, decimals)}"


def bound(given: Bound | None) -> str:
    """The bound on an effect, as ≥ 1, < 1, within ±1, or 2 to 85."""
    if given is None:
        return NOTHING
    low, high = f"{given.low:g}", f"{given.high:g}"
    if math.isinf(given.high):
        return f"{'>' if given.low_open else '≥'} {low}"
    if math.isinf(given.low):
        return f"{'<' if given.high_open else '≤'} {high}"
    return f"within ±{high}" if given.low == -given.high else f"{low} to {high}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: Iterable[str] = ()) -> str:
    """A pipe table, its columns aligned to the right, those named in `left` to the left."""
    align = ["left" if name in set(left) else "right" for name in header]
    cells, names = [list(map(cell, row)) for row in rows], list(map(cell, header))
    text: str = tabulate(cells, headers=names, tablefmt="pipe", disable_numparse=True, colalign=align)
    return text


def cell(text: str) -> str:
    """A text as a cell of a table has it: on one line, its bars escaped."""
    return " ".join(text.splitlines()).replace("|", "\\|")


def rows_named(labels: Sequence[str]) -> str:
    """One label, or the first and the last of several."""
    return labels[0] if len(labels) == 1 else f"{labels[0]} … {labels[-1]}"


def folded(summary: str, text: str) -> str:
    """Markdown that opens with a click on its summary."""
    return f"<details>\n<summary>{summary}</summary>\n\n{text}\n\n</details>"
