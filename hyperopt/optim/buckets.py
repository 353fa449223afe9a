"""Parameters as vectors: a vector holds one kind of state of many parameters, with a view for each of them.

A parameter itself stays where it is. Each step copies its gradient into a vector, the scratch, which then
also receives the amount to subtract from it. One bucket after another uses the scratch, so a model of many
buckets needs little of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, groupby, pairwise
from operator import attrgetter
from typing import Any

import torch
from torch import Tensor

from hyperopt.optim.arithmetic import Arithmetic
from hyperopt.optim.errors import ConfigError
from hyperopt.optim.sharding import layout, local, local_as
from hyperopt.optim.torch_private import copy_each, subtract_each
from hyperopt.optim.vectors import Vectors, wide

CAPACITY = {"cpu": 2**22}
"""The most elements of a bucket, by device, unless a single parameter has more."""
CAPACITY_ELSEWHERE = 2**26

COUNTS = ("step", "moved")
_dtype = attrgetter("dtype")

ParamState = dict[str, Any]
"""Of a parameter: `step`, the number of its updates; `moved`, the optimizer's step at the last of them; views
of its rule's state by name, and, with names after "last.", of what is kept of its last update."""


class Scratch:
    """By device and type, a vector for gradients, and one for weights if they are needed."""

    def __init__(self) -> None:
        self._vectors: dict[tuple[torch.device, torch.dtype, str], Tensor] = {}

    def take(self, like: Tensor, size: int, use: str) -> Tensor:
        """`size` elements of the arithmetic's type, on the device of `like`; the same ones at every call."""
        key = (like.device, wide(like.dtype), use)
        if key not in self._vectors or len(self._vectors[key]) < size:
            self._vectors[key] = torch.zeros(size, dtype=key[1], device=key[0])
        return self._vectors[key][:size]


class Span:
    """Adjacent parameters of a bucket that have a gradient and the same number of updates.

    Attributes:
        vectors: their part of the bucket's.
        layout: how their elements are laid out over processes.
    """

    def __init__(self, bucket: Bucket, first: int, end: int) -> None:
        self.params, self._states = bucket.params[first:end], bucket.states[first:end]
        self.vectors, self.layout = bucket.vectors(first, end), bucket.layout
        self._grads, self._weights = bucket.grads[first:end], bucket.weights[first:end]

    @property
    def step(self) -> int:
        """The number of their updates."""
        return int(self._states[0]["step"])

    @property
    def moved(self) -> int:
        """The optimizer's step at the last of them."""
        return int(self._states[0]["moved"])

    def fill(self) -> None:
        """Copy the gradients, and the weights if they are needed, into the scratch."""
        grads = [_dense(param) for param in self.params]
        try:
            copy_each(self._grads, grads)
            if self._weights:
                copy_each(self._weights, self._places())
        except RuntimeError:
            for view, grad in zip(self._grads, grads, strict=True):
                _check_shape("a parameter in param_groups", grad, view, "it had when it last moved")
            raise

    def leave(self, step: int) -> None:
        """Write an update from the scratch to the parameters; `step` is the optimizer's."""
        if self._weights:
            copy_each(self._places(), self._weights)
        else:
            subtract_each(self._places(), self._grads)
        for state in self._states:
            state["step"] += 1
            state["moved"] = step

    def _places(self) -> list[Tensor]:
        """The parts of the parameters in this process."""
        return [local(param) for param in self.params] if self.layout else self.params


class Bucket:
    """Parameters of one device, type and layout, with their state.

    Args:
        params: at least one; exactly one if the rule reads more of it than its elements.
        states: of each. What is missing is made; what is there is copied into the bucket's vectors and
            becomes a view of them.
        arithmetic: what moves them.
        scratch: for their gradients.

    Attributes:
        whole: all of them, since nearly always all move.
    """

    def __init__(
        self, params: list[Tensor], states: list[ParamState], arithmetic: Arithmetic, scratch: Scratch
    ) -> None:
        self.params, self.states = params, states
        self.device, self.dtype, self.layout = params[0].device, params[0].dtype, layout(params[0])
        self._shaped = arithmetic.bottom.rule.uses_shape
        self._common = arithmetic.bottom.rule.common
        self._starts = [0, *accumulate(local(param).numel() for param in params)]
        size = self._starts[-1]
        self._grad = scratch.take(params[0], size, "grad")
        self._tensors = self._remembered(arithmetic)
        self._param = scratch.take(params[0], size, "param") if arithmetic.needs_param(self.dtype) else None
        self.grads = [self._view(self._grad, i) for i in range(len(params))]
        self.weights = [] if self._param is None else [self._view(self._param, i) for i in range(len(params))]
        self.whole = Span(self, 0, len(params))

    def fits(self) -> bool:
        """Whether the parameters still have its device and type."""
        ends = self.params[0].device, self.params[-1].device  # asking for a device is slow
        return ends == (self.device, self.device) and {*map(_dtype, self.params)} == {self.dtype}

    def spans(self) -> Iterator[Span]:
        """The spans that move at this step: nearly always the whole bucket at once."""
        there = [param.grad is not None for param in self.params]
        counts = [(state["step"], state["moved"]) for state in self.states]
        if all(there) and counts.count(counts[0]) == len(counts):
            yield self.whole
            return
        for (moves, _), group in groupby(range(len(there)), lambda i: (there[i], counts[i])):
            indices = list(group)
            if moves:
                yield Span(self, indices[0], indices[-1] + 1)

    def all_vectors(self) -> list[Tensor]:
        """The vectors that programs take when all its parameters move."""
        grad, param, memory, last = self.whole.vectors
        return [grad, *([] if param is None else [param]), *memory.values(), *last.values()]

    def vectors(self, first: int, end: int) -> Vectors:
        """The part of the parameters from `first` up to, but not including, `end`."""

        def part(tensor: Tensor, name: str = "") -> Tensor:
            if name.removeprefix("last.") in self._common:
                return tensor
            if self._shaped and tensor.ndim:
                return self._view(tensor, first)
            return tensor[self._starts[first] : self._starts[end]] if tensor.ndim else tensor

        last = {name: part(t, name) for name, t in self._tensors.items() if name.startswith("last.")}
        memory = {name: part(t, name) for name, t in self._tensors.items() if name not in last}
        return Vectors(part(self._grad), None if self._param is None else part(self._param), memory, last)

    def _remembered(self, arithmetic: Arithmetic) -> dict[str, Tensor]:
        """The state of all parameters as vectors; the state of each becomes views of them."""
        places = [local(param) for param in self.params]
        if arithmetic.form and self.dtype == self._grad.dtype:
            start = self._grad  # a vector of each bucket's own would leave holes in memory
        else:
            start = places[0].new_empty(self._starts[-1])
        copy_each([self._view(start, i) for i in range(len(places))], places)
        first = arithmetic.remembered(self._view(start, 0) if self._shaped else start)
        whole = {name for name in first if name.removeprefix("last.") in self._common}
        vectors = {
            name: value.clone() if name in whole else self._line(value) for name, value in first.items()
        }
        for i, state in enumerate(self.states):
            for name, vector in vectors.items():
                place = self._view(vector, i) if vector.ndim and name not in whole else vector
                if name in state:
                    _check_shape(
                        f"opt.state of a parameter: {name}", state[name], place, "its parameter asks for"
                    )
                state[name] = place.copy_(state[name]) if name in state else place
            for name in set(state) - set(vectors) - set(COUNTS):
                del state[name]
            for name in COUNTS:
                state.setdefault(name, 0)
        return vectors

    def _line(self, value: Tensor) -> Tensor:
        """A value shaped like the parameter as a vector; a scalar as a copy, never shared."""
        if value.ndim < 2 and not (self._shaped and value.ndim):
            return value.clone() if value.ndim == 0 else value
        vector = value.new_empty(value.numel())
        self._view(vector, 0).copy_(value)
        return vector

    def _view(self, vector: Tensor, i: int) -> Tensor:
        """The part of parameter `i`, with its shape, and with its memory layout if that is dense."""
        param = local(self.params[i])
        part = vector[self._starts[i] : self._starts[i] + param.numel()]
        if torch.empty_like(param, device="meta").stride() == param.stride():
            return part.as_strided(param.shape, param.stride())
        return part.view(param.shape)


def _check_shape(what: str, found: Tensor, expected: Tensor, why: str) -> None:
    if found.shape != expected.shape:
        shapes = f"{list(found.shape)}; {list(expected.shape)}, which {why}, is expected"
        raise ConfigError(
            f"{what} is of shape {shapes}. Put a new parameter in its place, or delete its opt.state."
        )


def fresh(param: Tensor, arithmetic: Arithmetic) -> ParamState:
    """The state of a parameter that has had no update."""
    return dict.fromkeys(COUNTS, 0) | arithmetic.remembered(local(param))


def _dense(param: Tensor) -> Tensor:
    grad = param.grad
    if grad is None or grad.is_sparse:
        raise RuntimeError(
            "HyperOptimizer takes dense gradients only; build the embedding with sparse=False."
        )
    return local_as(param, grad)


def buckets_of(
    params: list[Tensor], states: list[ParamState], arithmetic: Arithmetic, scratch: Scratch
) -> list[Bucket]:
    """Parameters in as few buckets as devices, types, layouts, counts of updates and capacities allow."""
    layouts = [layout(param) for param in params]

    def key(i: int) -> tuple[str, str, int, int]:
        # A layout's first parameter is the same in all processes, so all of them sum in the same order.
        first = layouts.index(layouts[i])
        return str(params[i].device), str(params[i].dtype), first, states[i].get("step", 0)

    buckets = []
    for (device, *_), group in groupby(sorted(range(len(params)), key=key), key):
        indices = list(group)
        capacity = CAPACITY.get(torch.device(device).type, CAPACITY_ELSEWHERE) if arithmetic.joins else 0
        ends, room = [0], capacity
        for k, i in enumerate(indices):
            size = local(params[i]).numel()
            if k and size > room:
                ends.append(k)
                room = capacity
            room -= size
        for first, end in pairwise([*ends, len(indices)]):
            chosen = indices[first:end]
            buckets.append(
                Bucket([params[i] for i in chosen], [states[i] for i in chosen], arithmetic, scratch)
            )
    return buckets
