"""The torch module of transformer.py; separate, so that listing models does not import torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Block(nn.Module):
    """Causal self-attention, then an MLP whose hidden layer is four times as wide, each with a residual."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.mixed = nn.LayerNorm(width), nn.Linear(width, 3 * width)
        self.joined = nn.Linear(width, width)
        self.second_norm, self.hidden = nn.LayerNorm(width), nn.Linear(width, 4 * width)
        self.back = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map [batch, positions, width] to the same shape."""
        x = x + self.joined(self._attended(self.mixed(self.norm(x))))
        out: Tensor = x + self.back(F.gelu(self.hidden(self.second_norm(x))))
        return out

    def _attended(self, mixed: Tensor) -> Tensor:
        """Return causal multi-head attention of queries, keys and values [batch, positions, 3 width]."""
        batch, places, width = mixed.shape[0], mixed.shape[1], mixed.shape[2] // 3
        of_heads = mixed.reshape(batch, places, 3, self.heads, width // self.heads)
        query, key, value = (of_heads[:, :, i].transpose(1, 2) for i in range(3))
        weights = query @ key.transpose(2, 3) * query.shape[3] ** -0.5
        later = torch.ones(places, places, dtype=torch.bool, device=mixed.device).triu(1)
        weights = weights.masked_fill(later, -torch.inf).softmax(3)
        mean: Tensor = (weights @ value).transpose(1, 2).reshape(batch, places, width)
        return mean


class TransformerModule(nn.Module):
    """Character indices [batch, positions] as floats to next-character logits [batch, classes, positions]."""

    def __init__(self, places: int, classes: int, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.characters, self.places = nn.Embedding(classes, width), nn.Embedding(places, width)
        for embedding in (self.characters, self.places):
            nn.init.normal_(embedding.weight, std=0.02)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        within = self.blocks(self.characters(x.long()) + self.places.weight)
        logits: Tensor = self.head(self.norm(within))
        return logits.movedim(-1, -2)
