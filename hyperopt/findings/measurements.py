"""What the records say about each cell of an experiment."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.grid import Cell
from hyperopt.experiments.metrics import metric_of
from hyperopt.experiments.reductions import REDUCTIONS
from hyperopt.findings import timings
from hyperopt.findings.rivals import rivals
from hyperopt.records import Record
from hyperopt.statistics import (
    FEWEST_RUNS,
    Interval,
    Summary,
    prediction_interval,
    share_interval,
    summarize,
)

PENALTY = 1e-4 / (2 * 60_000)
"""Factor of the squared weights in the training loss of docs/reports/hyper_regularization.md, "MNIST"."""


@dataclass(frozen=True)
class Measured:
    """One cell's numbers by seed; those of a time by round.

    `m` is the number of runs behind the report's number, which may be off by `error`. A number that is
    infinite because its run was too short is known to be above `most`. It is `exact` where nothing about the
    runs is random. `rivals` are the numbers from which the report's would have to be told.
    """

    cell: Cell
    by_seed: Mapping[int, float]
    diverged: frozenset[int]
    missing: tuple[int, ...]
    m: int
    error: float = 0.0
    most: float = math.inf
    exact: bool = False
    rivals: tuple[float, ...] = ()

    @cached_property
    def summary(self) -> Summary | None:
        """The sample over seeds; None where no run is in."""
        return summarize(list(self.by_seed.values())) if self.by_seed else None

    @property
    def of_shares(self) -> bool:
        """Whether it is a share of runs, which has no spread of its own."""
        return metric_of(self.cell.metric).is_share and not self.cell.reduction

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the mean, within what the metric can be.

        It is Student's; of a share of runs Clopper and Pearson's, in percent. None where a run diverged.
        """
        if self.summary is None:
            return None
        if self.of_shares:
            found = share_interval(sum(y > 0 for y in self.by_seed.values()), self.summary.n)
            return Interval(100 * found.low, 100 * found.high)
        if self.diverged or self.summary.interval is None:
            return None
        return self.summary.interval.within(Interval(*metric_of(self.cell.metric).possible))

    @cached_property
    def prediction(self) -> Interval | None:
        """The interval in which the mean of `m` more runs is expected, within what the metric can be.

        None below two runs, for a number that depends on the machine, and where fewer than ten runs do not
        tell: one of them diverged, or all gave the same number. Of what is told by rank it is the range.
        """
        metric, values = metric_of(self.cell.metric), list(self.by_seed.values())
        if metric.of_machine or metric.is_share or not values:
            return None
        if metric.by_rank or self.exact:
            return Interval(min(values), max(values))
        if len(values) < FEWEST_RUNS and (self.diverged or len(set(values)) == 1):
            return None
        found = prediction_interval(values, self.m)
        return found and found.within(Interval(*metric.possible))

    @property
    def comparable(self) -> bool:
        """Whether the report's number could be compared, were there runs enough to tell what to expect.

        That of a whole curve is not, which may be a count without spread, nor what depends on the machine.
        """
        there = self.cell.report is not None and not self.cell.reduction and bool(self.by_seed)
        return there and not metric_of(self.cell.metric).of_machine

    @cached_property
    def agrees(self) -> bool | None:
        """Whether the report's number lies in the prediction interval; None where either is absent."""
        report = self.cell.report
        if report is None or not self.comparable or self.prediction is None:
            return None
        return self._inside(report)

    @property
    def shows(self) -> float | None:
        """The smallest difference from our mean that would have shown; None where nothing is compared."""
        if self.agrees is None or self.prediction is None or self.summary is None:
            return None
        mean = self.summary.median if metric_of(self.cell.metric).by_rank else self.summary.mean
        return max(mean - self.prediction.low, self.prediction.high - mean) + self.error

    @property
    def tells(self) -> bool | None:
        """Whether an agreement says something: no rival of the report's number would have agreed too.

        None where the number does not agree.
        """
        if not self.agrees:
            return None
        return bool(self.rivals) and not any(map(self._inside, self.rivals))

    def _inside(self, number: float) -> bool:
        assert self.prediction
        low, high = self.prediction.low, self.prediction.high
        if math.isinf(number):
            return math.isinf(high)
        return min(low, self.most) - self.error <= number <= high + self.error


Measurements = Mapping[tuple[str, str], Measured]
"""Measurements by the label of their row and the name of their column."""


def measure(experiment: Experiment, records: Mapping[str, Record], seeds: Sequence[int]) -> Measurements:
    """Every cell of the experiment as the records show it, in the experiment's order."""
    error, rival_of = experiment.reading_error + experiment.rounding_error, rivals(experiment)
    return {
        (cell.row, cell.column): replace(
            _measure(cell, records, seeds, experiment.runs_per_number, error),
            exact=not experiment.random,
            rivals=rival_of.get((cell.row, cell.column), ()),
        )
        for cell in experiment.cells()
    }


def lost_above(errors: Collection[float]) -> float:
    """Test error in % above which a run is lost: five points over the median of alike ones, and twice it."""
    middle = median(errors) if errors else 0.0
    return max(middle + 5, 2 * middle)


def lost_loss_above(losses: Collection[float]) -> float:
    """A loss above which a run is lost: twice the median of alike ones, as of errors."""
    return 2 * median(losses) if losses else math.inf


def series(record: Record, metric: str) -> list[float]:
    """A metric after each epoch, [] where the record has none; hyperparameters are called level.name."""
    if metric.endswith("_accuracy"):
        return [100 - error for error in record.metrics.get(metric.replace("accuracy", "error"), [])]
    if metric == "train_loss_l2":
        pairs = zip(series(record, "train_loss_full"), series(record, "squared_weights"), strict=True)
        return [_penalised(*pair) for pair in pairs]
    return record.metrics.get(metric, []) or record.hyperparameters.get(metric, [])


def value(record: Record, metric: str, epoch: int | None = None) -> float | None:
    """The number of a record that a column shows, after `epoch` or the last one; None where there is none.

    Epochs are counted from 1.
    """
    if metric == "seconds":
        return record.seconds
    if metric == "diverged":
        return 100.0 * record.diverged
    if epoch is None and (number := _final(record, metric)) is not None:
        return number
    values = series(record, metric)
    return values[(epoch or len(values)) - 1] if len(values) >= (epoch or 1) else None


def _final(record: Record, metric: str) -> float | None:
    """A number that a record has for the end of its run alone; None where there is none."""
    if metric == "train_loss_l2":
        loss, squares = (record.final.get(part) for part in ("train_loss_full", "squared_weights"))
        return None if loss is None or squares is None else _penalised(loss, squares)
    return record.final.get(metric)


def _penalised(loss: float, squared_weights: float) -> float:
    return loss + PENALTY * squared_weights


def _number(cell: Cell, records: Sequence[Record]) -> float | None:
    """One seed's number, from the records of the cell's runs."""
    if cell.reduction is None:
        return value(records[0], cell.metric, cell.epoch)
    if cell.along:
        curve = [value(record, cell.metric) for record in records]
    else:
        curve = [*series(records[0], cell.metric)]
    by_rank = metric_of(cell.metric).by_rank
    known = [y for y in curve if y is not None and (by_rank or math.isfinite(y))]
    return REDUCTIONS[cell.reduction].of(known) if len(known) == len(curve) else None


def _measure(
    cell: Cell, records: Mapping[str, Record], seeds: Sequence[int], m: int, error: float
) -> Measured:
    if metric_of(cell.metric).timed_in:
        record = records.get(timings.cell_id(cell))
        rounds = timings.rounds(record, per_step=metric_of(cell.metric).per_step) if record else []
        return Measured(cell, dict(enumerate(rounds)), frozenset(), (), m)
    by_seed: dict[int, float] = {}
    diverged = set()
    most = math.inf
    for seed in seeds:
        found = [records[run.id] for run in cell.runs(seed) if run.id in records]
        number = _number(cell, found) if len(found) == max(1, len(cell.along)) else None
        if number is not None:
            by_seed[seed] = number
            if any(record.diverged for record in found):
                diverged.add(seed)
            if math.isinf(number):
                most = min([most, *(record.steps for record in found if not record.diverged)])
    missing = tuple(seed for seed in seeds if seed not in by_seed)
    return Measured(cell, by_seed, frozenset(diverged), missing, m, error, most)
