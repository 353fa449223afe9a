"""A step replayed on a GPU: its kernels are captured once as a CUDA graph.

A step is hundreds of kernels, most of which run for less time than Python takes to launch one, so without
capture the GPU is mostly idle.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from hyperopt.engine.batches import Batches
from hyperopt.optim.torch_private import copy_each, tree_leaves, tree_map
from hyperopt.train import RunState

Step = Callable[[RunState, Batches], RunState]
Replay = Callable[[], None]
Record = Callable[[Callable[[], None]], Replay]

T = TypeVar("T")

WARM_UP = 2
"""Number of steps before the capture, in which programs are compiled and libraries choose kernels."""
LARGE = 2**29
"""State size in bytes from which steps are not captured: copying it takes longer than launching kernels."""


def by_cuda(work: Callable[[], None]) -> Replay:
    """Capture the kernels that a function launches, without running them; return what replays them."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    replay: Replay = graph.replay
    return replay


@dataclass(frozen=True)
class Captured:
    """A captured step: its minibatch buffers, and the replay function."""

    now: Batches
    replay: Replay


class CapturedStep:
    """A pack's step, captured and replayed once for each minibatch shape.

    It runs the same kernels as the step itself and so gives the same numbers. Every step overwrites the
    returned state, so callers that keep it must copy it. If capturing fails, the step runs uncaptured.

    Args:
        step: must do nothing that capturing forbids, such as waiting for the device.
        record: captures a function and returns what replays it.
        large: the state size in bytes from which it is not captured.
    """

    def __init__(self, step: Step, record: Record = by_cuda, large: int = LARGE) -> None:
        self._step, self._record, self._large = step, record, large
        self._state: RunState | None = None
        self._captured: dict[torch.Size, Captured] = {}
        self._called: Counter[torch.Size] = Counter()
        self._captures = True

    def __call__(self, state: RunState, now: Batches) -> RunState:
        """Return the state after a step."""
        shape = now.rows.shape
        if not self._called:
            self._captures = size(state) < self._large
        self._called[shape] += 1
        if not self._captures or self._called[shape] <= WARM_UP:
            return self._step(state, now)
        if shape not in self._captured:
            try:
                self._captured[shape] = self._capture(state, now)
            except RuntimeError as error:
                reason = (str(error).strip() or "no reason given").splitlines()[0]
                warnings.warn(f"steps are not captured, and are slower: {reason}", stacklevel=2)
                self._captures = False
                return self._step(state, now)
        captured, own = self._captured[shape], self._state
        assert own is not None
        if state is not own:
            put(state, own)
        put(now, captured.now)
        captured.replay()
        return own

    def _capture(self, state: RunState, now: Batches) -> Captured:
        if self._state is None:
            self._state = copy_of(state)
        own, read = self._state, copy_of(now)

        def work() -> None:
            put(unshared(self._step(own, read), own), own)

        return Captured(read, self._record(work))


def size(tree: object) -> int:
    """Return the size in bytes of a tree's tensors."""
    return sum(leaf.nbytes for leaf in tree_leaves(tree))


def copy_of(tree: T) -> T:
    """Copy a tree so that no two tensors share memory."""
    copied: T = tree_map(lambda leaf: leaf.clone(memory_format=torch.contiguous_format), tree)
    return copied


def put(tree: object, into: object) -> None:
    """Copy a tree's tensors into another tree's, skipping identical ones."""
    by_dtype: dict[torch.dtype, tuple[list[Tensor], list[Tensor]]] = {}
    for source, target in zip(tree_leaves(tree), tree_leaves(into), strict=True):
        if source is not target:
            sources, targets = by_dtype.setdefault(target.dtype, ([], []))
            sources.append(source)
            targets.append(target)
    for sources, targets in by_dtype.values():
        copy_each(targets, sources)


def unshared(state: RunState, own: RunState) -> RunState:
    """Return the state; tensors of `own` at other positions, about to be overwritten, are copied."""
    places = {memory_of(leaf) for leaf in tree_leaves(own)}

    def kept(leaf: Tensor, mine: Tensor) -> Tensor:
        if memory_of(leaf) == memory_of(mine) and leaf.stride() == mine.stride():
            return mine
        return leaf.clone() if memory_of(leaf) in places else leaf

    alone: RunState = tree_map(kept, state, own)
    return alone


def memory_of(tensor: Tensor) -> int:
    """Return the address of a tensor's memory."""
    return tensor.untyped_storage().data_ptr()
