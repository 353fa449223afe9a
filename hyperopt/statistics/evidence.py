"""How strongly a sample speaks for an effect above or below a bound: p-values of one-sided tests, doubled.

A bound tells true from false, so that only one of two opposite verdicts can be wrong; doubling keeps what is
decided at 5 % the same as what a 95 % interval on one side of the bound says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

import numpy as np
from scipy import special

from hyperopt.statistics.intervals import (
    CONFIDENCE,
    EVERYTHING,
    Interval,
    median_interval,
    share_interval,
    t_interval,
)

Method = Literal["mean", "median", "share"]
DECIMALS = 9
"""To which effects are rounded, so that 1.9 - 0.9 is a whole point."""


@dataclass(frozen=True)
class Evidence:
    """A sample of effects, and how it is judged.

    Attributes:
        method: by Student's for the mean, by ranks for the median, or as the difference of two shares.
        effects: one per seed; of shares the differences of outcomes.
        outcomes: of shares, how many of how many runs, on either side.
        exact: nothing about the runs is random, so that equal effects are the effect.
    """

    method: Method
    effects: tuple[float, ...]
    outcomes: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    exact: bool = False

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
        """Whether ranks decide: also of a mean, where all effects are equal and so tell no spread."""
        return self.method == "median" or (self.method == "mean" and len(set(self.effects)) == 1)


def evidence(effects: Sequence[float], method: Method = "mean", *, exact: bool = False) -> Evidence:
    """The evidence of effects as they are."""
    return Evidence(method, tuple(round(effect, DECIMALS) for effect in effects), exact=exact)


def above(sample: Evidence, edge: float, *, closed: bool = False) -> float:
    """p, doubled, of the hypothesis that the effect is not above the edge; at it counts where `closed`."""
    if sample.undefined:
        return 1.0
    if math.isinf(edge):
        return 0.0 if edge < 0 else 1.0
    if sample.exact:
        return float(any(e < edge or (e == edge and not closed) for e in sample.effects))
    if sample.method == "share":
        return _share_above(*sample.outcomes, edge)
    if sample.by_rank:
        against = sum(e < edge or (e == edge and not closed) for e in sample.effects)
        return min(1.0, 2 * float(special.bdtr(against, len(sample.effects), 0.5)))
    return _mean_above(sample, edge)


def below(sample: Evidence, edge: float, *, closed: bool = False) -> float:
    """p, doubled, of the hypothesis that the effect is not below the edge; at it counts where `closed`."""
    return above(_negative(sample), -edge, closed=closed)


def least_p(method: Method, n: int, edges: Sequence[float]) -> float:
    """The smallest p that so many runs can give against any of the edges, whatever their numbers are."""
    if method == "mean":
        return 0.0 if n > 1 else 1.0
    if method == "median":
        return min(1.0, 2 * 0.5**n)
    apart = [_share_above((n, n), (0, n), sign * edge) for edge in edges for sign in (1, -1)]
    return min((p for p in apart), default=1.0)


def interval_of(sample: Evidence, confidence: float = CONFIDENCE) -> Interval | None:
    """The interval that the sample's method gives the effect; None where it gives none.

    Of two shares, their difference in percent from Clopper and Pearson's interval of each, which both hold.
    """
    if sample.undefined:
        return None
    if sample.exact:
        return Interval(min(sample.effects), max(sample.effects))
    if sample.method == "share":
        (a, n), (b, m) = sample.outcomes
        either = (1 + confidence) / 2
        first, second = share_interval(a, n, either), share_interval(b, m, either)
        return Interval(100 * (first.low - second.high), 100 * (first.high - second.low))
    if sample.by_rank:
        return median_interval(sample.effects, confidence)
    return t_interval(sample.effects, confidence)


def _negative(sample: Evidence) -> Evidence:
    first, second = sample.outcomes
    return Evidence(sample.method, tuple(-e for e in sample.effects), (second, first), exact=sample.exact)


def _mean_above(sample: Evidence, edge: float) -> float:
    n = len(sample.effects)
    if n < 2 or not all(map(math.isfinite, sample.effects)):
        return 1.0
    mean, error = sample.mean_and_error
    return min(1.0, 2 * float(special.stdtr(n - 1, (edge - mean) / error)))


@cache
def _share_above(first: tuple[int, int], second: tuple[int, int], edge: float) -> float:
    """Fisher's exact test where the edge is 0; else by the level at which the interval reaches the edge."""
    (a, n), (b, m) = first, second
    if edge == 0:
        from scipy import stats  # takes longer to import than most commands run

        p = stats.fisher_exact([[a, n - a], [b, m - b]], alternative="greater").pvalue
        return min(1.0, 2 * float(p))
    sample = Evidence("share", (0.0,), (first, second))
    low, high = 0.0, 1.0  # of p: at `high` the interval is short enough
    for _ in range(40):
        middle = (low + high) / 2
        reached = (interval_of(sample, 1 - middle) or EVERYTHING).low <= edge
        low, high = (middle, high) if reached else (low, middle)
    return high
