"""A small decoder over characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hyperopt.errors import ConfigError
from hyperopt.models.model import CUDA, Cost, Model

if TYPE_CHECKING:
    from torch import nn

    from hyperopt.data import Dataset


@dataclass(frozen=True, kw_only=True)
class Transformer(Model):
    """Layers of attention to the characters before and of one hidden layer, norms first.

    With 3 layers of width 128 it has 0.62 M weights for rows of 64 characters. Two thirds of a compiled step
    are matrix products, so packs gain little: at 16 rows a step of AdamW took 72 ms alone, 61 per run in
    packs of 7, and 118 uncompiled.

    Attributes:
        width: of a character's vector.
        heads: into which attention splits it.
        layers: how many.
    """

    name: ClassVar[str] = "transformer"
    classes_of: ClassVar[str] = "characters"
    costs: ClassVar[Mapping[str, Cost]] = {
        "cpu": Cost(pack=8, seconds=0.12, constant=0.0, uncompiled=1.6),
        "cuda": CUDA,
    }

    width: int = field(metadata={"least": 1, "most": 10_000})
    heads: int = field(metadata={"least": 1, "most": 1000})
    layers: int = field(metadata={"least": 1, "most": 1000})

    def check(self, dataset: type[Dataset]) -> None:
        """Refuse a width that the heads cannot share."""
        if self.width % self.heads:
            raise ConfigError(
                f"model.heads={self.heads}: a divisor of model.width, which is {self.width}, is expected."
            )

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """The module, for rows of `shape[0]` characters of so many kinds."""
        from hyperopt.models.transformer_module import TransformerModule

        return TransformerModule(shape[0], classes, self.width, self.heads, self.layers)
