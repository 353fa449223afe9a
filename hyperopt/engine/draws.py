"""Random input to training: which rows are flipped and where they are cropped, which units are dropped.

All of it is fixed by a run's seed, the step and the layer, and enters the step as data: a run draws the same
alone and in a pack, whatever the other runs of the pack draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from hyperopt.engine.seeds import stream

PADDING = 4


def epoch_draws(
    seed: int, epoch: int, steps: int, batch: int, *, augment: bool, dropped: Sequence[int], dropout: float
) -> dict[str, Tensor]:
    """What one seed draws in an epoch (counted from 0), each with leading [steps, batch].

    Args:
        seed: of the run.
        epoch: counted from 0.
        steps: minibatches in the epoch.
        batch: rows of a minibatch.
        augment: whether to draw `flip` (bool), `top` and `left` (int64, from 0 to 2 * PADDING).
        dropped: units of each layer that has dropout: `kept.0`, ... (bool [steps, batch, units]).
        dropout: probability of a unit to be dropped.
    """
    generator = torch.Generator().manual_seed(stream(seed, "draws", epoch))
    draws = {}
    if augment:
        draws["flip"] = torch.rand(steps, batch, generator=generator) < 0.5
        for edge in ("top", "left"):
            draws[edge] = torch.randint(2 * PADDING + 1, (steps, batch), generator=generator)
    for layer, units in enumerate(dropped):
        draws[f"kept.{layer}"] = torch.rand(steps, batch, units, generator=generator) >= dropout
    return draws


def augmented(x: Tensor, draws: Mapping[str, Tensor], black: Tensor) -> Tensor:
    """Images flipped left to right and cropped from a black frame of PADDING pixels, as drawn.

    Args:
        x: [..., channels, height, width].
        draws: `flip`, `top` and `left`, each [...].
        black: value of a black pixel [channels, 1, 1].
    """
    height, width = x.shape[-2:]
    columns = torch.arange(width, device=x.device)
    columns = torch.where(draws["flip"][..., None], width - 1 - columns, columns)
    flipped = x.gather(-1, columns[..., None, None, :].expand(x.shape))
    framed = F.pad(flipped - black, (PADDING,) * 4) + black
    rows = draws["top"][..., None] + torch.arange(height, device=x.device)
    columns = draws["left"][..., None] + torch.arange(width, device=x.device)
    cropped = framed.gather(-2, rows[..., None, :, None].expand(*x.shape[:-1], width + 2 * PADDING))
    return cropped.gather(-1, columns[..., None, None, :].expand(x.shape))
