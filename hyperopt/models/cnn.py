"""The convolutional net of the clipping report (docs/reports/clipping.md, "The CIFAR-10 net")."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from hyperopt.models.dense import mlp


def cnn(
    shape: Sequence[int],
    classes: int,
    *,
    channels: Sequence[int],
    hidden: Sequence[int],
    output_activation: str,
) -> nn.Module:
    """3 x 3 convolutions with ReLU, then an `mlp` with tanh.

    Args:
        shape: of one input: channels, height, width; each convolution takes two pixels off both sides.
        classes: number of logits.
        channels: of each convolution.
        hidden: widths of the layers after them, at least one.
        output_activation: on the logits, before the softmax of the loss.
    """
    planes, height, width = shape
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise([planes, *channels]):
        layers += [nn.Conv2d(fan_in, fan_out, kernel_size=3), nn.ReLU()]
    lost = 2 * len(channels)
    maps = (channels[-1], height - lost, width - lost)
    head = mlp(maps, classes, hidden=hidden, activation="tanh", output_activation=output_activation)
    return nn.Sequential(*layers, head)
