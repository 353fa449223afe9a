"""What the fully connected models have in common."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

ACTIVATIONS = {"tanh": "Tanh", "relu": "ReLU", "sigmoid": "Sigmoid", "none": "Identity"}
"""The name of the torch.nn module for each value of an option."""

ACTIVATION = {"choices": tuple(ACTIVATIONS)}

WEIGHTS = 101_770
"""The number of weights of the reports' MNIST net, whose step takes as long as `CPU` says."""


def scale_of(widths: Sequence[int]) -> float:
    """The time of a step of linear layers on a CPU, as a multiple of that of the reports' MNIST net.

    A twentieth is constant; the rest is in proportion to the number of weights.
    """
    weights = sum((inputs + 1) * outputs for inputs, outputs in pairwise(widths))
    return 0.05 + weights / WEIGHTS
