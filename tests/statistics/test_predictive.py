"""What further runs may show: scipy's predictive distributions, and Polya's urn by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from hyperopt.statistics import Evidence, evidence, with_more

SEEN = (1.0, 2.0, 4.5)


def further(sample: Evidence, more: int, draws: int) -> np.ndarray:
    """The further effects [draws, more]."""
    rng = np.random.default_rng(0)
    return np.array([with_more(sample, more, rng).effects[len(sample.effects) :] for _ in range(draws)])


def test_one_more_effect_lies_as_students_prediction_has_it() -> None:
    mean, spread = np.mean(SEEN), np.std(SEEN, ddof=1)
    theirs = stats.t(df=2, loc=mean, scale=spread * math.sqrt(1 + 1 / 3))
    assert stats.kstest(further(evidence(SEEN), 1, 4000)[:, 0], theirs.cdf).pvalue > 0.01


def test_the_mean_of_seven_more_does_too() -> None:
    mean, spread = np.mean(SEEN), np.std(SEEN, ddof=1)
    theirs = stats.t(df=2, loc=mean, scale=spread * math.sqrt(1 / 7 + 1 / 3))
    assert stats.kstest(further(evidence(SEEN), 7, 4000).mean(axis=1), theirs.cdf).pvalue > 0.01


def test_shares_are_beta_binomial() -> None:
    sample, rng, more, draws = (
        Evidence("share", (0.0,) * 5, ((1, 5), (4, 5))),
        np.random.default_rng(0),
        4,
        4000,
    )
    outcomes = np.array([with_more(sample, more, rng).outcomes for _ in range(draws)])
    assert (outcomes[:, :, 1] == 9).all()
    for side, (a, n) in enumerate(sample.outcomes):
        seen = np.bincount(outcomes[:, side, 0] - a, minlength=more + 1)
        theirs = stats.betabinom(more, a + 0.5, n - a + 0.5).pmf(range(more + 1))
        assert stats.chisquare(seen, draws * theirs).pvalue > 0.01


@pytest.mark.parametrize("effects", [(1.0, 2.0, 3.0), (1.0, 2.0, math.inf)])
def test_by_ranks_each_effect_is_drawn_like_those_before_it(effects: tuple[float, ...]) -> None:
    # Polya's urn: the first is again the 1 with probability 1/3, then 2/4, then 3/5.
    sample = evidence(effects, "median" if math.isfinite(effects[-1]) else "mean")
    ones = (further(sample, 3, 4000) == 1).all(axis=1)
    assert ones.mean() == pytest.approx(1 / 10, abs=0.015)


def test_own_effects_come_first_and_none_more_are_none() -> None:
    rng = np.random.default_rng(0)
    assert with_more(evidence(SEEN), 4, rng).effects[:3] == SEEN
    assert with_more(evidence(SEEN), 0, rng).effects == SEEN


def test_what_is_drawn_again_is_mute_again() -> None:
    sample = replace(evidence((0.0, 0.0, 1.0, -1.0), "median"), mute=(True, True, False, False))
    drawn = with_more(sample, 50, np.random.default_rng(0))
    assert drawn.mute == tuple(effect == 0 for effect in drawn.effects)
