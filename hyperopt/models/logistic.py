"""Multinomial logistic regression."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from hyperopt.models.dense import scale_of
from hyperopt.models.model import CPU, CUDA, Cost, Model

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Logistic(Model):
    """Multinomial logistic regression on the flattened input.

    On MNIST and one CPU core a step took 0.47 ms per run alone, 0.19 ms in packs of 9, 0.15 ms in packs of 16
    and 0.17 ms in packs of 32, which compile less often.
    """

    name: ClassVar[str] = "logistic"
    costs: ClassVar[Mapping[str, Cost]] = {"cpu": replace(CPU, pack=32), "cuda": CUDA}

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Return the module."""
        from torch import nn

        return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), classes))

    def seconds(self, device: str, shape: Sequence[int], classes: int) -> float:
        """Return the seconds of a step; on a CPU they depend on the number of weights."""
        usual = super().seconds(device, shape, classes)
        return usual * scale_of([math.prod(shape), classes]) if device == "cpu" else usual
