"""A step that a GPU repeats by itself: its kernels are captured once, as a CUDA graph, and then replayed.

A step is hundreds of kernels, and most take the GPU less time than Python takes to start them: until they
are captured, a GPU mostly waits.
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
"""The steps before the capture, in which programs are compiled and libraries choose their kernels."""
LARGE = 2**29
"""The bytes of a state from which a step is not captured: to copy it takes longer than to start kernels."""


def by_cuda(work: Callable[[], None]) -> Replay:
    """Capture the kernels that some work starts, which are not run; what replays them."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    replay: Replay = graph.replay
    return replay


@dataclass(frozen=True)
class Captured:
    """A captured step: the minibatch it reads, and what replays it."""

    now: Batches
    replay: Replay


class CapturedStep:
    """A step of a pack that is captured and replayed, once for each shape of minibatch.

    The kernels are those of the step itself, so the numbers are. The state that it returns is the one that it
    writes at every step: who keeps it copies it. Where capturing fails, the step goes on as it is.

    Args:
        step: does nothing that a capture forbids, such as to wait for the device.
        record: captures some work, and returns what repeats it.
        large: the bytes of a state from which it is not captured.
    """

    def __init__(self, step: Step, record: Record = by_cuda, large: int = LARGE) -> None:
        self._step, self._record, self._large = step, record, large
        self._state: RunState | None = None
        self._captured: dict[torch.Size, Captured] = {}
        self._called: Counter[torch.Size] = Counter()
        self._captures = True

    def __call__(self, state: RunState, now: Batches) -> RunState:
        """The state after a step."""
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
    """The bytes of a tree's tensors."""
    return sum(leaf.nbytes for leaf in tree_leaves(tree))


def copy_of(tree: T) -> T:
    """A tree of the same tensors, none of which shares memory with another."""
    copied: T = tree_map(lambda leaf: leaf.clone(memory_format=torch.contiguous_format), tree)
    return copied


def put(tree: object, into: object) -> None:
    """Copy the tensors of a tree into those of another, except where they are the same ones."""
    by_dtype: dict[torch.dtype, tuple[list[Tensor], list[Tensor]]] = {}
    for source, target in zip(tree_leaves(tree), tree_leaves(into), strict=True):
        if source is not target:
            sources, targets = by_dtype.setdefault(target.dtype, ([], []))
            sources.append(source)
            targets.append(target)
    for sources, targets in by_dtype.values():
        copy_each(targets, sources)


def unshared(state: RunState, own: RunState) -> RunState:
    """A state, copied where it holds a tensor of `own` in another place, which is about to be overwritten."""
    places = {memory_of(leaf) for leaf in tree_leaves(own)}

    def kept(leaf: Tensor, mine: Tensor) -> Tensor:
        if memory_of(leaf) == memory_of(mine) and leaf.stride() == mine.stride():
            return mine
        return leaf.clone() if memory_of(leaf) in places else leaf

    alone: RunState = tree_map(kept, state, own)
    return alone


def memory_of(tensor: Tensor) -> int:
    """Where a tensor's memory begins."""
    return tensor.untyped_storage().data_ptr()
