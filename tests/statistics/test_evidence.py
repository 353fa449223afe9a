"""P-values of effects against a bound: by hand, by scipy, and as intervals have it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from hyperopt.statistics import Evidence, Method, above, below, evidence, interval_of, least_above

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
        assert told >= least_above(sample.method, len(effects), edge) * (1 - 1e-9)


@given(st.integers(1, 12), st.data(), st.sampled_from([0.0, 50.0]))
def test_no_runs_give_a_smaller_p_of_shares_than_the_least(n: int, data: st.DataObject, edge: float) -> None:
    first, second = (data.draw(st.integers(0, n)) for _ in range(2))
    sample = Evidence("share", (0.0,) * n, ((first, n), (second, n)))
    assert above(sample, edge) >= least_above("share", n, edge) * (1 - 1e-9)
    assert below(sample, edge) >= least_above("share", n, -edge) * (1 - 1e-9)


def test_the_median_takes_six_values_at_95_percent() -> None:
    assert [n for n in range(1, 10) if least_above("median", n, 0.0) <= 0.05] == [6, 7, 8, 9]
    # 3 of 3 and 0 of 3, where the chance is one half on both sides, doubled.
    assert least_above("share", 3, 0.0) == pytest.approx(2 / 64)
    assert (least_above("mean", 1, 0.0), least_above("mean", 2, 0.0)) == (1.0, 0.0)


def test_equal_effects_tell_no_spread_so_signs_are_counted() -> None:
    assert above(evidence([2.0, 2.0, 2.0]), 0.0) == pytest.approx(2 / 8)
    assert above(evidence([2.0] * 10), 0.0) == pytest.approx(2 / 1024)


def test_where_nothing_is_random_equal_effects_are_the_effect() -> None:
    exact = evidence([2.0, 2.0], exact=True)
    assert (above(exact, 2.0), above(exact, 2.0, closed=True), above(exact, 1.9)) == (1.0, 0.0, 0.0)
    assert interval_of(exact) is None


@pytest.mark.parametrize("effects", [[], [math.nan, 1.0, 2.0], [math.nan] * 10])
def test_what_is_not_a_number_is_no_evidence(effects: list[float]) -> None:
    for kind in ("mean", "median"):
        sample = evidence(effects, "median" if kind == "median" else "mean")
        assert above(sample, -9.0) == below(sample, 9.0) == 1.0
        assert interval_of(sample) is None


def test_a_tie_of_two_numbers_at_their_end_speaks_for_neither_side() -> None:
    """Both curves are as smooth as can be in twenty seeds: ten others say which is smoother."""
    effects = [0.0] * 20 + [1.0] * 3 + [-1.0] * 7
    plain = evidence(effects, "median")
    still = replace(plain, mute=(True,) * 20 + (False,) * 10)
    assert below(plain, 0.0, closed=True) == pytest.approx(2 * stats.binom.cdf(3, 30, 0.5))
    for closed in (False, True):
        assert below(still, 0.0, closed=closed) == pytest.approx(2 * stats.binom.cdf(3, 10, 0.5))
        assert above(still, 0.0, closed=closed) == 1.0
    # Where the bound lies elsewhere, an effect of 0 is beyond it or not.
    assert (above(still, -0.5), below(still, 0.5)) == (above(plain, -0.5), below(plain, 0.5))


def test_ties_at_an_end_alone_decide_nothing() -> None:
    for method in ("mean", "median"):
        still = replace(evidence([0.0] * 30), method=method, mute=(True,) * 30)
        assert above(still, 0.0, closed=True) == below(still, 0.0, closed=True) == 1.0
