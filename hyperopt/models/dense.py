"""Activations and step times of fully connected models."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

ACTIVATIONS = {"tanh": "Tanh", "relu": "ReLU", "sigmoid": "Sigmoid", "none": "Identity"}
"""The name of the torch.nn class for each value of an activation option."""

ACTIVATION = {"choices": tuple(ACTIVATIONS)}

WEIGHTS = 101_770
"""The number of parameters of the reports' MNIST net (784-128-10). `model.CPU` is the cost of this net."""


def scale_of(widths: Sequence[int]) -> float:
    """Return the time of a CPU step of linear layers, relative to a step of the reports' MNIST net.

    The estimate is 0.05 plus a part proportional to the number of parameters.

    Args:
        widths: the number of inputs, then the width of each layer.
    """
    weights = sum((inputs + 1) * outputs for inputs, outputs in pairwise(widths))
    return 0.05 + weights / WEIGHTS
