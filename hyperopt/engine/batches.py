"""Which training rows each run of a pack sees at each step of an epoch."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from hyperopt.engine.pack import Pack
from hyperopt.engine.seeds import batch_order


class Batches(NamedTuple):
    """One epoch of minibatches.

    Attributes:
        rows: indices into the training set, int64 [steps, runs, batch], or [steps, batch] where all runs see
            the same; a smaller last batch is padded with row 0.
        weights: of each row in the loss, float32 [steps, batch]: one over the batch's true size, 0 where
            padded.
        steps: each step's number, counted from 1 over the whole run, float32 [steps].
    """

    rows: Tensor
    weights: Tensor
    steps: Tensor


def steps_per_epoch(rows: int, batch_size: int) -> int:
    """Minibatches in an epoch, a smaller last one included."""
    return -(-rows // batch_size)


def epoch_batches(pack: Pack, epoch: int, rows: int, device: str) -> Batches:
    """The minibatches of an epoch (counted from 0); runs of one seed that shuffle see the same."""
    batch = pack.first.batch_size
    steps = steps_per_epoch(rows, batch)
    seeds = [run.seed if run.shuffle else None for run in pack.runs]
    orders = {s: torch.arange(rows) if s is None else batch_order(s, epoch, rows) for s in set(seeds)}
    padded = torch.zeros(len(seeds), steps * batch, dtype=torch.int64)
    padded[:, :rows] = torch.stack([orders[seed] for seed in seeds])
    by_step = padded.view(len(seeds), steps, batch).transpose(0, 1)
    if len(orders) == 1:
        by_step = by_step[:, 0]
    weights = torch.full((steps, batch), 1.0 / batch)
    last = rows - (steps - 1) * batch
    weights[-1] = (torch.arange(batch) < last) / last
    numbers = torch.arange(1, steps + 1, dtype=torch.float32) + epoch * steps
    return Batches(by_step.contiguous().to(device), weights.to(device), numbers.to(device))
