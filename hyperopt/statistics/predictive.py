"""Samples extended by runs drawn from the predictive distribution of those seen."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from hyperopt.statistics.evidence import Evidence


def with_more(sample: Evidence, more: int, rng: np.random.Generator) -> Evidence:
    """A sample extended by effects of further runs, drawn from their predictive distribution.

    Few runs hardly determine mean, spread or shares, so these are drawn too, with Jeffreys' prior (Gelman and
    others, Bayesian Data Analysis, 3.2 and 2.4). Effects judged by the mean are normal, and shares binomial.
    Effects judged by ranks, or with one that is not finite, are drawn from those seen, with the weights of
    the Bayesian bootstrap (Rubin 1981).

    Args:
        sample: not undefined, with at least one effect.
        more: the number of further runs.
        rng: the source of the draws.

    Returns:
        The sample with its own effects first.
    """
    if sample.method == "share":
        first, second = ((a + _of_share(a, n, more, rng), n + more) for a, n in sample.outcomes)
        return Evidence("share", (*sample.effects, *([0.0] * more)), (first, second))
    seen = np.array(sample.effects)
    if sample.method == "mean" and len(seen) > 1 and np.isfinite(seen).all():
        further = _of_mean(seen, more, rng)
        return replace(sample, effects=(*sample.effects, *further.tolist()), mute=())
    again = rng.choice(len(seen), size=more, p=rng.dirichlet(np.ones(len(seen))))
    mute = (*sample.mute, *(sample.mute[i] for i in again)) if sample.mute else ()
    return replace(sample, effects=(*sample.effects, *seen[again].tolist()), mute=mute)


def _of_share(a: int, n: int, more: int, rng: np.random.Generator) -> int:
    return int(rng.binomial(more, rng.beta(a + 0.5, n - a + 0.5)))


def _of_mean(seen: np.ndarray, more: int, rng: np.random.Generator) -> np.ndarray:
    n = len(seen)
    spread = seen.std(ddof=1) * math.sqrt((n - 1) / rng.chisquare(n - 1))
    return rng.normal(rng.normal(seen.mean(), spread / math.sqrt(n)), spread, size=more)
