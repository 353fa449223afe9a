"""How strongly a sample speaks for an effect above or below a bound: p-values of one-sided tests, doubled.

A bound separates true from false, so only one of two opposite verdicts can be wrong. With the doubling, a
decision at 5 % is the same as a 95 % interval on one side of the bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import special

from hyperopt.statistics.intervals import CONFIDENCE, Interval, median_interval, t_interval
from hyperopt.statistics.shares import difference_interval, difference_p

Method = Literal["mean", "median", "share"]
DECIMALS = 9
"""Effects are rounded to this many decimals, so that 1.9 - 0.9 is a whole point."""


@dataclass(frozen=True)
class Evidence:
    """A sample of effects, and how it is judged.

    Attributes:
        method: Student's test for the mean, ranks for the median, or the difference of two shares.
        effects: one per seed; for shares the differences of outcomes.
        outcomes: for shares, the number of successes and of runs on each side.
        exact: nothing about the runs is random, so the effects have no error.
        mute: for each effect, whether both its numbers have the least, or both the greatest possible value.
            Such a tie at a bound is evidence for neither side. () means none.
    """

    method: Method
    effects: tuple[float, ...]
    outcomes: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    exact: bool = False
    mute: tuple[bool, ...] = ()

    @property
    def undefined(self) -> bool:
        """Whether there is nothing to judge: no effect, or one that is not a number."""
        return not self.effects or any(map(math.isnan, self.effects))

    @cached_property
    def mean_and_error(self) -> tuple[float, float]:
        """The mean of two finite effects or more, and its standard error."""
        error = float(np.std(self.effects, ddof=1)) / math.sqrt(len(self.effects))
        return float(np.mean(self.effects)), error

    @property
    def by_rank(self) -> bool:
        """Whether ranks decide: also for a mean if all effects are equal, and so have no spread."""
        return self.method == "median" or (self.method == "mean" and len(set(self.effects)) == 1)


def evidence(effects: Sequence[float], method: Method = "mean", *, exact: bool = False) -> Evidence:
    """The evidence of the given effects."""
    return Evidence(method, tuple(round(effect, DECIMALS) for effect in effects), exact=exact)


def above(sample: Evidence, edge: float, *, closed: bool = False) -> float:
    """p, doubled, of the hypothesis that the effect is not above the edge; if `closed`, at it is above."""
    if sample.undefined:
        return 1.0
    if math.isinf(edge):
        return 0.0 if edge < 0 else 1.0
    if sample.exact:
        return float(any(e < edge or (e == edge and not closed) for e in sample.effects))
    if sample.method == "share":
        return difference_p(*sample.outcomes, edge / 100)
    if sample.by_rank:
        speaking = _speaking(sample, edge)
        against = sum(e < edge or (e == edge and not closed) for e in speaking)
        return min(1.0, 2 * float(special.bdtr(against, len(speaking), 0.5)))
    return _mean_above(sample, edge)


def below(sample: Evidence, edge: float, *, closed: bool = False) -> float:
    """p, doubled, of the hypothesis that the effect is not below the edge; if `closed`, at it is below."""
    return above(_negative(sample), -edge, closed=closed)


def least_above(method: Method, n: int, edge: float) -> float:
    """The smallest p of an effect above the edge that `n` runs can give, whatever their numbers."""
    if math.isinf(edge):
        return 0.0 if edge < 0 else 1.0
    if method == "mean":
        return 0.0 if n > 1 else 1.0
    if method == "median":
        return min(1.0, 2 * 0.5**n)
    return difference_p((n, n), (0, n), edge / 100) if n else 1.0


def interval_of(sample: Evidence, confidence: float = CONFIDENCE) -> Interval | None:
    """The interval of the effect by the sample's method; for shares of their difference in percent.

    None if there is none, for example because nothing is random.
    """
    if sample.undefined or sample.exact:
        return None
    if sample.method == "share":
        found = difference_interval(*sample.outcomes, confidence)
        return Interval(100 * found.low, 100 * found.high)
    if sample.by_rank:
        return median_interval(sample.effects, confidence)
    return t_interval(sample.effects, confidence)


def _speaking(sample: Evidence, edge: float) -> list[float]:
    """Its effects without mute ties at the edge."""
    mute = sample.mute or (False,) * len(sample.effects)
    return [e for e, still in zip(sample.effects, mute, strict=True) if not (still and e == edge)]


def _negative(sample: Evidence) -> Evidence:
    first, second = sample.outcomes
    return replace(sample, effects=tuple(-e for e in sample.effects), outcomes=(second, first))


def _mean_above(sample: Evidence, edge: float) -> float:
    n = len(sample.effects)
    if n < 2 or not all(map(math.isfinite, sample.effects)):
        return 1.0
    mean, error = sample.mean_and_error
    return min(1.0, 2 * float(special.stdtr(n - 1, (edge - mean) / error)))
