"""The torch module of unet.py; separate, so that listing models does not import torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class UnetModule(nn.Module):
    """Images [batch, channels, height, width] to logits [batch, classes, height, width].

    Two convolutions halve the image, and two transposed ones double it again. Skip connections lead from the
    first convolution to the fourth, and from the image to the fifth. Batch normalization and ReLU follow all
    but the fifth.
    """

    def __init__(self, planes: int, classes: int, filters: int) -> None:
        super().__init__()

        def half(fan_in: int, fan_out: int) -> nn.Module:
            convolution = nn.Conv2d(fan_in, fan_out, kernel_size=3, stride=2, padding=1)
            return nn.Sequential(convolution, nn.BatchNorm2d(fan_out), nn.ReLU())

        def double(fan_in: int, fan_out: int) -> nn.Module:
            convolution = nn.ConvTranspose2d(
                fan_in, fan_out, kernel_size=3, stride=2, padding=1, output_padding=1
            )
            return nn.Sequential(convolution, nn.BatchNorm2d(fan_out), nn.ReLU())

        self.a = half(planes, filters)
        self.b = half(filters, 2 * filters)
        self.c = double(2 * filters, filters)
        self.d = double(2 * filters, classes)
        self.e = nn.Conv2d(planes + classes, classes, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        a = self.a(x)
        c = self.c(self.b(a))
        d = self.d(beside(a, c))
        logits: Tensor = self.e(beside(x, d))
        return logits


def beside(first: Tensor, second: Tensor) -> Tensor:
    """Concatenate feature maps [batch, channels, height, width] along channels, in channels-last layout.

    Convolutions on a CPU need this layout; the result of torch.cat along dim 1 would be copied for each of
    them (docs/speed.md).
    """
    pixels = torch.cat([maps.permute(0, 2, 3, 1) for maps in (first, second)], dim=3)
    return pixels.permute(0, 3, 1, 2)
