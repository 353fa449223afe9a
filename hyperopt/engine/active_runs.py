"""The unfinished runs of a pack: a pack shrinks as its runs finish, to save their cost."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hyperopt.engine.pack import Pack
from hyperopt.optim.torch_private import tree_map
from hyperopt.train import NEVER, RunState


class ActiveRuns:
    """The runs of a pack in training, and the state of all its runs.

    A run with `stop_at_loss` finishes with the epoch in which it reached that loss or diverged. Any run
    finishes once it is lost: all its weights are NaN, so they stay NaN, and an epoch changed no metric. Which
    runs train together depends only on which have finished, so training resumed from a checkpoint continues
    as if uninterrupted. A few finished runs keep training if that saves compiling a program for every size;
    their further results are discarded.

    Args:
        pack: the pack with all its runs.
        state: the state of all runs, for finished ones as of their end; every leaf has a leading run axis.
        settled: for each run, whether its last epoch changed no metric.
        least: the minimum number that train together; if necessary, a run is duplicated.
    """

    def __init__(self, pack: Pack, state: RunState, settled: Sequence[bool], least: int = 1) -> None:
        self.pack, self.least = pack, least
        self.whole = state
        self._stops = pack.first.procedure["stop_at_loss"] is not None
        self.going = self._unfinished(settled)
        self._gather()

    @property
    def trained(self) -> Pack:
        """The runs that train together."""
        return Pack(tuple(self.pack.runs[place] for place in self.places))

    def advance(self, state: RunState, settled: Sequence[bool]) -> bool:
        """Take the state after an epoch; return whether the set of training runs changes.

        Args:
            state: the state of the runs that train together.
            settled: as in the constructor, after this epoch.
        """
        self.state = state
        if self.places == list(range(len(self.pack.runs))) and len(self.going) == len(self.pack.runs):
            self.whole = state
        else:
            index = torch.tensor(self.going, device=state.loss_sum.device)
            rows = torch.tensor([self.places.index(place) for place in self.going], device=index.device)
            self.whole = tree_map(lambda all_, some: all_.index_copy(0, index, some[rows]), self.whole, state)
        self.going = self._unfinished(settled)
        before = self.places
        if chosen(len(self.pack.runs), self.going, self.least) != before:
            self._gather()
        return self.places != before

    def _unfinished(self, settled: Sequence[bool]) -> list[int]:
        finished = lost(self.whole) & torch.tensor(settled, device=self.whole.loss_sum.device)
        if self._stops:
            finished |= (self.whole.crossed_at != NEVER) | (self.whole.diverged_at != NEVER)
        return [place for place, over in enumerate(finished.tolist()) if not over]

    def _gather(self) -> None:
        self.places = chosen(len(self.pack.runs), self.going, self.least)
        index = torch.tensor(self.places, device=self.whole.loss_sum.device)
        self.state = tree_map(lambda leaf: leaf[index], self.whole)


def lost(state: RunState) -> Tensor:
    """Return whether every weight of a run is NaN; bool [runs]."""
    return torch.stack([leaf.isnan().flatten(1).all(1) for leaf in state.params.values()]).all(0)


def chosen(runs: int, going: Sequence[int], least: int = 1) -> list[int]:
    """Return the indices of the runs that train together: all, or a power of two once half have finished.

    Args:
        runs: the number of runs in the pack.
        going: the indices of the unfinished runs.
        least: the minimum number that train together.
    """
    if 2 * len(going) > runs or not going:
        return [*range(runs), *[0] * (least - runs)]
    size = max(least, 1 << (len(going) - 1).bit_length())
    finished = [place for place in range(runs) if place not in set(going)]
    return sorted([*going, *finished[: size - len(going)]])
