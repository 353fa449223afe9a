"""The inputs and results of the parts of an optimizer's step, and operations on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from hyperopt.optim.level import Tree
from hyperopt.optim.stack import StackState

SLICE = 2**17
"""Elements that uncompiled arithmetic on a CPU takes at a time, so that its results stay in the cache."""


class Floats(NamedTuple):
    """The inputs of a closed form: the result of `ClosedForm.numbers`, its hyperparameters and its count."""

    numbers: dict[str, Any]
    hyper: dict[str, float]
    step: float


Given = Floats | None
"""The numbers of an update; None if they are computed from tensors."""


class Written(NamedTuple):
    """The natural values of level 0 that were set since the last step, in the order of its rule.

    Attributes:
        values: arbitrary for those that were not set; [hyperparameters].
        there: whether each was set; [hyperparameters].
    """

    values: Tensor
    there: Tensor


class Vectors(NamedTuple):
    """Elements of some parameters, and their state.

    Attributes:
        grad: of the loss; after `move` the amount to subtract from the parameters, unless there is `param`.
        param: the parameters in the arithmetic's type, if it needs them; `move` updates it.
        memory: the rule's state, updated in place.
        last: if the level is tuned, what is kept of its last update, with names after "last.": what the
            closed form keeps, if the rule has one, else all inputs of the update; with a trace, the trace.
    """

    grad: Tensor
    param: Tensor | None
    memory: Tree
    last: Tree

    def parts(self, *, joins: bool) -> Iterator[Vectors]:
        """These vectors, or slices of them if that is faster; `joins` as in `Arithmetic`."""
        size = self.grad.shape[0] if self.grad.ndim else 1
        on_cpu = self.grad.device.type == "cpu"
        if torch.compiler.is_compiling() or not joins or not on_cpu or size <= SLICE:
            yield self
            return
        for start in range(0, size, SLICE):
            stop = start + SLICE
            param = None if self.param is None else self.param[start:stop]
            memory = {name: value[start:stop] for name, value in self.memory.items()}
            last = {name: value[start:stop] for name, value in self.last.items()}
            yield Vectors(self.grad[start:stop], param, memory, last)


class Above(NamedTuple):
    """Level 0's hyperparameters, the levels above, and the events of the rates.

    Attributes:
        tuned: raw values of level 0.
        fixed: natural values of level 0.
        levels: states of the levels above 0.
        seen: per level, the first step at which alpha was negative, and the first at which a hyperparameter,
            or a sum of level 0's rule over all parameters, was not finite, 0 for never; int64 [levels, 2].
    """

    tuned: Tree
    fixed: Tree
    levels: StackState
    seen: Tensor

    @property
    def like(self) -> Tensor:
        """One hyperparameter; all have its type and device."""
        return next(iter((self.tuned | self.fixed).values()))


def as_it_is(tensor: Tensor, step: Any) -> Tensor:
    """The current values of `tensor`, kept while it is overwritten.

    The compiler would treat a plain copy as the tensor itself, and keep the overwritten values.
    """
    if not torch.compiler.is_compiling():
        return tensor
    return tensor.where(step > 0, torch.zeros((), dtype=tensor.dtype, device=tensor.device))


def stored(numbers: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """Scalars as parts of one vector that a compiled program stores.

    Otherwise it would recompute them for every few elements. `as_strided` forces the compiler to store them.
    """
    vector = torch.stack(list(numbers.values())).to(dtype)
    return dict(zip(numbers, vector.as_strided(vector.shape, vector.stride()).unbind(), strict=True))


def add(trees: list[Tree]) -> Tree:
    """The sum, by name."""
    return {name: sum((tree[name] for tree in trees[1:]), start=trees[0][name]) for name in trees[0]}


def wide(dtype: torch.dtype) -> torch.dtype:
    """The type of the arithmetic: float32, or the parameter's if that is wider."""
    return torch.promote_types(dtype, torch.float32)
