"""What an experiment's runs are, in words, as their configs say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from hyperopt.config import Run
from hyperopt.data import find
from hyperopt.experiments.experiment import Experiment

FEW = 4
"""Up to so many different numbers are listed; of more the smallest and the largest."""


def what_ran(experiment: Experiment) -> list[str]:
    """Data, net with its widths, batch size, epochs, initial rates and form of all its runs together."""
    runs = experiment.runs([experiment.seeds[0]])
    if not runs:
        return []
    alphas: dict[int, set[float]] = {}
    for run in runs:
        for level, alpha in enumerate(run.alpha):
            alphas.setdefault(level, set()).add(alpha)
    rates = [f"{_numbers(numbers)} at level {level}" for level, numbers in sorted(alphas.items())]
    warm = {run.procedure.get("gradient") for run in runs} == {"sum"}
    return [
        _joined(_data(run.dataset) for run in runs),
        _joined(_net(run) for run in runs),
        f"minibatches of {_numbers(run.batch_size for run in runs)}" + (", gradients summed" if warm else ""),
        f"{_numbers(run.epochs for run in runs)} epochs",
        f"initial α {'; '.join(rates)}" if len(rates) > 1 else f"initial α {_numbers(alphas[0])}",
        f"rules as {_joined(run.form for run in runs)}",
    ]


def _data(dataset: Mapping[str, Any]) -> str:
    return str(dataset["name"])


def _net(run: Run) -> str:
    """The net with its widths, such as `fully connected 784-128-10, tanh`."""
    data, model = find(run.dataset["name"]), run.model
    inputs, outputs = math.prod(data.shape), data.classes or 1
    name = model["name"]
    if name == "mlp":
        widths = "-".join(map(str, [inputs, *model["hidden"], outputs]))
        last = model["output_activation"]
        ends = "" if last == "none" else f", {last} on the logits"
        return f"fully connected {widths}, {model['activation']}{ends}"
    if name in ("logistic", "linear"):
        return f"{name} regression {inputs}-{outputs}"
    options = ", ".join(f"{key} {value}" for key, value in model.items() if key != "name")
    return f"{name} ({options})" if options else str(name)


def _joined(texts: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(texts))


def _numbers(numbers: Iterable[float]) -> str:
    """Different numbers by size: all of a few, else the ends."""
    known = sorted(set(numbers))
    if len(known) <= FEW:
        return ", ".join(f"{number:g}" for number in known)
    return f"{known[0]:g} to {known[-1]:g}"
