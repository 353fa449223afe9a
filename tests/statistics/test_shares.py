"""Two shares of runs: the exact test of their difference, by enumeration, and its interval."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from hyperopt.statistics import Evidence, above, interval_of
from hyperopt.statistics.shares import difference_interval, difference_p


def enumerated(first: tuple[int, int], second: tuple[int, int], edge: float) -> float:
    """Twice the probability of as large a difference, at the worst of many pairs of shares allowed."""
    (a, n), (b, m) = first, second
    shares = np.linspace(0, 1, 51)
    of_first, of_second = (stats.binom.pmf(np.arange(k + 1), k, shares[:, None]) for k in (n, m))
    differences = np.arange(n + 1)[:, None] / n - np.arange(m + 1) / m
    as_large = of_first @ (differences >= a / n - b / m - 1e-9) @ of_second.T
    return min(1.0, 2 * float(as_large[shares[:, None] - shares <= edge + 1e-9].max()))


@pytest.mark.parametrize(
    ("a", "b", "edge"), [(3, 0, 0.0), (3, 1, 0.0), (2, 1, -0.5), (3, 0, 0.5), (1, 2, 0.24)]
)
def test_p_is_that_of_the_worst_shares_allowed(a: int, b: int, edge: float) -> None:
    theirs = enumerated((a, 3), (b, 4), edge)
    assert difference_p((a, 3), (b, 4), edge) == pytest.approx(theirs, rel=0.01)


@pytest.mark.parametrize("n", [3, 10, 30])
def test_of_all_against_none_it_is_barnards(n: int) -> None:
    theirs = stats.barnard_exact([[n, 0], [0, n]], alternative="greater").pvalue
    assert difference_p((n, n), (0, n), 0.0) == pytest.approx(2 * theirs)


def test_ten_of_ten_against_none_are_more_than_half_apart() -> None:
    # (q + 1/2)^10 (1 - q)^10 is largest at q = 1/4.
    assert difference_p((10, 10), (0, 10), 0.5) == pytest.approx(2 * 0.5625**10)
    assert above(Evidence("share", (100.0,), ((10, 10), (0, 10))), 50.0) == pytest.approx(2 * 0.5625**10)


def test_the_interval_of_three_against_none_starts_where_chance_gives_it_so_rarely() -> None:
    # ((1 + d) / 2)^6 = 2.5 % at d = 0.0815; both intervals by themselves would reach -54 %.
    interval = interval_of(Evidence("share", (100.0,) * 3, ((3, 3), (0, 3))))
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((100 * (2 * 0.025 ** (1 / 6) - 1), 100))


@pytest.mark.parametrize("edge", [-0.5, 0.0, 0.25])
def test_p_below_5_percent_is_an_interval_beside_the_edge(edge: float) -> None:
    for a, b in product(range(7), range(7)):
        p = difference_p((a, 6), (b, 6), edge)
        if abs(p - 0.05) > 1e-6:
            assert (difference_interval((a, 6), (b, 6)).low > edge) == (p < 0.05)


@pytest.mark.parametrize(("first", "second"), [(0.5, 0.5), (0.95, 0.05), (0.9, 0.6), (0.2, 0.0)])
def test_intervals_hold_the_difference_95_percent_of_the_time(first: float, second: float) -> None:
    n, held = 8, 0.0
    for a, b in product(range(n + 1), range(n + 1)):
        interval = difference_interval((a, n), (b, n))
        if interval.low - 1e-6 <= first - second <= interval.high + 1e-6:
            held += stats.binom.pmf(a, n, first) * stats.binom.pmf(b, n, second)
    assert held >= 0.95


def test_what_is_seen_lies_in_its_interval_and_sides_mirror() -> None:
    for a, b in product(range(6), range(4)):
        interval = difference_interval((a, 5), (b, 3))
        assert a / 5 - b / 3 in interval
        mirrored = difference_interval((b, 3), (a, 5))
        assert (mirrored.low, mirrored.high) == (-interval.high, -interval.low)
