"""The numbers of each cell of an experiment, from records, and whether the report's number agrees."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import Literal

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
"""The factor of the squared weights in the training loss of docs/reports/hyper_regularization.md, "MNIST"."""

Obstacle = Literal["diverged", "equal", "single"]
"""Why a number is not compared: a run diverged, the few runs are all equal, or there is only one."""


@dataclass(frozen=True)
class Measured:
    """The numbers of a cell.

    Attributes:
        cell: the cell.
        by_seed: the number of each seed; for times, of each round.
        diverged: the seeds whose runs diverged.
        missing: the seeds without a number.
        m: the number of runs behind the report's number.
        error: the possible error of the report's number.
        most: infinite numbers, of runs that were too short, are known to be above this.
        exact: whether nothing about the runs is random.
        rivals: the numbers from which the report's should be distinguishable.
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
        """The sample over seeds; None without any run."""
        return summarize(list(self.by_seed.values())) if self.by_seed else None

    @property
    def of_shares(self) -> bool:
        """Whether the cell is a share of runs, which has no standard deviation."""
        return metric_of(self.cell.metric).is_share and not self.cell.reduction

    @property
    def interval(self) -> Interval | None:
        """The 95 % confidence interval of the mean, within the range of the metric.

        It is Student's, or Clopper and Pearson's for a share of runs, in percent. None if a run diverged.
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
        """The 95 % prediction interval of the mean of `m` more runs, within the range of the metric.

        For metrics that are summarized by rank it is the range. None for fewer than two runs, for a number
        that depends on the machine, and for fewer than ten runs if one diverged or all numbers are equal.
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
        """Whether the report's number can be compared, unless there is an `obstacle`.

        Reductions of a curve cannot be, as they may be counts without spread, nor can shares of runs and
        numbers that depend on the machine.
        """
        there = self.cell.report is not None and not self.cell.reduction and bool(self.by_seed)
        metric = metric_of(self.cell.metric)
        return there and not (metric.of_machine or metric.is_share)

    @property
    def obstacle(self) -> Obstacle | None:
        """Why a comparable number is not compared; None if it is compared or not comparable."""
        if self.agrees is not None or not self.comparable:
            return None
        values = [*self.by_seed.values()]
        if self.diverged or not all(map(math.isfinite, values)):
            return "diverged"
        return "equal" if len(values) > 1 else "single"

    @cached_property
    def agrees(self) -> bool | None:
        """Whether the report's number lies in the prediction interval; None if either is missing."""
        report = self.cell.report
        if report is None or not self.comparable or self.prediction is None:
            return None
        return self._inside(report)

    @property
    def least_visible(self) -> float | None:
        """The least difference from our mean that would disagree on either side; None if not compared."""
        if self.agrees is None or self.prediction is None or self.summary is None:
            return None
        mean = self.summary.median if metric_of(self.cell.metric).by_rank else self.summary.mean
        return max(mean - self.prediction.low, self.prediction.high - mean) + self.error

    @property
    def telling(self) -> bool | None:
        """Whether no rival of the report's number would agree too; None if the number does not agree."""
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
"""Measurements by row label and column name."""


def measure(experiment: Experiment, records: Mapping[str, Record], seeds: Sequence[int]) -> Measurements:
    """Return the numbers of every cell of an experiment, in the experiment's order."""
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
    """Return the test error in % above which a run is lost, given the errors of all seeds.

    It is five points above the median and twice the median, whichever is larger.
    """
    middle = median(errors) if errors else 0.0
    return max(middle + 5, 2 * middle)


def lost_loss_above(losses: Collection[float]) -> float:
    """Return the loss above which a run is lost, given the losses of all seeds: twice their median."""
    return 2 * median(losses) if losses else math.inf


def series(record: Record, metric: str) -> list[float]:
    """Return a metric, or a hyperparameter "level.name", after each epoch; [] if the record has none."""
    if metric.endswith("_accuracy"):
        return [100 - error for error in record.metrics.get(metric.replace("accuracy", "error"), [])]
    if metric == "train_loss_l2":
        pairs = zip(series(record, "train_loss_full"), series(record, "squared_weights"), strict=True)
        return [_penalised(*pair) for pair in pairs]
    return record.metrics.get(metric, []) or record.hyperparameters.get(metric, [])


def value(record: Record, metric: str, epoch: int | None = None) -> float | None:
    """Return the value of a metric after an epoch, counted from 1, or the last one; None if there is none."""
    if metric == "seconds":
        return record.seconds
    if metric == "diverged":
        return 100.0 * record.diverged
    if epoch is None and (number := _final(record, metric)) is not None:
        return number
    values = series(record, metric)
    return values[(epoch or len(values)) - 1] if len(values) >= (epoch or 1) else None


def _final(record: Record, metric: str) -> float | None:
    """Return a number that a record only has for the end of its run; None if there is none."""
    if metric == "train_loss_l2":
        loss, squares = (record.final.get(part) for part in ("train_loss_full", "squared_weights"))
        return None if loss is None or squares is None else _penalised(loss, squares)
    return record.final.get(metric)


def _penalised(loss: float, squared_weights: float) -> float:
    return loss + PENALTY * squared_weights


def _number(cell: Cell, records: Sequence[Record]) -> float | None:
    """Return the number of one seed, from the records of the cell's runs; None if it has none."""
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
