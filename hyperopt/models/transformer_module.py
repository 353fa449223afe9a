"""The module of transformer.py, in a file of its own because it imports torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Block(nn.Module):
    """Attention, then a hidden layer four times as wide; each adds to what comes in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.mixed = nn.LayerNorm(width), nn.Linear(width, 3 * width)
        self.joined = nn.Linear(width, width)
        self.second_norm, self.hidden = nn.LayerNorm(width), nn.Linear(width, 4 * width)
        self.back = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Of [batch, places, width], the same."""
        x = x + self.joined(self._attended(self.mixed(self.norm(x))))
        out: Tensor = x + self.back(F.gelu(self.hidden(self.second_norm(x))))
        return out

    def _attended(self, mixed: Tensor) -> Tensor:
        """Each place's mean of itself and those before, weighed by queries and keys, head by head."""
        batch, places, width = mixed.shape[0], mixed.shape[1], mixed.shape[2] // 3
        of_heads = mixed.reshape(batch, places, 3, self.heads, width // self.heads)
        query, key, value = (of_heads[:, :, i].transpose(1, 2) for i in range(3))
        weights = query @ key.transpose(2, 3) * query.shape[3] ** -0.5
        later = torch.ones(places, places, dtype=torch.bool, device=mixed.device).triu(1)
        weights = weights.masked_fill(later, -torch.inf).softmax(3)
        mean: Tensor = (weights @ value).transpose(1, 2).reshape(batch, places, width)
        return mean


class TransformerModule(nn.Module):
    """Numbers of characters [batch, places], as floats, to logits of the next [batch, classes, places]."""

    def __init__(self, places: int, classes: int, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.characters, self.places = nn.Embedding(classes, width), nn.Embedding(places, width)
        for embedding in (self.characters, self.places):
            nn.init.normal_(embedding.weight, std=0.02)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        within = self.blocks(self.characters(x.long()) + self.places.weight)
        logits: Tensor = self.head(self.norm(within))
        return logits.movedim(-1, -2)
