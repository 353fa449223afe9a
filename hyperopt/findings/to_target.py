"""Time to a target: epochs until the test loss is at most a multiple of the baseline's best.

Each method starts from its own best rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, geometric_mean

from hyperopt.findings.methods import BASELINE, Method, Workload
from hyperopt.wording import counted, listed

TARGET = 1.0
"""The default target, as a multiple of the baseline's best loss."""
FACTORS = (1.0, 1.5, 2.0, 4.0, math.inf)
"""The arguments at which performance profiles are evaluated."""
Profiles = Mapping[str, Mapping[float, float]]
"""A share of workloads by label and factor."""


def epochs_to(method: Method, loss: float) -> float:
    """Return the epochs until the mean test loss is at most this, from the best rate; infinite if never."""
    curve = method.by_epoch[method.best]
    return next((float(epoch) for epoch, now in enumerate(curve, 1) if now <= loss), math.inf)


def epochs_taken(workloads: Sequence[Workload], label: str, target: float) -> list[float]:
    """Return the epochs that a method takes to the target on each workload."""
    return [
        epochs_to(workload.methods[label], target * (workload.best_baseline or math.nan))
        for workload in workloads
    ]


def fastest(workloads: Sequence[Workload], labels: Iterable[str], target: float) -> str:
    """Return a sentence that names the method which reaches the target in the fewest epochs.

    Only methods that reach it on all workloads count, by the geometric mean of epochs. In a tie the baseline
    is preferred.
    """
    taken = {label: epochs_taken(workloads, label, target) for label in labels}
    there = {label: epochs for label, epochs in taken.items() if all(map(math.isfinite, epochs))}
    loss = f"{BASELINE}'s best loss" if target == 1 else f"{target:g} times {BASELINE}'s best loss"
    if not there:
        return f"No method, including {BASELINE}, reaches {loss} on all of these workloads."
    best = min(there, key=lambda label: (geometric_mean(there[label]), label != BASELINE))
    if best == BASELINE:
        return f"No method reaches {loss} on all of these workloads in fewer epochs than {BASELINE}."
    if BASELINE not in there:
        never = [w.name for w, epochs in zip(workloads, taken[BASELINE], strict=True) if epochs == math.inf]
        return (
            f"{BASELINE} itself never reaches {loss} on {listed(never)};"
            f" {counted(len(there), 'method')} {'does' if len(there) == 1 else 'do'} on all workloads, {best}"
            f" in the fewest epochs ({listed([f'{n:g}' for n in there[best]])})."
        )
    ratio = geometric_mean(there[best]) / geometric_mean(there[BASELINE])
    ours = listed([f"{n:g} on {w.name}" for n, w in zip(there[best], workloads, strict=True)])
    theirs = listed([f"{n:g}" for n in there[BASELINE]])
    return (
        f"{best} reaches {loss} in the fewest epochs, each method from its own best rate: in {ours}, where"
        f" {BASELINE} takes {theirs}; {ratio:.2f} times as many in the geometric mean."
    )


def profiles(workloads: Sequence[Workload], labels: Iterable[str], target: float = TARGET) -> Profiles:
    """Return performance profiles (Dolan and Moré, 2002).

    For each factor, this is the share of workloads on which a method reaches the target within that many
    times the fewest epochs that any method takes; for infinity, the share on which it reaches it at all.
    """
    taken = {label: epochs_taken(workloads, label, target) for label in labels}
    least = [min(of) for of in zip(*taken.values(), strict=True)]
    ratios = {
        label: [
            epochs / few if math.isfinite(epochs) else math.nan for epochs, few in zip(of, least, strict=True)
        ]
        for label, of in taken.items()
    }
    return {
        label: {factor: fmean(ratio <= factor for ratio in of) for factor in FACTORS}
        for label, of in ratios.items()
    }
