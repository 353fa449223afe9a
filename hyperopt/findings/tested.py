"""The effects on which a claim is tested: one per seed, at one row or as the mean over several."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean, median

from hyperopt.experiments.claim import Check, Place
from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.metrics import Metric, metric_of
from hyperopt.findings.measurements import Measured, Measurements
from hyperopt.statistics import (
    Evidence,
    Interval,
    Method,
    evidence,
    interval_of,
    paired,
    subset_means,
)

NEGLIGIBLE = {"%": 0.25}
"""Negligible differences by unit: a quarter of a percentage point."""
NEGLIGIBLE_SHARE = 0.01
"""The negligible difference of numbers with other units, as a share of the number."""
NEGLIGIBLE_RATIO = 0.05
"""The negligible difference of a ratio."""


@dataclass(frozen=True)
class Tested:
    """An effect that a sentence bounds.

    Attributes:
        check: the part of the sentence.
        rows: the row, or the rows over which the effect is a mean.
        sides: the numbers on both sides of the effect, for each row.
        judged_by: how the experiment judges effects, "mean" or "median".
        exact: whether nothing about the runs is random.
        m: the number of runs behind a number of the report.
    """

    check: Check
    rows: tuple[str, ...]
    sides: tuple[tuple[Measured, Measured], ...]
    judged_by: str
    exact: bool
    m: int

    @cached_property
    def effects(self) -> dict[int, float]:
        """The effect of each seed with all its runs, or of each round for times, as a mean over the rows."""
        return self.effects_at(None)

    def effects_at(self, seeds: Sequence[int] | None) -> dict[int, float]:
        """Return the effects of these seeds; None means all.

        If a side is a distance from the median over seeds, the median is over these seeds only.
        """
        effect = self.check.effect
        by_row = [
            paired(effect.of, _numbers(effect.minuend, a, seeds), _numbers(effect.subtrahend, b, seeds))
            for a, b in self.sides
        ]
        there = sorted(set.intersection(*(set(row) for row in by_row)))
        return {seed: fmean(row[seed] for row in by_row) for seed in there}

    @cached_property
    def mute(self) -> frozenset[int]:
        """The seeds for which both numbers of every row are the least, or both the greatest possible.

        Such a tie does not show which side is smaller.
        """
        effect = self.check.effect
        places = (effect.minuend, effect.subtrahend)
        if self.exact or any(place.number is not None or place.spread for place in places):
            return frozenset()

        def at_an_end(side: Measured, end: int) -> set[int]:
            limit = side.cell.possible[end]
            return {seed for seed, y in side.by_seed.items() if math.isfinite(y) and y == limit}

        rows = [
            {seed for end in (0, 1) for seed in at_an_end(a, end) & at_an_end(b, end)} for a, b in self.sides
        ]
        return frozenset(set.intersection(*rows))

    @property
    def timed(self) -> bool:
        """Whether it is about times of single runs, whose effects are per round."""
        return any(metric_of(side.cell.metric).timed_in for pair in self.sides for side in pair)

    @property
    def method(self) -> Method:
        """The method by which it is judged."""
        metrics = [metric_of(side.cell.metric) for pair in self.sides for side in pair]
        return method_of(metrics, len(self.sides), self.judged_by)

    @property
    def diverged(self) -> tuple[int, int]:
        """The number of diverged runs behind the effect, and the number of all runs."""
        sides = {(m.cell.row, m.cell.column): m for pair in self.sides for m in pair}.values()
        return sum(seed in m.diverged for m in sides for seed in self.effects), len(sides) * len(self.effects)

    @property
    def center(self) -> float | None:
        """The mean of the effects, or their median if it is judged by that; None without any."""
        values = list(self.effects.values())
        return (median(values) if self.method == "median" else fmean(values)) if values else None

    @property
    def by_row(self) -> list[Tested]:
        """The effect of each row alone."""
        return [replace(self, rows=(r,), sides=(s,)) for r, s in zip(self.rows, self.sides, strict=True)]

    @property
    def interval(self) -> Interval | None:
        """The 95 % confidence interval of the effect, within its possible range; None if there is none."""
        found = interval_of(self.evidence())
        return found and found.within(self._possible)

    def repeated(self, seeds: Collection[int]) -> list[bool] | None:
        """Return, for each repeat of the report's procedure with these seeds, if its effect is as claimed.

        A repeat is the mean over any m of the seeds. None if the report's numbers are of single runs, or if
        there are no more seeds than runs of the report.
        """
        values = [effect for seed, effect in self.effects.items() if seed in seeds]
        if self.m < 2 or len(values) <= self.m or self.timed:
            return None
        return [self.check.bound.holds(mean) for mean in subset_means(values, self.m).tolist()]

    @property
    def repeats(self) -> float | None:
        """The share of repeats whose effect is as claimed; None as for `repeated`."""
        found = self.repeated(self.effects)
        return None if found is None else fmean(found)

    @property
    def negligible(self) -> float:
        """The negligible difference of the effect."""
        if self.check.effect.ratio:
            return NEGLIGIBLE_RATIO
        first, second = self.sides[0]
        if first.cell.unit in NEGLIGIBLE:
            return NEGLIGIBLE[first.cell.unit]
        middle = second.summary.median if second.summary else math.nan
        return NEGLIGIBLE_SHARE * abs(middle)

    def evidence(self, seeds: Sequence[int] | None = None) -> Evidence:
        """Return the sample of effects of these seeds, by default all; it is empty if a seed is missing."""
        if seeds is None or self.timed:
            seeds, effects = tuple(self.effects), self.effects
        else:
            effects = self.effects_at(seeds)
        if not all(seed in effects for seed in seeds):
            return evidence([], self.method, exact=self.exact)
        sample = evidence([effects[seed] for seed in seeds], exact=self.exact)
        sample = replace(sample, mute=tuple(seed in self.mute for seed in seeds))
        if self.method != "share":
            return replace(sample, method=self.method)
        [(first, second)] = self.sides
        a, b = (sum(side.by_seed[seed] > 0 for seed in seeds) for side in (first, second))
        n = len(sample.effects)
        return replace(sample, method="share", outcomes=((a, n), (b, n)))

    @property
    def _possible(self) -> Interval:
        """The possible range of the effect."""
        [(low, high), (least, most)] = [side.cell.possible for side in self.sides[0]]
        if self.check.effect.ratio:
            return Interval(0.0 if low >= 0 and least >= 0 else -math.inf, math.inf)
        return Interval(low - most, high - least)


def method_of(metrics: Sequence[Metric], rows: int, judged_by: str) -> Method:
    """Return the method of judging an effect of these metrics over a number of rows.

    It is "share" for shares of runs, "mean" for times, "median" for metrics that may be infinite, and
    otherwise the experiment's `judged_by`.
    """
    if all(metric.is_share for metric in metrics) and rows == 1:
        return "share"
    if any(metric.timed_in for metric in metrics):
        return "mean"
    return "median" if judged_by == "median" or any(metric.by_rank for metric in metrics) else "mean"


def tested(check: Check, experiment: Experiment, measurements: Measurements) -> list[Tested]:
    """Return the tested effects of a check: one per row, or one for the mean over all rows."""
    places = (check.effect.minuend, check.effect.subtrahend)

    def sides(row: str) -> tuple[Measured, Measured]:
        first = _at(places[0], row, measurements)
        if (number := places[1].number) is not None:
            same = dict.fromkeys(first.by_seed, number)
            return first, replace(first, by_seed=same, diverged=frozenset())
        return first, _at(places[1], row, measurements)

    return [
        Tested(
            check,
            rows,
            tuple(map(sides, rows)),
            experiment.judged_by,
            not experiment.random,
            experiment.runs_per_number,
        )
        for rows in check.parts()
    ]


def _at(place: Place, row: str, measurements: Measurements) -> Measured:
    measured = measurements[place.row_at(row), place.column]
    if not place.reported or measured.cell.report is None:
        return measured
    return replace(measured, by_seed=dict.fromkeys(measured.by_seed, measured.cell.report))


def _numbers(place: Place, measured: Measured, seeds: Sequence[int] | None) -> Mapping[int, float]:
    """Return the numbers of one side by seed or, for a spread, their distances from their median."""
    by_seed = measured.by_seed
    if seeds is not None:
        by_seed = {seed: by_seed[seed] for seed in seeds if seed in by_seed}
    if not place.spread or not by_seed:
        return by_seed
    middle = median(by_seed.values())
    return {seed: abs(number - middle) for seed, number in by_seed.items()}
