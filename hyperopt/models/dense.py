"""What the fully connected models have in common."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

ACTIVATIONS = {"tanh": "Tanh", "relu": "ReLU", "sigmoid": "Sigmoid", "none": "Identity"}
"""By the value of an option, the name of the torch.nn module."""

ACTIVATION = {"choices": tuple(ACTIVATIONS)}

WEIGHTS = 101_770
"""Of the reports' MNIST net, whose step takes as long as `CPU` says."""


def scale_of(widths: Sequence[int]) -> float:
    """How long a step of linear layers takes on a CPU, as a multiple of that of the reports' MNIST net.

    It goes by their weights; a sixth of a step is spent whatever they are.
    """
    weights = sum((inputs + 1) * outputs for inputs, outputs in pairwise(widths))
    return max(1 / 6, weights / WEIGHTS)
