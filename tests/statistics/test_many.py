"""Many tests and several looks: Holm's step-down, sentences of several rows, the division of 5 %."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperopt.statistics import ALPHA, divided, holm, of_several


def test_holm_by_hand() -> None:
    # Thresholds .05 / 4, / 3, / 2: the third, .03, is above .025, so that it and the fourth stand.
    rejected, times = holm([0.03, 0.01, 0.04, 0.015], 0.05)
    assert rejected == [False, True, False, True]
    assert times == [2, 4, 2, 3]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_holm_rejects_what_bonferroni_does_and_nothing_above_the_level(ps: list[float]) -> None:
    rejected, _ = holm(ps, 0.05)
    for p, decided in zip(ps, rejected, strict=True):
        assert decided or p > 0.05 / len(ps)
        assert not decided or p <= 0.05


def test_of_several_rows_all_most_or_one() -> None:
    assert of_several([0.01, 0.04, 0.02], 3) == 0.04
    assert of_several([0.01, 0.04, 0.02], 1) == pytest.approx(0.03)
    assert of_several([0.01, 0.9, 0.02], 2) == pytest.approx(0.04)
    assert of_several([0.01], 2) == 1.0


@given(st.lists(st.integers(2, 100), min_size=1, max_size=4, unique=True))
def test_the_looks_share_5_percent(looks: list[int]) -> None:
    levels = divided(ALPHA, sorted(looks))
    assert sum(levels) == pytest.approx(ALPHA)
    assert min(levels) > 0
