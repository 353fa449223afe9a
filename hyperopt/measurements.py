"""What the records say about each cell of an experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from hyperopt.grid import Cell, Experiment
from hyperopt.records import Record
from hyperopt.statistics import Interval, Summary, prediction_interval, summarize


@dataclass(frozen=True)
class Measured:
    """One cell's numbers by seed; `m` is the number of runs behind the report's."""

    cell: Cell
    by_seed: Mapping[int, float]
    diverged: frozenset[int]
    missing: tuple[int, ...]
    m: int

    @cached_property
    def summary(self) -> Summary | None:
        """The sample over seeds; None where no run is in."""
        return summarize(list(self.by_seed.values())) if self.by_seed else None

    @property
    def prediction(self) -> Interval | None:
        """Where the mean of `m` more runs is expected; None where a run diverged, and below two runs."""
        return None if self.diverged else prediction_interval(list(self.by_seed.values()), self.m)

    @property
    def agrees(self) -> bool | None:
        """Whether the report's number lies in the prediction interval; None where either is absent."""
        if self.cell.report is None or self.prediction is None:
            return None
        return self.cell.report in self.prediction


Measurements = Mapping[tuple[str, str], Measured]
"""By row's label and column's name."""


def measure(experiment: Experiment, records: Mapping[str, Record], seeds: Sequence[int]) -> Measurements:
    """Every cell of the experiment as the records have it, in the experiment's order."""
    return {
        (cell.row, cell.column): _measure(cell, records, seeds, experiment.runs_per_number)
        for cell in experiment.cells()
    }


def value(record: Record, metric: str) -> float:
    """The number of a record that a column shows: after the last epoch, where it has one per epoch."""
    if metric == "seconds":
        return record.seconds
    return record.metrics[metric][-1] if metric in record.metrics else record.final[metric]


def _measure(cell: Cell, records: Mapping[str, Record], seeds: Sequence[int], m: int) -> Measured:
    found = {seed: records.get(cell.run(seed).id) for seed in seeds}
    there = {seed: record for seed, record in found.items() if record}
    return Measured(
        cell=cell,
        by_seed={seed: value(record, cell.metric) for seed, record in there.items()},
        diverged=frozenset(seed for seed, record in there.items() if record.diverged),
        missing=tuple(seed for seed in seeds if seed not in there),
        m=m,
    )
