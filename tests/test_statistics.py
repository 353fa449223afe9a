import math
import operator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from hyperopt.statistics import (
    Interval,
    median_interval,
    paired,
    paired_t_test,
    prediction_interval,
    summarize,
    t_interval,
)

SAMPLES = st.lists(st.floats(-100, 100), min_size=2, max_size=12)


def ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return interval.low, interval.high


def test_summary_by_hand() -> None:
    # mean 3, deviations -1, 0, 1: s = 1; t(.975, 2) = 4.30265; half width 4.30265 / sqrt(3) = 2.48414
    summary = summarize([2.0, 3.0, 4.0])
    assert (summary.n, summary.mean, summary.sd, summary.median) == (3, 3.0, 1.0, 3.0)
    assert ends(summary.interval) == pytest.approx((0.51586, 5.48414), abs=1e-5)
    assert summary.range == Interval(2.0, 4.0)


def test_prediction_interval_by_hand() -> None:
    # n = m = 3: half width 4.30265 sqrt(1/3 + 1/3) = 3.51310; m = 1: 4.30265 sqrt(4/3) = 4.96827
    assert ends(prediction_interval([2.0, 3.0, 4.0], m=3)) == pytest.approx((-0.51310, 6.51310), abs=1e-5)
    assert ends(prediction_interval([2.0, 3.0, 4.0], m=1)) == pytest.approx((-1.96827, 7.96827), abs=1e-5)


def test_one_value_has_no_interval() -> None:
    summary = summarize([4.2])
    assert (summary.mean, summary.median, summary.sd, summary.interval) == (4.2, 4.2, None, None)
    assert prediction_interval([4.2], m=3) is None


def test_no_value_has_no_summary() -> None:
    with pytest.raises(ValueError, match="empty"):
        summarize([])
    assert t_interval([]) is None


def test_a_value_that_is_not_finite_leaves_median_and_range() -> None:
    summary = summarize([1.0, math.inf, 2.0])
    assert math.isnan(summary.mean)
    assert (summary.sd, summary.interval, summary.median) == (None, None, 2.0)
    assert prediction_interval([1.0, math.inf], m=1) is None


def test_pairs_keep_the_seeds_that_both_have() -> None:
    assert paired(operator.sub, {0: 5.0, 1: 7.0, 2: 1.0}, {2: 4.0, 0: 3.0}) == {0: 2.0, 2: -3.0}
    assert paired(operator.truediv, {0: 6.0}, {0: 3.0}) == {0: 2.0}


def test_paired_t_test_by_hand() -> None:
    # differences 1..5: mean 3, s = sqrt(2.5), t = 3 / sqrt(0.5) = 4.24264 with 4 degrees of freedom
    assert paired_t_test([1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx(0.0132356, abs=1e-6)


@pytest.mark.parametrize("differences", [[], [1.0, 2.0, 3.0, 4.0], [2.0] * 6])
def test_no_p_below_five_pairs_or_without_spread(differences: list[float]) -> None:
    assert paired_t_test(differences) is None


@given(st.lists(st.floats(-100, 100), min_size=5, max_size=12))
def test_paired_t_test_is_scipys(differences: list[float]) -> None:
    assume(summarize(differences).sd > 1e-3)
    assert paired_t_test(differences) == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=1e-9)


def test_median_interval_by_hand() -> None:
    # n = 3: the range misses the median when all three fall on one side: 2 / 8
    assert median_interval([3.0, 1.0, 2.0]) == (Interval(1.0, 3.0), 0.75)
    # n = 10: k = 2 covers 1 - 2 (1 + 10) / 1024, k = 3 only 1 - 2 (1 + 10 + 45) / 1024 = 0.89
    interval, coverage = median_interval(list(map(float, range(10))))
    assert interval == Interval(1.0, 8.0)
    assert coverage == pytest.approx(1 - 22 / 1024)


def test_median_interval_reaches_95_percent_from_six() -> None:
    assert median_interval(range(5))[1] < 0.95 <= median_interval(range(6))[1]


def test_equal_values_have_no_width() -> None:
    assert ends(t_interval([90.2, 90.2, 90.2])) == pytest.approx((90.2, 90.2))


@given(SAMPLES, st.floats(-50, 50), st.floats(-10, 10), st.integers(1, 5))
def test_intervals_follow_shift_and_scale(values: list[float], shift: float, scale: float, m: int) -> None:
    moved = [scale * v + shift for v in values]
    for interval in (t_interval, lambda v: prediction_interval(v, m), lambda v: median_interval(v)[0]):
        expected = sorted(scale * end + shift for end in ends(interval(values)))
        assert ends(interval(moved)) == pytest.approx(expected, abs=1e-6)


@given(SAMPLES, st.integers(1, 5))
def test_prediction_is_wider_than_the_mean_and_narrows_with_m(values: list[float], m: int) -> None:
    low, high = ends(t_interval(values))
    near, far = ends(prediction_interval(values, m + 1)), ends(prediction_interval(values, m))
    assert far[0] <= near[0] <= low <= high <= near[1] <= far[1]


@given(SAMPLES)
def test_t_interval_is_scipys(values: list[float]) -> None:
    assume(summarize(values).sd > 1e-3)
    theirs = stats.ttest_1samp(values, 0).confidence_interval()
    assert ends(t_interval(values)) == pytest.approx((theirs.low, theirs.high), abs=1e-6)
