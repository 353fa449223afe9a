"""VGG-16 (Simonyan and Zisserman, 2015) with batch normalization, for small images.

docs/reports/hyper_regularization.md, "VGG-16", lists the layers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hyperopt.errors import ConfigError
from hyperopt.models.model import Cost, Model, size

if TYPE_CHECKING:
    from torch import nn

    from hyperopt.data import Dataset


@dataclass(frozen=True, kw_only=True)
class Vgg16(Model):
    """VGG-16 with batch normalization, for images of 32 x 32.

    Attributes:
        width: the channels of the first block; the hidden linear layers have eight times as many units.
        dropout: the probability that an input of the first two linear layers is dropped in training.
    """

    name: ClassVar[str] = "vgg16"
    costs: ClassVar[Mapping[str, Cost]] = {
        "cpu": Cost(pack=1, seconds=4.0, compile_from=3000, together=False, uncompiled=1.0),
        "cuda": Cost(pack=4, seconds=0.016, compile_from=10_000),
    }

    width: int = field(metadata={"least": 1})
    dropout: float

    def check(self, dataset: type[Dataset]) -> None:
        """Reject images that cannot be halved by five poolings."""
        side = dataset.side()
        if side is None or side % 32:
            raise ConfigError(
                f"model=vgg16 takes images of 32 x 32 pixels; dataset={dataset.name} has {size(dataset)}."
            )

    def seconds(self, device: str, shape: Sequence[int], classes: int) -> float:
        """Return the seconds of a step; a step of width 16 took a tenth to an 18th of one of width 64."""
        return super().seconds(device, shape, classes) * math.pow(self.width / 64, 1.85)

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Return the module, for inputs [channels, height, width] whose sides are multiples of 32."""
        from hyperopt.models.vgg16_module import Vgg16Module

        return Vgg16Module(shape, classes, width=self.width, dropout=self.dropout)
