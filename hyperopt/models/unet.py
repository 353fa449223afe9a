"""The U-net that colours grey images (docs/reports/adabelief_amsgrad.md, "The U-net")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hyperopt.errors import ConfigError
from hyperopt.models.model import CUDA_LARGE, Cost, Model, size

if TYPE_CHECKING:
    from torch import nn

    from hyperopt.data import Dataset


@dataclass(frozen=True, kw_only=True)
class Unet(Model):
    """Convolutions that halve and double a grey image, and classify the colour of each pixel.

    On one CPU core a step took 140 ms alone, and 200 ms per run in packs of 2 or 4, whose convolutions are
    grouped. Compiling takes about a minute and shortens a step from 230 to 140 ms.

    Attributes:
        filters: the output channels of the first and third convolution; the second has twice as many.
    """

    name: ClassVar[str] = "unet"
    classes_of: ClassVar[str] = "pixels"
    costs: ClassVar[Mapping[str, Cost]] = {
        "cpu": Cost(pack=1, seconds=0.12, together=False, constant=0.05, uncompiled=1.6),
        "cuda": CUDA_LARGE,
    }

    filters: int = field(metadata={"least": 1})

    def check(self, dataset: type[Dataset]) -> None:
        """Reject images whose sides cannot be halved twice."""
        side = dataset.side()
        if side is None or side % 4:
            raise ConfigError(
                f"model=unet takes images whose sides are multiples of 4 pixels; "
                f"dataset={dataset.name} has {size(dataset)}."
            )

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Return the module, for inputs [channels, height, width]; a pixel has `classes` possible colours."""
        from hyperopt.models.unet_module import UnetModule

        return UnetModule(shape[0], classes, self.filters)
