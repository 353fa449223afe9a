"""All randomness in training: the order of rows, image flips and crops, dropped units.

The run's seed, the step and the layer determine it, and it enters the step as data. So a run has the same
draws alone and in a pack, whatever its stack and the other runs are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

PADDING = 4
STREAMS = {"weights": 0, "batches": 1, "draws": 2}


def stream(seed: int, name: str, index: int = 0) -> int:
    """Return a 63-bit seed for the named stream of a run's seed."""
    sequence = np.random.SeedSequence([seed, STREAMS[name], index])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def batch_order(seed: int, epoch: int, rows: int) -> torch.Tensor:
    """Return the order of `rows` training rows in an epoch (counted from 0), int64 [rows]."""
    generator = torch.Generator().manual_seed(stream(seed, "batches", epoch))
    return torch.randperm(rows, generator=generator)


def epoch_draws(
    seed: int, epoch: int, steps: int, batch: int, *, augment: bool, dropped: Sequence[int], dropout: float
) -> dict[str, Tensor]:
    """Return the draws of one seed in an epoch (counted from 0), each with leading [steps, batch].

    Args:
        seed: the seed of the run.
        epoch: counted from 0.
        steps: the number of minibatches in the epoch.
        batch: the number of rows of a minibatch.
        augment: whether to draw `flip` (bool), `top` and `left` (int64, from 0 to 2 * PADDING).
        dropped: units of each layer with dropout: `kept.0`, ... (bool [steps, batch, units]).
        dropout: probability that a unit is dropped.
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
    """Flip images horizontally and crop them from a black frame of PADDING pixels, as drawn.

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
