"""Statistics over seeds: intervals, paired differences, and what to say where runs diverged.

Student-t intervals cover what they promise from three seeds on, where a bootstrap covers 75 %. They assume
that the sd means something. Where a run diverged the sample is a mixture, and gets a median and a range.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
SMALLEST_TEST = 5  # pairs; below, no p-value is printed: a sign flip of three pairs cannot fall under 0.25


@dataclass(frozen=True)
class Interval:
    """A closed interval `[low, high]`."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Summary:
    """A sample described: `interval` is Student's for the mean; `sd` has ddof 1; both None where n = 1."""

    n: int
    mean: float
    sd: float | None
    interval: Interval | None
    median: float
    range: Interval


def summarize(values: Sequence[float]) -> Summary:
    """Describe a sample of at least one value; a value that is not finite leaves no mean, sd or interval.

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


def t_interval(values: Sequence[float]) -> Interval | None:
    """95 % interval of the mean, `mean ± t(.975, n-1) s / sqrt(n)`; None below two finite values."""
    return _around_mean(values, 1 / len(values)) if values else None


def prediction_interval(values: Sequence[float], m: int) -> Interval | None:
    """95 % interval of the mean of `m` more runs, `mean ± t(.975, n-1) s sqrt(1/n + 1/m)`; None below two."""
    return _around_mean(values, 1 / len(values) + 1 / m) if values else None


def median_interval(values: Sequence[float]) -> tuple[Interval, float]:
    """Interval of the median without any assumption of shape, and how often such an interval covers it.

    It reaches from the k-th smallest to the k-th largest value, with the largest k that covers 95 %. Below
    six values no k does, and the interval is the range (75 % at n = 3, 93.8 % at n = 5). P(cover) = 1 - 2
    P(Binomial(n, 1/2) < k).
    """
    ordered, n = sorted(values), len(values)
    covered = [1 - 2 * float(stats.binom.cdf(k - 1, n, 0.5)) for k in range(1, n // 2 + 1)] or [0.0]
    k = max((i for i, coverage in enumerate(covered) if coverage >= CONFIDENCE), default=0)
    return Interval(ordered[k], ordered[-1 - k]), covered[k]


def paired(
    effect: Callable[[float, float], float], first: Mapping[int, float], second: Mapping[int, float]
) -> dict[int, float]:
    """`effect(first, second)` for every seed that both have."""
    return {seed: effect(first[seed], second[seed]) for seed in sorted(first.keys() & second.keys())}


def paired_t_test(differences: Sequence[float]) -> float | None:
    """Two-sided p of the paired t-test; None below five pairs or where all differences are equal."""
    sd = _sd(differences)
    if len(differences) < SMALLEST_TEST or not sd:
        return None
    t = abs(float(np.mean(differences))) / (sd / math.sqrt(len(differences)))
    return 2 * float(stats.t.sf(t, len(differences) - 1))


def _around_mean(values: Sequence[float], variance_factor: float) -> Interval | None:
    sd = _sd(values)
    if sd is None:
        return None
    mean = float(np.mean(values))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * sd * math.sqrt(variance_factor)
    return Interval(mean - half, mean + half)


def _sd(values: Sequence[float]) -> float | None:
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return None
    if min(values) == max(values):
        return 0.0
    return float(np.std(values, ddof=1))
