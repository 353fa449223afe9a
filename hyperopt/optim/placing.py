"""Parameters in buckets: those that the groups hold now, with their current state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from operator import is_
from typing import Any

from torch import Tensor

from hyperopt.optim import parameters
from hyperopt.optim.arithmetic import Arithmetic
from hyperopt.optim.buckets import Bucket, ParamState, Scratch, buckets_of
from hyperopt.optim.sharding import check
from hyperopt.optim.torch_private import of_any_length


class Placement:
    """Parameters in buckets.

    Args:
        arithmetic: of their updates.
        scratch: for gradients.

    Attributes:
        buckets: of all parameters that have had a gradient or a state.
        elements: in all buckets.
    """

    def __init__(self, arithmetic: Arithmetic, scratch: Scratch) -> None:
        self.buckets: list[Bucket] = []
        self.elements = 0
        self._arithmetic, self._scratch = arithmetic, scratch
        self._listed: list[Tensor] = []
        self._waiting: list[Tensor] = []
        self._placed: list[Tensor] = []
        self._states: list[ParamState] = []
        self._of_any_length = False

    def follow(self, params: list[Tensor], states: Mapping[Tensor, ParamState]) -> bool:
        """Put those of `params` that have a gradient or a state into buckets, and no others.

        If a parameter was removed, or its state was replaced, all buckets are made anew.

        Returns:
            Whether the buckets have changed.
        """
        before = self.buckets
        listed = same(params, self._listed)
        if not (listed or set(self._placed).issubset(params)) or not self._fit(states):
            self.buckets, self._placed, self._states = [], [], []
            listed = False
        if not listed:
            placed = set(self._placed)
            self._listed, self._waiting = params, [p for p in params if p not in placed]
        new = [p for p in self._waiting if p.numel() and (p.grad is not None or states.get(p))]
        if new:
            self._place(new, states)
        return self.buckets is not before

    def take_any_length(self) -> None:
        """Let programs that are compiled for one of several buckets take all of them."""
        if len(self.buckets) > 1 and not self._of_any_length:
            of_any_length(vector for bucket in self.buckets for vector in bucket.all_vectors())
            self._of_any_length = True

    def _fit(self, states: Mapping[Tensor, ParamState]) -> bool:
        """Whether the buckets match the parameters and their states."""
        return all(bucket.fits() for bucket in self.buckets) and all(
            map(is_, map(states.get, self._placed), self._states)
        )

    def _place(self, new: list[Tensor], states: Mapping[Tensor, ParamState]) -> None:
        for param in new:  # accelerate shards parameters after the optimizer was made
            parameters.check("a parameter in param_groups", param)
            check(param, elementwise=self._arithmetic.joins)
        more = buckets_of(new, [states[p] for p in new], self._arithmetic, self._scratch)
        self.buckets = [*self.buckets, *more]
        self._placed = [param for bucket in self.buckets for param in bucket.params]
        self._states = [state for bucket in self.buckets for state in bucket.states]
        placed = set(self._placed)
        self._waiting = [p for p in self._waiting if p not in placed]
        self._of_any_length = False
        self.elements = sum(p.numel() for p in self._placed)


def free_removed(
    groups: Iterable[Mapping[str, Any]], states: MutableMapping[Tensor, ParamState]
) -> dict[Tensor, ParamState]:
    """Delete the states of parameters that no group holds, and return them."""
    held = {p for group in groups for p in group["params"]}
    return {p: states.pop(p) for p in list(states) if isinstance(p, Tensor) and p not in held}


@contextmanager
def without_removed(
    groups: Iterable[Mapping[str, Any]], states: MutableMapping[Tensor, ParamState]
) -> Iterator[None]:
    """Leave out the states of parameters that no group holds, inside the context."""
    removed = free_removed(groups, states)
    try:
        yield
    finally:
        states.update(removed)


def same(ones: Sequence[object], others: Sequence[object]) -> bool:
    """Whether these are the very same objects, one after the other."""
    return len(ones) == len(others) and all(map(is_, ones, others))
