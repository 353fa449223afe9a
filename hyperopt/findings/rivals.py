"""Rivals of a report's numbers. If a rival would agree with our runs too, an agreement means little."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.grid import Cell
from hyperopt.experiments.metrics import metric_of


def rivals(experiment: Experiment) -> dict[tuple[str, str], tuple[float, ...]]:
    """Return the rivals of every number that the report prints, by row and column.

    If the experiment compares two columns, the rival of a number is the report's number in the other column
    of its row. A number without one has two rivals, half a spread below and above it. The spread is that of
    the report's numbers in the column or, if they are all equal, of all those of the same metric; for metrics
    that are summarized by rank, it is one of logarithms. Without any spread there are no rivals.
    """
    cells = [cell for cell in experiment.cells() if cell.report is not None and math.isfinite(cell.report)]
    printed = {(cell.row, cell.column): cell.report for cell in cells if cell.report is not None}
    other = opposite(experiment)
    found = {}
    for cell in cells:
        rival = printed.get((cell.row, other.get(cell.column, "")))
        found[cell.row, cell.column] = _away(cell, cells) if rival is None else (rival,)
    return found


def opposite(experiment: Experiment) -> Mapping[str, str]:
    """Return, for each of the two columns that the experiment's effect compares, the other one."""
    if experiment.effect is None:
        return {}
    first, second = experiment.effect.minuend, experiment.effect.subtrahend
    return {first.column: second.column, second.column: first.column} if first.row == second.row else {}


def _away(cell: Cell, cells: Sequence[Cell]) -> tuple[float, ...]:
    """Return the numbers half a spread below and above; () if there is no spread."""
    log = metric_of(cell.metric).by_rank
    same_column = [c for c in cells if c.column == cell.column]
    same_metric = [c for c in cells if c.metric == cell.metric]
    for known in (same_column, same_metric):
        half = _spread((c.report or 0.0 for c in known), log=log) / 2
        if half and cell.report is not None:
            if log:
                return cell.report / math.exp(half), cell.report * math.exp(half)
            return cell.report - half, cell.report + half
    return ()


def _spread(numbers: Iterable[float], *, log: bool) -> float:
    given = [math.log(x) if log else x for x in numbers]
    return max(given) - min(given)
