"""A small decoder-only transformer over characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from hyperopt.errors import ConfigError
from hyperopt.models.model import CUDA_LARGE, Cost, Model

if TYPE_CHECKING:
    from torch import nn

    from hyperopt.data import Dataset


@dataclass(frozen=True, kw_only=True)
class Transformer(Model):
    """A pre-norm decoder: each layer is causal self-attention and an MLP with one hidden layer.

    With 3 layers of width 128 it has 0.62 M parameters for sequences of 64 characters. Two thirds of a
    compiled step are matrix products, so packs gain little: with 16 sequences a step of AdamW took 72 ms
    alone, 61 ms per run in packs of 7, and 118 ms uncompiled.

    Attributes:
        width: the dimension of a character's embedding.
        heads: the number of attention heads, a divisor of `width`.
        layers: the number of layers.
    """

    name: ClassVar[str] = "transformer"
    classes_of: ClassVar[str] = "characters"
    costs: ClassVar[Mapping[str, Cost]] = {
        "cpu": Cost(pack=8, seconds=0.12, constant=0.0, uncompiled=1.6),
        "cuda": CUDA_LARGE,
    }

    width: int = field(metadata={"least": 1, "most": 10_000})
    heads: int = field(metadata={"least": 1, "most": 1000})
    layers: int = field(metadata={"least": 1, "most": 1000})

    def check(self, dataset: type[Dataset]) -> None:
        """Reject a width that is not a multiple of the number of heads."""
        if self.width % self.heads:
            raise ConfigError(
                f"model.heads={self.heads}: a divisor of model.width, which is {self.width}, is expected."
            )

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Return the module, for sequences of `shape[0]` characters from an alphabet of `classes`."""
        from hyperopt.models.transformer_module import TransformerModule

        return TransformerModule(shape[0], classes, self.width, self.heads, self.layers)
