"""Samples and their intervals: of a mean, a median, and the mean of further runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import special

CONFIDENCE = 0.95
FEWEST_SUBSETS = 39
"""With fewer equally likely values none lies outside the middle 95 %: 2 / (39 + 1) is 5 %."""
FEWEST_RUNS = 10
"""From this many runs on, prediction uses the means of their subsets, not Student's formula."""
MOST_SUBSETS = 20_000


@dataclass(frozen=True)
class Interval:
    """A closed interval `[low, high]`."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def within(self, other: Interval) -> Interval:
        """The part of it inside the other; the nearer end of the other if there is none."""
        return Interval(min(max(self.low, other.low), other.high), max(min(self.high, other.high), other.low))


EVERYTHING = Interval(-math.inf, math.inf)


@dataclass(frozen=True)
class Summary:
    """A description of a sample: `interval` is Student's of the mean; `sd` has ddof 1; None if n = 1."""

    n: int
    mean: float
    sd: float | None
    interval: Interval | None
    median: float
    range: Interval


def summarize(values: Sequence[float]) -> Summary:
    """Describe a sample of at least one value; with a non-finite value there is no mean, sd or interval.

    Args:
        values: one per seed, any order.

    Raises:
        ValueError: the sample is empty.
    """
    if not values:
        raise ValueError("an empty sample has no summary")
    finite = all(map(math.isfinite, values))
    return Summary(
        n=len(values),
        mean=float(np.mean(values)) if finite else math.nan,
        sd=_sd(values),
        interval=t_interval(values),
        median=float(np.median(values)),
        range=Interval(min(values), max(values)),
    )


def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval | None:
    """Student's interval of the mean, `mean ± t s / sqrt(n)`; None below two finite values."""
    return _around_mean(values, 1 / len(values), confidence) if values else None


def t_quantiles(most: int, confidence: float = CONFIDENCE) -> list[float]:
    """The half-width of Student's interval in standard errors, for the mean of 2, 3 ... `most` values."""
    return [float(special.stdtrit(n - 1, (1 + confidence) / 2)) for n in range(2, most + 1)]


def median_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval | None:
    """Interval of the median for any distribution; None if there are too few values.

    It reaches from the k-th smallest to the k-th largest value, with the largest k of enough coverage: 95 %
    takes at least six values. P(cover) = 1 - 2 P(Binomial(n, 1/2) < k).
    """
    k = _rank(len(values), confidence)
    if not k or any(map(math.isnan, values)):
        return None
    ordered = sorted(values)
    return Interval(ordered[k - 1], ordered[-k])


@cache
def _rank(n: int, confidence: float) -> int:
    """The largest k whose order statistics cover the median with this confidence; 0 if none do."""
    covering = (k for k in range(1, n // 2 + 1) if 1 - 2 * special.bdtr(k - 1, n, 0.5) >= confidence)
    return max(covering, default=0)


def prediction_interval(values: Sequence[float], m: int) -> Interval | None:
    """The 95 % prediction interval of the mean of `m` further runs; None below two finite values.

    From ten runs on it is the middle 95 % of the means of m of them, see `subset_interval`. With fewer runs,
    or too few such means, it is Student's, `mean ± t(.975, n-1) s sqrt(1/n + 1/m)`.
    """
    if len(values) >= FEWEST_RUNS and math.comb(len(values), m) >= FEWEST_SUBSETS:
        return subset_interval(values, m)
    return _around_mean(values, 1 / len(values) + 1 / m, CONFIDENCE) if values else None


def subset_interval(values: Sequence[float], m: int) -> Interval | None:
    """The middle 95 % of the means of m of the values; None if a value is not finite."""
    if not all(map(math.isfinite, values)):
        return None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(subset_means(values, m), [tail, 1 - tail])
    return Interval(float(low), float(high))


def subset_means(values: Sequence[float], m: int) -> NDArray[np.float64]:
    """The means of all subsets of m values, or of evenly spaced ones if there are very many."""
    means: NDArray[np.float64] = np.asarray(values, dtype=float)[_subsets(len(values), m)].mean(axis=1)
    return means


@cache
def _subsets(n: int, m: int) -> NDArray[np.int64]:
    """The indices of the values in each subset of m, [subsets, m]."""
    every = np.array(list(combinations(range(n), m)), dtype=np.int64)
    return every[:: -(-len(every) // MOST_SUBSETS)]


def paired(
    effect: Callable[[float, float], float], first: Mapping[int, float], second: Mapping[int, float]
) -> dict[int, float]:
    """`effect(first, second)` for every seed in both."""
    return {seed: effect(first[seed], second[seed]) for seed in sorted(first.keys() & second.keys())}


def _around_mean(values: Sequence[float], variance_factor: float, confidence: float) -> Interval | None:
    sd = _sd(values)
    if sd is None:
        return None
    mean = float(np.mean(values))
    half = float(special.stdtrit(len(values) - 1, (1 + confidence) / 2)) * sd * math.sqrt(variance_factor)
    return Interval(mean - half, mean + half)


def _sd(values: Sequence[float]) -> float | None:
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return None
    if min(values) == max(values):
        return 0.0
    return float(np.std(values, ddof=1))
