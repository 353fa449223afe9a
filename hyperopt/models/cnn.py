"""The convolutional net of the clipping report (docs/reports/clipping.md, "The CIFAR-10 net")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from hyperopt.errors import ConfigError, typed
from hyperopt.models.dense import ACTIVATION
from hyperopt.models.mlp import Mlp
from hyperopt.models.model import CUDA_LARGE, Cost, Model, size

if TYPE_CHECKING:
    from torch import nn

    from hyperopt.data import Dataset


@dataclass(frozen=True, kw_only=True)
class Cnn(Model):
    """3 x 3 convolutions with ReLU, followed by an `Mlp` with tanh.

    On one CPU core a step took 62 ms per run alone, 64 ms in packs of 4 and 68 ms in packs of 8. Packs of up
    to 4 make up for this by compiling less often.

    Attributes:
        channels: the output channels of each convolution. There is no padding, so each convolution makes
            both sides of the image two pixels shorter.
        hidden: the widths of the hidden linear layers, at least one.
        output_activation: the activation on the logits, before the softmax of the loss.
    """

    name: ClassVar[str] = "cnn"
    costs: ClassVar[Mapping[str, Cost]] = {
        "cpu": Cost(pack=4, seconds=0.08, together=False, constant=0.1, uncompiled=1.8),
        "cuda": CUDA_LARGE,
    }

    channels: tuple[int, ...] = field(metadata={"least": 1})
    hidden: tuple[int, ...] = field(metadata={"least": 1})
    output_activation: str = field(metadata=ACTIVATION)

    def check(self, dataset: type[Dataset]) -> None:
        """Reject images that are too small for the convolutions."""
        least, side = 2 * len(self.channels) + 1, dataset.side()
        if side is None or side < least:
            raise ConfigError(
                f"model=cnn: {typed('model.channels', self.channels)} takes images of {least} x {least} "
                f"pixels or more; dataset={dataset.name} has {size(dataset)}."
            )

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Return the module, for inputs [channels, height, width]."""
        from torch import nn

        planes, height, width = shape
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise([planes, *self.channels]):
            layers += [nn.Conv2d(fan_in, fan_out, kernel_size=3), nn.ReLU()]
        lost = 2 * len(self.channels)
        head = Mlp(
            hidden=self.hidden,
            activation="tanh",
            output_activation=self.output_activation,
            zero_bias=False,
            init="torch",
        )
        maps = (self.channels[-1], height - lost, width - lost)
        return nn.Sequential(*layers, head.build(maps, classes))
