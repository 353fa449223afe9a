"""The training rows that each run of a pack sees at each step of an epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from hyperopt.engine.draws import batch_order, epoch_draws
from hyperopt.engine.pack import Pack, dtype_of, steps_of
from hyperopt.optim.torch_private import tree_flatten, tree_map, tree_unflatten


class Batches(NamedTuple):
    """One epoch of minibatches.

    Attributes:
        rows: indices into the training set, int64 [steps, runs, batch], or [steps, batch] if all runs share
            them; a smaller last batch is padded with row 0.
        weights: the weight of each row in the loss, in the runs' dtype [steps, batch]: one over the batch's
        true
            size, 0 where padded.
        draws: random input (draws.py), [steps, runs, ...] or [steps, ...] like `rows`; usually empty.
        steps: the number of each step, counted from 1 over the whole run, in the runs' dtype [steps].
    """

    rows: Tensor
    weights: Tensor
    draws: dict[str, Tensor]
    steps: Tensor

    def part(self, steps: int | slice) -> Batches:
        """Return the minibatch of one step, or of several."""
        part: Batches = tree_map(lambda tensor: tensor[steps], self)
        return part

    def each(self) -> list[Batches]:
        """Return every step's minibatch; split in advance, since splitting between steps is far slower."""
        leaves, structure = tree_flatten(self)
        return [
            tree_unflatten(of_step, structure) for of_step in zip(*map(Tensor.unbind, leaves), strict=True)
        ]

    def first(self, size: int) -> Batches:
        """Return the first rows of one step's minibatch."""
        if size == len(self.weights):
            return self
        axis = self.rows.ndim - 1
        draws = {name: draw.narrow(axis, 0, size) for name, draw in self.draws.items()}
        return Batches(self.rows.narrow(axis, 0, size), self.weights[:size], draws, self.steps)


def epoch_batches(pack: Pack, epoch: int, rows: int, device: str, dropped: Sequence[int] = ()) -> Batches:
    """Return the minibatches of an epoch (counted from 0); shuffling runs with one seed share them.

    `dropped` has the number of units of each layer with dropout.
    """
    batch, steps, dtype = pack.first.batch_size, steps_of(pack.first, rows), dtype_of(pack.first)
    seeds = [run.seed if run.procedure["shuffle"] else None for run in pack.runs]
    orders = {s: torch.arange(rows) if s is None else batch_order(s, epoch, rows) for s in set(seeds)}
    seen = min(rows, steps * batch)
    padded = torch.zeros(len(seeds), steps * batch, dtype=torch.int64)
    padded[:, :seen] = torch.stack([orders[seed][:seen] for seed in seeds])
    by_step = padded.view(len(seeds), steps, batch).transpose(0, 1)
    draws = pack_draws(pack, epoch, steps, dropped)
    if len(orders) == 1 and (not draws or len({run.seed for run in pack.runs}) == 1):
        by_step = by_step[:, 0]
        draws = {name: tensor[:, 0] for name, tensor in draws.items()}
    weights = torch.full((steps, batch), 1.0 / batch, dtype=dtype)
    last = seen - (steps - 1) * batch
    weights[-1] = (torch.arange(batch) < last).to(dtype) / last
    numbers = torch.arange(1, steps + 1, dtype=dtype) + epoch * steps
    batches: Batches = tree_map(
        lambda tensor: tensor.contiguous().to(device), Batches(by_step, weights, draws, numbers)
    )
    return batches


def pack_draws(pack: Pack, epoch: int, steps: int, dropped: Sequence[int]) -> dict[str, Tensor]:
    """Return the random draws of a pack's runs in an epoch, each [steps, runs, ...]; usually none."""
    run = pack.first
    augment, dropout = run.dataset.get("augment", False), run.model.get("dropout", 0.0)
    if not augment and not dropout:
        return {}
    drawn = {
        seed: epoch_draws(
            seed, epoch, steps, run.batch_size, augment=augment, dropped=dropped, dropout=dropout
        )
        for seed in {run.seed for run in pack.runs}
    }
    names = drawn[run.seed]
    return {name: torch.stack([drawn[run.seed][name] for run in pack.runs], 1) for name in names}
