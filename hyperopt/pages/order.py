"""In which order a column puts the rows of each sub-table, here and in the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from operator import sub
from statistics import fmean

from hyperopt.experiments.experiment import Table
from hyperopt.findings.measurements import Measured
from hyperopt.findings.view import View
from hyperopt.pages import markdown
from hyperopt.statistics import paired, t_interval

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
        "of which a run is missing or diverged, and rows that the report does not print, are left out. Of "
        "two equal means neither is first: such a pair is not in the report's order."
    )
    return f"## Order of the rows\n\n{markdown.table(header, rows, left=header[:3])}\n\n{words}"


def _row(view: View, table: Table, column: str) -> Iterator[list[str]]:
    cells = [view.measured[row.label, column] for row in table.rows]
    cells = [c for c in cells if c.cell.report is not None and c.by_seed and not c.missing and not c.diverged]
    pairs = [pair for pair in combinations(cells, 2) if pair[0].cell.report != pair[1].cell.report]
    if not pairs:
        return
    apart = [pair for pair in pairs if _apart(pair)]
    yield [table.heading, _ranked(cells, _report), _ranked(cells, _mean), _count(pairs), _count(apart)]


def _ranked(cells: list[Measured], value: Callable[[Measured], float]) -> str:
    first, *others = order = sorted(cells, key=value)
    signs = ["=" if value(a) == value(b) else "<" for a, b in pairwise(order)]
    return " ".join([first.cell.row, *(f"{s} {c.cell.row}" for s, c in zip(signs, others, strict=True))])


def _apart(pair: Pair) -> bool:
    differences = paired(sub, pair[0].by_seed, pair[1].by_seed)
    interval = t_interval(list(differences.values()))
    return interval is not None and 0 not in interval


def _count(pairs: list[Pair]) -> str:
    same = sum((_mean(a) - _mean(b)) * (_report(a) - _report(b)) > 0 for a, b in pairs)
    return f"{same} of {len(pairs)}"


def _report(cell: Measured) -> float:
    return cell.cell.report or 0.0


def _mean(cell: Measured) -> float:
    return fmean(cell.by_seed.values())
