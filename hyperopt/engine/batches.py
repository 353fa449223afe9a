"""Which training rows each run of a pack sees at each step of an epoch."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from hyperopt.engine.pack import Pack, dtype_of, steps_of
from hyperopt.engine.seeds import batch_order


class Batches(NamedTuple):
    """One epoch of minibatches.

    Attributes:
        rows: indices into the training set, int64 [steps, runs, batch], or [steps, batch] where all runs see
            the same; a smaller last batch is padded with row 0.
        weights: of each row in the loss, of the runs' dtype [steps, batch]: one over the batch's true size, 0
            where padded.
        steps: each step's number, counted from 1 over the whole run, of the runs' dtype [steps].
    """

    rows: Tensor
    weights: Tensor
    steps: Tensor


def epoch_batches(pack: Pack, epoch: int, rows: int, device: str) -> Batches:
    """The minibatches of an epoch (counted from 0); runs of one seed that shuffle see the same."""
    batch, steps, dtype = pack.first.batch_size, steps_of(pack.first, rows), dtype_of(pack.first)
    seeds = [run.seed if run.procedure["shuffle"] else None for run in pack.runs]
    orders = {s: torch.arange(rows) if s is None else batch_order(s, epoch, rows) for s in set(seeds)}
    seen = min(rows, steps * batch)
    padded = torch.zeros(len(seeds), steps * batch, dtype=torch.int64)
    padded[:, :seen] = torch.stack([orders[seed][:seen] for seed in seeds])
    by_step = padded.view(len(seeds), steps, batch).transpose(0, 1)
    if len(orders) == 1:
        by_step = by_step[:, 0]
    weights = torch.full((steps, batch), 1.0 / batch, dtype=dtype)
    last = seen - (steps - 1) * batch
    weights[-1] = (torch.arange(batch) < last).to(dtype) / last
    numbers = torch.arange(1, steps + 1, dtype=dtype) + epoch * steps
    return Batches(by_step.contiguous().to(device), weights.to(device), numbers.to(device))
