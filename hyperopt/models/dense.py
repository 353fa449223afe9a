"""Linear and fully connected models."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import nn

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "none": nn.Identity,
}


def mlp(
    shape: Sequence[int],
    classes: int,
    *,
    hidden: Sequence[int],
    activation: str,
    output_activation: str,
    zero_bias: bool = False,
    init: str = "torch",
) -> nn.Module:
    """A fully connected net.

    The reports' has 128 tanh units, and a tanh on the logits (docs/reports/gdtuo.md, "The MNIST net").

    Args:
        shape: of one input; flattened.
        classes: number of logits.
        hidden: widths, at least one.
        activation: after each hidden layer.
        output_activation: on the logits, before the softmax of the loss.
        zero_bias: biases start at 0 rather than as torch draws them; the weights are the same.
        init: "torch", or "normal": weights and biases are N(0, 1) draws, whatever the widths.
    """
    widths = [math.prod(shape), *hidden]
    layers: list[nn.Module] = [nn.Flatten()]
    for fan_in, fan_out in pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out), ACTIVATIONS[activation]()]
    layers += [nn.Linear(widths[-1], classes), ACTIVATIONS[output_activation]()]
    for layer in layers:
        if not isinstance(layer, nn.Linear):
            continue
        if init == "normal":
            nn.init.normal_(layer.weight)
            nn.init.normal_(layer.bias)
        if zero_bias:
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


def logistic(shape: Sequence[int], classes: int) -> nn.Module:
    """Multinomial logistic regression."""
    return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), classes))


def linear(shape: Sequence[int], classes: int) -> nn.Module:
    """A linear map without a bias, from weights of 0."""
    layer = nn.Linear(math.prod(shape), classes, bias=False)
    nn.init.zeros_(layer.weight)
    return nn.Sequential(nn.Flatten(), layer)
