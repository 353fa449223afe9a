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
    prediction_interval,
    share_interval,
    subset_interval,
    subset_means,
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


def test_equal_values_have_no_width() -> None:
    assert ends(t_interval([90.2, 90.2, 90.2])) == pytest.approx((90.2, 90.2))


@given(SAMPLES, st.floats(-50, 50), st.floats(-10, 10), st.integers(1, 5))
def test_intervals_follow_shift_and_scale(values: list[float], shift: float, scale: float, m: int) -> None:
    moved = [scale * v + shift for v in values]
    for interval in (
        t_interval,
        lambda v: prediction_interval(v, m),
        lambda v: median_interval(v) or Interval(min(v), max(v)),
    ):
        expected = sorted(scale * end + shift for end in ends(interval(values)))
        assert ends(interval(moved)) == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=9), st.integers(1, 5))
def test_prediction_is_wider_than_the_mean_and_narrows_with_m(values: list[float], m: int) -> None:
    low, high = ends(t_interval(values))
    near, far = ends(prediction_interval(values, m + 1)), ends(prediction_interval(values, m))
    assert far[0] <= near[0] <= low <= high <= near[1] <= far[1]


@given(SAMPLES)
def test_t_interval_is_scipys(values: list[float]) -> None:
    assume((summarize(values).sd or 0) > 1e-3)
    theirs = stats.ttest_1samp(values, 0).confidence_interval()
    assert ends(t_interval(values)) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_median_interval_by_hand() -> None:
    # n = 10: k = 2 covers 1 - 2 (1 + 10) / 1024 = 97.9 %, k = 3 only 1 - 2 (1 + 10 + 45) / 1024 = 89 %.
    assert median_interval(list(map(float, range(10)))) == Interval(1.0, 8.0)
    assert median_interval(list(map(float, range(10))), 0.8) == Interval(2.0, 7.0)


def test_the_median_takes_six_values_at_95_percent() -> None:
    assert median_interval([1.0, 2.0, 3.0, 4.0, 5.0]) is None
    assert median_interval([6.0, 1.0, 2.0, 3.0, 4.0, 5.0]) == Interval(1.0, 6.0)
    assert median_interval([math.nan] * 9) is None


@pytest.mark.parametrize(("successes", "low", "high"), [(0, 0.0, 0.70760), (3, 0.29240, 1.0)])
def test_three_of_three_is_no_certainty(successes: int, low: float, high: float) -> None:
    # 0 of 3: the largest share of which (1 - share)^3 is 2.5 %.
    assert ends(share_interval(successes, 3)) == pytest.approx((low, high), abs=1e-5)


def test_means_of_subsets_by_hand() -> None:
    assert sorted(subset_means([0.0, 3.0, 6.0], 2)) == [1.5, 3.0, 4.5]


def test_from_ten_runs_on_their_own_means_are_predicted() -> None:
    values = [4.25, 13.0, 13.4, 28.6, 71.0, 75.0, 80.0, 84.0, 88.0, 90.0]
    inside = prediction_interval(values, m=3)
    assert inside == subset_interval(values, 3)
    assert inside is not None
    assert 7.81 not in inside, "the three smallest have a mean of 10.2"
    few = prediction_interval(values[:9], m=3)
    assert few is not None
    assert 7.81 in few, "Student's formula reaches below 0"


def test_ten_single_runs_have_no_middle_95_percent() -> None:
    low, high = ends(prediction_interval(list(map(float, range(10))), m=1))
    assert (low, high) < (0.0, 9.0)
    assert high > 9.0


def test_an_interval_is_kept_within_what_can_be() -> None:
    assert Interval(-5, 40).within(Interval(0, 100)) == Interval(0, 40)
    assert Interval(110, 120).within(Interval(0, 100)) == Interval(100, 100)
