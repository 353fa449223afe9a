"""In which order a column puts the rows of each sub-table, here and in the report."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from operator import sub
from statistics import fmean

from hyperopt.experiments.grid import Table
from hyperopt.experiments.measurements import Measured
from hyperopt.statistics import paired, t_interval
from hyperopt.tables import markdown
from hyperopt.tables.view import View

Pair = tuple[Measured, Measured]


def section(view: View) -> str:
    """A row per sub-table; empty where the experiment compares no order or nothing is measured."""
    experiment = view.experiment
    if not experiment.order:
        return ""
    rows = [row for table in experiment.tables for row in _row(view, table, experiment.order)]
    if not rows:
        return ""
    header = ["", "report, best first", "here, best first", "pairs in the report's order", "of those apart"]
    words = (
        "Two rows are apart where the 95 % interval of their difference, paired by seed, leaves out 0. Rows "
        "of which a run is missing or diverged, and rows that the report does not print, are left out."
    )
    return f"## Order of the rows\n\n{markdown.table(header, rows, left=header[:3])}\n\n{words}"


def _row(view: View, table: Table, column: str) -> Iterator[list[str]]:
    cells = [view.measured[row.label, column] for row in table.rows]
    cells = [c for c in cells if c.cell.report is not None and c.by_seed and not c.missing and not c.diverged]
    pairs = [pair for pair in combinations(cells, 2) if pair[0].cell.report != pair[1].cell.report]
    if not pairs:
        return
    apart = [pair for pair in pairs if _apart(pair)]
    theirs = sorted(cells, key=lambda c: c.cell.report or 0.0)
    ours = sorted(cells, key=_mean)
    names = [" < ".join(c.cell.row for c in order) for order in (theirs, ours)]
    yield [table.heading, *names, _count(pairs), _count(apart)]


def _apart(pair: Pair) -> bool:
    differences = paired(sub, pair[0].by_seed, pair[1].by_seed)
    interval = t_interval(list(differences.values()))
    return interval is not None and 0 not in interval


def _count(pairs: list[Pair]) -> str:
    same = sum((_mean(a) < _mean(b)) == ((a.cell.report or 0.0) < (b.cell.report or 0.0)) for a, b in pairs)
    return f"{same} of {len(pairs)}"


def _mean(cell: Measured) -> float:
    return fmean(cell.by_seed.values())
