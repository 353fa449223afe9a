"""The order of each sub-table's rows by one column, here and in the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from operator import sub
from statistics import fmean

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.grid import Table
from hyperopt.findings.measurements import Measured, Measurements
from hyperopt.statistics import paired, t_interval

Pair = tuple[Measured, Measured]
Ranking = tuple[tuple[str, ...], ...]
"""Labels of rows in ascending order of their numbers; rows with equal numbers share a place."""


@dataclass(frozen=True)
class Order:
    """The order of the rows of one sub-table.

    Attributes:
        heading: the heading of the sub-table.
        reported: the order of the report's numbers.
        measured: the order of our means.
        pairs: the number of pairs of rows whose means are in the report's order, and the number of pairs.
        apart: the same for pairs whose difference, paired by seed, has a 95 % interval that excludes 0.
    """

    heading: str
    reported: Ranking
    measured: Ranking
    pairs: tuple[int, int]
    apart: tuple[int, int]


def orders(experiment: Experiment, measurements: Measurements) -> list[Order]:
    """Return the order in every sub-table with at least two rows; [] if the experiment compares no order."""
    column = experiment.order
    if column is None:
        return []
    return [order for table in experiment.tables for order in _order(table, column, measurements)]


def _order(table: Table, column: str, measurements: Measurements) -> Iterator[Order]:
    """Yield the order of the rows that the report prints and whose runs are complete and did not diverge."""
    found = [measurements[row.label, column] for row in table.rows]
    found = [m for m in found if m.cell.report is not None and m.by_seed and not (m.missing or m.diverged)]
    pairs = [pair for pair in combinations(found, 2) if _reported(pair[0]) != _reported(pair[1])]
    if pairs:
        apart = [pair for pair in pairs if _are_apart(pair)]
        theirs, ours = _ranked(found, _reported), _ranked(found, _mean)
        yield Order(table.heading, theirs, ours, _in_order(pairs), _in_order(apart))


def _ranked(found: Sequence[Measured], by: Callable[[Measured], float]) -> Ranking:
    places = groupby(sorted(found, key=by), by)
    return tuple(tuple(measured.cell.row for measured in place) for _, place in places)


def _are_apart(pair: Pair) -> bool:
    differences = paired(sub, pair[0].by_seed, pair[1].by_seed)
    interval = t_interval(list(differences.values()))
    return interval is not None and 0 not in interval


def _in_order(pairs: Sequence[Pair]) -> tuple[int, int]:
    return sum((_mean(a) - _mean(b)) * (_reported(a) - _reported(b)) > 0 for a, b in pairs), len(pairs)


def _reported(measured: Measured) -> float:
    return measured.cell.report or 0.0


def _mean(measured: Measured) -> float:
    return fmean(measured.by_seed.values())
