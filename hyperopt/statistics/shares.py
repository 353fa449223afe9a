"""Shares of runs: the interval of one, and the difference of two, by exact tests."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import special

from hyperopt.statistics.intervals import CONFIDENCE, Interval

NUISANCE = 501
"""The number of values tried for the unknown second share."""
HALVINGS = 40
Outcome = tuple[int, int]
"""The numbers of successes and of runs."""


def share_interval(successes: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Clopper and Pearson's interval of a share, 0 to 1: 3 of 3 is 0.29 to 1."""
    from scipy import stats  # takes longer to import than most commands run

    tail = (1 - confidence) / 2
    low = float(stats.beta.ppf(tail, successes, n - successes + 1)) if successes else 0.0
    high = float(stats.beta.isf(tail, successes + 1, n - successes)) if successes < n else 1.0
    return Interval(low, high)


@cache
def difference_p(first: Outcome, second: Outcome, edge: float) -> float:
    """p, doubled, of the hypothesis that the first share exceeds the second by at most the edge.

    The exact unconditional test (Barnard 1945; Santner and Snell 1980 for an edge that is not 0): p is the
    probability of a difference of shares at least as large, at the worst shares that the hypothesis allows.
    These are `edge` apart, as the probability grows with their difference.
    """
    (a, n), (b, m) = first, second
    if not -1 <= edge <= 1:
        return float(edge > 1)
    of_second = np.linspace(max(0.0, -edge), min(1.0, 1 - edge), NUISANCE)[:, None]
    successes = np.arange(m + 1)
    needed = np.ceil(n * (a / n - b / m + successes / m) - 1e-9)
    there = special.comb(m, successes) * of_second**successes * (1 - of_second) ** (m - successes)
    as_many = special.bdtrc(np.clip(needed - 1, -1, n), n, np.clip(of_second + edge, 0, 1))
    return min(1.0, 2 * float((there * as_many).sum(axis=1).max()))


@cache
def difference_interval(first: Outcome, second: Outcome, confidence: float = CONFIDENCE) -> Interval:
    """The differences of shares, -1 to 1, that the test does not reject."""

    def least(of: Outcome, other: Outcome) -> float:
        low, high = -1.0, 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            rejected = difference_p(of, other, middle) <= 1 - confidence
            low, high = (middle, high) if rejected else (low, middle)
        return low

    return Interval(least(first, second), -least(second, first))
