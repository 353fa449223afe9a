"""P-values of effects against a bound: by hand, by scipy, and as intervals have it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from hyperopt.statistics import Evidence, Interval, Method, above, below, evidence, interval_of, least_p

SAMPLES = st.lists(st.floats(-100, 100), min_size=3, max_size=12)


@given(SAMPLES, st.floats(-50, 50))
def test_of_a_mean_it_is_students_doubled(effects: list[float], edge: float) -> None:
    sample = evidence(effects)
    assume(len(set(sample.effects)) > 1 and stats.tstd(sample.effects) > 1e-3)
    theirs = stats.ttest_1samp(sample.effects, edge, alternative="greater").pvalue
    assert above(sample, edge) == pytest.approx(min(1, 2 * theirs), abs=1e-9)


@given(SAMPLES, st.floats(-50, 50), st.sampled_from(["mean", "median"]))
def test_p_below_5_percent_is_an_interval_beside_the_edge(
    effects: list[float], edge: float, method: str
) -> None:
    sample = evidence(effects, "median" if method == "median" else "mean")
    assume(all(abs(e - edge) > 1e-6 for e in sample.effects))
    interval = interval_of(sample)
    if abs(above(sample, edge) - 0.05) > 1e-6:
        assert (above(sample, edge) < 0.05) == (interval is not None and interval.low > edge)


@given(SAMPLES, st.floats(-50, 50), st.sampled_from(["mean", "median"]))
def test_what_is_above_is_below_in_a_mirror(effects: list[float], edge: float, method: Method) -> None:
    mirrored = replace(evidence([-e for e in effects]), method=method)
    assert below(replace(evidence(effects), method=method), edge) == above(mirrored, -edge)


def test_of_a_median_it_counts_signs() -> None:
    # 10 of 10 above: 2 / 2^10; 9 of 10: 2 (1 + 10) / 2^10.
    ten = [float(i) for i in range(1, 11)]
    assert above(evidence(ten, "median"), 0.0) == pytest.approx(2 / 1024)
    assert above(evidence(ten, "median"), 1.0) == pytest.approx(22 / 1024)
    assert above(evidence(ten, "median"), 1.0, closed=True) == pytest.approx(2 / 1024)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=12), st.floats(-50, 50))
def test_no_numbers_give_a_smaller_p_than_the_least(effects: list[float], edge: float) -> None:
    for method in ("mean", "median"):
        sample = replace(evidence(effects), method=method)
        told = min(above(sample, edge), below(sample, edge))
        assert told >= least_p(sample.method, len(effects), [edge]) * (1 - 1e-9)


@given(st.integers(1, 12), st.data(), st.sampled_from([0.0, 50.0]))
def test_no_runs_give_a_smaller_p_of_shares_than_the_least(n: int, data: st.DataObject, edge: float) -> None:
    first, second = (data.draw(st.integers(0, n)) for _ in range(2))
    sample = Evidence("share", (0.0,) * n, ((first, n), (second, n)))
    assert min(above(sample, edge), below(sample, edge)) >= least_p("share", n, [edge]) * (1 - 1e-9)


def test_the_median_takes_six_values_at_95_percent() -> None:
    assert [n for n in range(1, 10) if least_p("median", n, [0.0]) <= 0.05] == [6, 7, 8, 9]
    # 3 of 3 and 0 of 3 is one of 20 ways, doubled.
    assert least_p("share", 3, [0.0]) == pytest.approx(0.1)
    assert (least_p("mean", 1, [0.0]), least_p("mean", 2, [0.0])) == (1.0, 0.0)


def test_equal_effects_tell_no_spread_so_signs_are_counted() -> None:
    assert above(evidence([2.0, 2.0, 2.0]), 0.0) == pytest.approx(2 / 8)
    assert above(evidence([2.0] * 10), 0.0) == pytest.approx(2 / 1024)


def test_where_nothing_is_random_equal_effects_are_the_effect() -> None:
    exact = evidence([2.0, 2.0], exact=True)
    assert (above(exact, 2.0), above(exact, 2.0, closed=True), above(exact, 1.9)) == (1.0, 0.0, 0.0)
    assert interval_of(exact) == Interval(2.0, 2.0)


@pytest.mark.parametrize("effects", [[], [math.nan, 1.0, 2.0], [math.nan] * 10])
def test_what_is_not_a_number_is_no_evidence(effects: list[float]) -> None:
    for kind in ("mean", "median"):
        sample = evidence(effects, "median" if kind == "median" else "mean")
        assert above(sample, -9.0) == below(sample, 9.0) == 1.0
        assert interval_of(sample) is None


def test_shares_are_compared_by_fishers_exact_test() -> None:
    # 3 of 3 and 0 of 3: one of 20 ways; 10 of 10 and 0 of 10: one of 184,756.
    assert above(Evidence("share", (100.0,), ((3, 3), (0, 3))), 0.0) == pytest.approx(0.1)
    assert above(Evidence("share", (100.0,), ((10, 10), (0, 10))), 0.0) == pytest.approx(2 / 184756)


def test_a_difference_of_shares_is_told_by_the_interval_of_each() -> None:
    sample = Evidence("share", (100.0,), ((10, 10), (0, 10)))
    interval = interval_of(sample)
    assert interval is not None
    assert interval.low == pytest.approx(100 - 2 * 100 * (1 - 0.0125**0.1))
    assert above(sample, interval.low) == pytest.approx(0.05, abs=1e-6)
