"""How fast methods come to a target: epochs until the test loss is a multiple of the baseline's best.

Each method goes from its own best rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, geometric_mean

from hyperopt.findings.methods import BASELINE, Method, Workload
from hyperopt.wording import counted, listed

TARGET = 1.0
"""As a multiple of the baseline's best loss."""
FACTORS = (1.0, 1.5, 2.0, 4.0, math.inf)
"""Where profiles are read off."""
Profiles = Mapping[str, Mapping[float, float]]
"""By label and factor, a share of workloads."""


def epochs_to(method: Method, loss: float) -> float:
    """Epochs until the mean test loss is at most this, from the method's best rate; infinite if never."""
    curve = method.by_epoch[method.best]
    return next((float(epoch) for epoch, now in enumerate(curve, 1) if now <= loss), math.inf)


def epochs_taken(workloads: Sequence[Workload], label: str, target: float) -> list[float]:
    """By workload, the epochs of a method to the target."""
    return [
        epochs_to(workload.methods[label], target * (workload.best_baseline or math.nan))
        for workload in workloads
    ]


def fastest(workloads: Sequence[Workload], labels: Iterable[str], target: float) -> str:
    """Which method comes to the target on all workloads, and in the fewest epochs, as a sentence.

    By the geometric mean of epochs; of methods that are alike the baseline, if it is one of them.
    """
    taken = {label: epochs_taken(workloads, label, target) for label in labels}
    there = {label: epochs for label, epochs in taken.items() if all(map(math.isfinite, epochs))}
    loss = "its best loss" if target == 1 else f"{target:g} times its best loss"
    if not there:
        return f"No method, {BASELINE} included, comes to {loss} on all of these workloads."
    best = min(there, key=lambda label: (geometric_mean(there[label]), label != BASELINE))
    if best == BASELINE:
        return f"No method comes to {loss} on all of these workloads in fewer epochs than {BASELINE}."
    if BASELINE not in there:
        never = [w.name for w, epochs in zip(workloads, taken[BASELINE], strict=True) if epochs == math.inf]
        return (
            f"{BASELINE} itself never comes to {loss} on {listed(never)};"
            f" {counted(len(there), 'method')} {'does' if len(there) == 1 else 'do'} on all workloads, {best}"
            f" in the fewest epochs ({listed([f'{n:g}' for n in there[best]])})."
        )
    ratio = geometric_mean(there[best]) / geometric_mean(there[BASELINE])
    each = [f"{n:g} of {of:g}" for n, of in zip(there[best], there[BASELINE], strict=True)]
    return (
        f"To {loss}, {best} takes the fewest epochs, each method from its own best rate: {listed(each)} that"
        f" {BASELINE} takes, {ratio:.2f} times as many."
    )


def profiles(workloads: Sequence[Workload], labels: Iterable[str], target: float = TARGET) -> Profiles:
    """Dolan and More's: by label and factor, the share of workloads in which a method reaches the target.

    A method reaches it within a factor of the fewest epochs that any method takes. Infinity: at all.
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
