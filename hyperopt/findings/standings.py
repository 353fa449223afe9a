"""Standings of methods: their losses beside that of the baseline at its best rate.

The excess of a method at a rate is its final loss over that of the baseline at its best rate, 1 where they
are alike. Over workloads excesses are averaged geometrically, over the rates of one workload plainly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperopt.findings.methods import BASELINE, Method, Workload

BAND = 0.1
"""How much above the baseline's best still counts as as good."""
DRAWS = 2_000
"""How often seeds are drawn anew."""

Numbers = NDArray[np.float64]
Measures = Mapping[str, Numbers]
"""The attributes of `Standing` by name: one number each, or one for every draw of seeds."""


@dataclass(frozen=True)
class Standing:
    """A method on one workload, or the mean over several.

    Attributes:
        best: its excess at its own best rate.
        default: at its default.
        blind: the mean over all rates.
        near: the mean over its best rate and those a decade away, of which there is one at an end.
        at_baselines: at the rate that is the baseline's best.
        decades: how many of the rates are within the band.
    """

    best: float
    default: float
    blind: float
    near: float
    at_baselines: float
    decades: float


def begun(workloads: Sequence[Workload]) -> list[Workload]:
    """The workloads of which the baseline is in."""
    return [workload for workload in workloads if workload.best_baseline is not None]


def compared(workloads: Sequence[Workload]) -> list[Workload]:
    """Those of which all methods are in, so that one begun takes none away; or else those begun."""
    there = begun(workloads)
    return [workload for workload in there if not workload.missing] or there


def common(workloads: Sequence[Workload]) -> list[str]:
    """The labels of the methods that all these workloads have."""
    return [label for label in workloads[0].methods if all(label in w.methods for w in workloads)]


def standing(method: Method, workload: Workload, band: float = BAND) -> Standing:
    """A method on a workload where the baseline is in."""
    return standing_of(_measured(method, workload, None, band))


def standings(workloads: Sequence[Workload], band: float = BAND) -> dict[str, Standing]:
    """By label, the mean over the workloads, for the methods that all of them have."""
    there = compared(workloads)
    return {label: standing_of(of) for label, of in measures(there, band).items()} if there else {}


def measures(workloads: Sequence[Workload], band: float, *, drawn: bool = False) -> dict[str, Measures]:
    """By label, the mean over these workloads, for the methods that all of them have.

    Args:
        workloads: the baseline is in of each.
        band: see `Standing.decades`.
        drawn: whether each measure is not one number but `DRAWS`, each of as many seeds as there are, drawn
            with replacement on each workload: the same for all methods, which share weights and minibatches.
    """
    generator = np.random.default_rng(0)
    weights = [_weights(generator, len(w.methods[BASELINE].by_seed)) if drawn else None for w in workloads]
    return {
        label: _mean(
            [_measured(w.methods[label], w, of, band) for w, of in zip(workloads, weights, strict=True)]
        )
        for label in common(workloads)
    }


def _weights(generator: np.random.Generator, seeds: int) -> Numbers:
    """How much each seed counts in each draw [DRAWS, seeds]."""
    counts = generator.multinomial(seeds, np.full(seeds, 1 / seeds), DRAWS)
    return np.asarray(counts / seeds)


def _measured(method: Method, workload: Workload, weights: Numbers | None, band: float) -> Measures:
    losses, baseline = (_losses(m, weights) for m in (method, workload.methods[BASELINE]))
    excess = losses / baseline.min(-1, keepdims=True)
    best = losses.argmin(-1)
    return {
        "best": _at(excess, best),
        "default": excess[..., method.default],
        "blind": excess.mean(-1),
        "near": _at(_near(excess), best),
        "at_baselines": _at(excess, baseline.argmin(-1)),
        "decades": (excess <= 1 + band).sum(-1),
    }


def _losses(method: Method, weights: Numbers | None) -> Numbers:
    """By rate, or by draw and rate."""
    return np.array(method.losses) if weights is None else weights @ np.array(method.by_seed)


def _near(excess: Numbers) -> Numbers:
    """At every rate the mean over it and its neighbours."""
    sums, counts = excess.copy(), np.ones(excess.shape[-1])
    for here, there in ((np.s_[1:], np.s_[:-1]), (np.s_[:-1], np.s_[1:])):
        sums[..., here] += excess[..., there]
        counts[here] += 1
    return np.asarray(sums / counts)


def _at(values: Numbers, places: NDArray[np.intp]) -> Numbers:
    """Along the last axis, the value at each place."""
    return np.take_along_axis(values, places[..., None], -1)[..., 0]


def _mean(each: Sequence[Measures]) -> Measures:
    """Over workloads: geometric but for the count of rates."""
    return {
        name: np.mean([of[name] for of in each], 0)
        if name == "decades"
        else np.exp(np.mean([np.log(of[name]) for of in each], 0))
        for name in each[0]
    }


def standing_of(measured: Measures) -> Standing:
    """The standing whose attributes are these, each one number."""
    return Standing(**{name: float(value) for name, value in measured.items()})
