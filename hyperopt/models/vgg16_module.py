"""The torch module of vgg16.py; separate, so that listing models does not import torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor, nn

BLOCKS = ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3))
"""Each block's channels as a multiple of `width`, and its number of convolutions before a pooling by 2."""


class Vgg16Module(nn.Module):
    """Thirteen 3 x 3 convolutions, each with batch normalization and ReLU, and three linear layers.

    Args:
        shape: channels, height and width of an input; the sides are multiples of 32.
        classes: the number of logits.
        width: the channels of the first block; the hidden linear layers have eight times as many units.
        dropout: the probability that an input of the first two linear layers is dropped in training.
    """

    def __init__(self, shape: Sequence[int], classes: int, *, width: int, dropout: float) -> None:
        super().__init__()
        planes, rows, columns = shape[0], shape[1] // 32, shape[2] // 32
        layers: list[nn.Module] = []
        for multiple, convolutions in BLOCKS:
            for _ in range(convolutions):
                layers += [
                    convolution(planes, multiple * width),
                    nn.BatchNorm2d(multiple * width),
                    nn.ReLU(),
                ]
                planes = multiple * width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers, nn.Flatten())
        hidden = 8 * width
        flat = planes * rows * columns
        self.dropout = dropout
        self.dropped = (flat, hidden)
        self.linear1 = nn.Linear(flat, hidden)
        self.linear2 = nn.Linear(hidden, hidden)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x: Tensor, kept: Sequence[Tensor] = ()) -> Tensor:
        """Return the logits [rows, classes] of x [rows, *shape].

        `kept` has a mask, bool [rows, units], for the inputs of each of the first two linear layers: True
        keeps an input. Without masks, as in evaluation, all inputs are kept.
        """
        h = self.features(x)
        for layer, mask in zip((self.linear1, self.linear2), kept or (None, None), strict=True):
            h = layer(h if mask is None else h.where(mask, 0.0) / (1 - self.dropout)).relu()
        logits: Tensor = self.head(h)
        return logits


def convolution(fan_in: int, fan_out: int) -> nn.Conv2d:
    """Return a padded 3 x 3 convolution, initialized as in the reports' code.

    Weights are drawn from N(0, 2 / (9 fan_out)), biases are 0.
    """
    layer = nn.Conv2d(fan_in, fan_out, kernel_size=3, padding=1)
    nn.init.normal_(layer.weight, std=math.sqrt(2 / (9 * fan_out)))
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer
