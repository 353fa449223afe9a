"""Standings of methods: their losses relative to that of the baseline at its best rate.

The *excess* of a method at a rate is its final loss divided by that of the baseline at its best rate.
Excesses are averaged arithmetically over the rates of a workload, and geometrically over workloads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hyperopt.findings.methods import BASELINE, Method, Workload

BAND = 0.1
"""The relative difference up to which a loss counts as being as good as the baseline's."""
DRAWS = 2_000
"""The number of bootstrap draws of seeds."""

Numbers = NDArray[np.float64]
Measures = Mapping[str, Numbers]
"""The attributes of `Standing` by name, each as one number or as one number per draw, [DRAWS]."""


@dataclass(frozen=True)
class Standing:
    """The excesses of a method on one workload, or their means over several.

    Attributes:
        best: at its own best rate.
        default: at its default.
        blind: the mean over all rates.
        near: the mean over its best rate and the neighbouring rates, a decade below and above; at the end of
            the grid there is only one.
        at_baselines: at the baseline's best rate.
        decades: the number of rates whose excess is within the band.
    """

    best: float
    default: float
    blind: float
    near: float
    at_baselines: float
    decades: float


def begun(workloads: Sequence[Workload]) -> list[Workload]:
    """Return the workloads on which all runs of the baseline are finished."""
    return [workload for workload in workloads if workload.best_baseline is not None]


def compared(workloads: Sequence[Workload]) -> list[Workload]:
    """Return the workloads with all methods, or if there are none, all those with the baseline.

    A workload that has only begun would otherwise reduce the methods to those that it has.
    """
    there = begun(workloads)
    return [workload for workload in there if not workload.missing] or there


def common(workloads: Sequence[Workload]) -> list[str]:
    """Return the labels of the methods that all these workloads have."""
    return [label for label in workloads[0].methods if all(label in w.methods for w in workloads)]


def standing(method: Method, workload: Workload, band: float = BAND) -> Standing:
    """Return the standing of a method on a workload that has the baseline."""
    return standing_of(_measured(method, workload, None, band))


def standings(workloads: Sequence[Workload], band: float = BAND) -> dict[str, Standing]:
    """Return the mean standing over the `compared` workloads of each method that all of them have."""
    there = compared(workloads)
    return {label: standing_of(of) for label, of in measures(there, band).items()} if there else {}


def measures(workloads: Sequence[Workload], band: float, *, drawn: bool = False) -> dict[str, Measures]:
    """Return the mean over these workloads for each method that all of them have, by label.

    Args:
        workloads: workloads that have the baseline.
        band: see `Standing.decades`.
        drawn: whether to bootstrap over seeds, which gives DRAWS numbers for each measure. Each draw takes as
            many seeds with replacement as a workload has, the same ones for all methods, because runs of one
            seed share initial weights and minibatches.
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
    """Return the weight of each seed in each draw, [DRAWS, seeds]."""
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
    """Return the mean loss at each rate, [rates], or in each draw, [DRAWS, rates]."""
    return np.array(method.losses) if weights is None else weights @ np.array(method.by_seed)


def _near(excess: Numbers) -> Numbers:
    """Return the mean over each rate and its neighbours, [..., rates]."""
    sums, counts = excess.copy(), np.ones(excess.shape[-1])
    for here, there in ((np.s_[1:], np.s_[:-1]), (np.s_[:-1], np.s_[1:])):
        sums[..., here] += excess[..., there]
        counts[here] += 1
    return np.asarray(sums / counts)


def _at(values: Numbers, places: NDArray[np.intp]) -> Numbers:
    """Return the value at each index along the last axis."""
    return np.take_along_axis(values, places[..., None], -1)[..., 0]


def _mean(each: Sequence[Measures]) -> Measures:
    """Return the geometric mean over workloads; for `decades`, which may be 0, the arithmetic one."""
    return {
        name: np.mean([of[name] for of in each], 0)
        if name == "decades"
        else np.exp(np.mean([np.log(of[name]) for of in each], 0))
        for name in each[0]
    }


def standing_of(measured: Measures) -> Standing:
    """The standing whose attributes are these, each one number."""
    return Standing(**{name: float(value) for name, value in measured.items()})
