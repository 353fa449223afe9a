"""Linear regression."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hyperopt.models.dense import scale_of
from hyperopt.models.model import Model

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Linear(Model):
    """A linear map of the flattened input without a bias; its weights start at 0."""

    name: ClassVar[str] = "linear"

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Return the module."""
        from torch import nn

        layer = nn.Linear(math.prod(shape), classes, bias=False)
        nn.init.zeros_(layer.weight)
        return nn.Sequential(nn.Flatten(), layer)

    def seconds(self, device: str, shape: Sequence[int], classes: int) -> float:
        """Return the seconds of a step; on a CPU they depend on the number of weights."""
        usual = super().seconds(device, shape, classes)
        return usual * scale_of([math.prod(shape), classes]) if device == "cpu" else usual
