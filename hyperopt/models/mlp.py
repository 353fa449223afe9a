"""Multilayer perceptron."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from hyperopt.models.dense import ACTIVATION, ACTIVATIONS, scale_of
from hyperopt.models.model import Model

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Mlp(Model):
    """A fully connected net on the flattened input.

    The reports' MNIST net has 128 hidden tanh units and a tanh on the logits (docs/reports/gdtuo.md,
    "The MNIST net").

    Attributes:
        hidden: the widths of the hidden layers, at least one.
        activation: the activation after each hidden layer.
        output_activation: the activation on the logits, before the softmax of the loss.
        zero_bias: whether biases start at 0; the initial weights do not depend on this.
        init: how weights and biases are initialized: "torch" as in nn.Linear, "normal" from N(0, 1).
    """

    name: ClassVar[str] = "mlp"

    hidden: tuple[int, ...] = field(metadata={"least": 1, "most": 100_000})
    activation: str = field(metadata=ACTIVATION)
    output_activation: str = field(metadata=ACTIVATION)
    zero_bias: bool
    init: str = field(metadata={"choices": ("torch", "normal")})

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Return the module."""
        from torch import nn

        widths = [math.prod(shape), *self.hidden]
        layers: list[nn.Module] = [nn.Flatten()]
        for fan_in, fan_out in pairwise(widths):
            layers += [nn.Linear(fan_in, fan_out), getattr(nn, ACTIVATIONS[self.activation])()]
        layers += [nn.Linear(widths[-1], classes), getattr(nn, ACTIVATIONS[self.output_activation])()]
        for layer in layers:
            if not isinstance(layer, nn.Linear):
                continue
            if self.init == "normal":
                nn.init.normal_(layer.weight)
                nn.init.normal_(layer.bias)
            if self.zero_bias:
                nn.init.zeros_(layer.bias)
        return nn.Sequential(*layers)

    def seconds(self, device: str, shape: Sequence[int], classes: int) -> float:
        """Return the seconds of a step; on a CPU they depend on the number of weights."""
        usual = super().seconds(device, shape, classes)
        return usual * scale_of([math.prod(shape), *self.hidden, classes]) if device == "cpu" else usual
