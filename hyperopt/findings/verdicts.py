"""A report's claims against our runs: the effect per seed, its interval, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Literal

from hyperopt.experiments.claim import Bound, Claim, Place
from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings.measurements import Measured, Measurements
from hyperopt.statistics import Interval, median_interval, paired, paired_t_test, t_interval

Outcome = Literal["reproduced", "not reproduced", "undecided", "not testable"]


@dataclass(frozen=True)
class Verdict:
    """One claim, at one row or over several.

    Attributes:
        claim: the claim.
        rows: the rows on which it was judged.
        effects: the effect by seed, for seeds whose runs are all in.
        diverged: how many of the runs behind it diverged, and how many runs there are.
        center: the mean of the effects, or their median where they are told by rank; None without effects.
        interval: Student's interval of the mean, or that of the median by rank; None below two seeds.
        by_rank: whether a run diverged, or the number has no mean (see `Metric`).
        p: p of the paired t-test that the effect is 0, from five seeds on and where it is not told by rank.
        outcome: the verdict.
    """

    claim: Claim
    rows: tuple[str, ...]
    effects: dict[int, float]
    diverged: tuple[int, int]
    center: float | None
    interval: Interval | None
    by_rank: bool
    p: float | None
    outcome: Outcome


def verdicts(experiment: Experiment, measurements: Measurements) -> list[Verdict]:
    """The verdicts in the experiment's order: one per claim, or one per row where a claim is about each."""
    return [
        judge(claim, rows, measurements)
        for claim in experiment.claims
        for rows in ([(row,) for row in claim.rows] if claim.each else [claim.rows])
    ]


def judge(claim: Claim, rows: Sequence[str], measurements: Measurements) -> Verdict:
    """The verdict on a claim over these rows; the effect of a seed is its mean over them."""
    pairs = [
        tuple(_at(place, row, measurements) for place in (claim.effect.minuend, claim.effect.subtrahend))
        for row in rows
    ]
    by_row = [paired(claim.effect.of, first.by_seed, second.by_seed) for first, second in pairs]
    seeds = sorted(set.intersection(*(set(row) for row in by_row)))
    effects = {seed: fmean(row[seed] for row in by_row) for seed in seeds}
    sides = {(m.cell.row, m.cell.column): m for pair in pairs for m in pair}.values()
    lost = sum(seed in m.diverged for m in sides for seed in seeds)
    by_rank = lost > 0 or any(metric_of(m.cell.metric).by_rank for m in sides)
    values = list(effects.values())
    interval = effect_interval(values, by_rank=by_rank)
    return Verdict(
        claim=claim,
        rows=tuple(rows),
        effects=effects,
        diverged=(lost, len(sides) * len(seeds)),
        center=(median(values) if by_rank else fmean(values)) if values else None,
        interval=interval,
        by_rank=by_rank,
        p=None if by_rank or claim.effect.ratio else paired_t_test(values),
        outcome=outcome(claim.bound, interval),
    )


def effect_interval(effects: Sequence[float], *, by_rank: bool) -> Interval | None:
    """The interval behind a verdict: Student's, or that of the median by rank; None below two seeds."""
    if len(effects) < 2:
        return None
    return median_interval(effects)[0] if by_rank else t_interval(effects)


def outcome(bound: Bound | None, interval: Interval | None) -> Outcome:
    """Reproduced where the whole interval is as claimed, not where none of it is, undecided otherwise."""
    if bound is None:
        return "not testable"
    if interval is None:
        return "undecided"
    if bound.contains(interval):
        return "reproduced"
    return "not reproduced" if bound.misses(interval) else "undecided"


def _at(place: Place, row: str, measurements: Measurements) -> Measured:
    measured = measurements[place.row_at(row), place.column]
    if not place.reported or measured.cell.report is None:
        return measured
    return replace(measured, by_seed=dict.fromkeys(measured.by_seed, measured.cell.report))
