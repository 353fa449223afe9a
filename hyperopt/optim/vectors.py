"""What the parts of an optimizer's step take and return, and what they do to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from hyperopt.optim.level import Tree
from hyperopt.optim.stack import StackState

SLICE = 2**17
"""Elements that uncompiled arithmetic on a CPU takes at a time, so that what it makes stays in the cache."""


class Floats(NamedTuple):
    """An update as a closed form takes it: what `ClosedForm.numbers` made, of what, and for which count."""

    numbers: dict[str, Any]
    hyper: dict[str, float]
    step: float


Given = Floats | None
"""The numbers of an update; None where they are to be made of tensors."""


class Written(NamedTuple):
    """Which natural values of level 0 were set since the last step, in the order of its rule.

    Attributes:
        values: of those that were not set whatever they are; [hyperparameters].
        there: whether it was set; [hyperparameters].
    """

    values: Tensor
    there: Tensor


class Vectors(NamedTuple):
    """Elements of some parameters, and what is remembered of them.

    Attributes:
        grad: of the loss; after `move` what is subtracted from the parameters, unless there is `param`.
        param: the parameters in the arithmetic's type, where it needs them; `move` updates it.
        memory: the rule's state, updated in place.
        last: where the level is tuned, what its last update is remembered by, names after "last.": for a rule
            with a closed form what that keeps, else all inputs of the update; where it traces, its trace.
    """

    grad: Tensor
    param: Tensor | None
    memory: Tree
    last: Tree

    def parts(self, *, joins: bool) -> Iterator[Vectors]:
        """Themselves, or slices of them where that is faster; `joins` as of `Arithmetic`."""
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
    """Level 0's hyperparameters, the levels above, and what has happened to the rates.

    Attributes:
        tuned: raw values of level 0.
        fixed: natural values of level 0.
        levels: states of the levels above 0.
        seen: per level, the first step at which alpha was negative, and the first at which a hyperparameter
            was not finite, 0 for never; int64 [levels, 2].
    """

    tuned: Tree
    fixed: Tree
    levels: StackState
    seen: Tensor

    @property
    def like(self) -> Tensor:
        """A hyperparameter, whose type and device the others have."""
        return next(iter((self.tuned | self.fixed).values()))


def as_it_is(tensor: Tensor, step: Any) -> Tensor:
    """What `tensor` holds now, to be kept while it is overwritten.

    The compiler takes a mere copy for the tensor itself, and then keeps what that was overwritten with.
    """
    if not torch.compiler.is_compiling():
        return tensor
    return tensor.where(step > 0, torch.zeros((), dtype=tensor.dtype, device=tensor.device))


def stored(numbers: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """Scalars as parts of one vector that a compiled program stores.

    Else it would make them anew for every few elements. What is strided anew the compiler has to store.
    """
    vector = torch.stack(list(numbers.values())).to(dtype)
    return dict(zip(numbers, vector.as_strided(vector.shape, vector.stride()).unbind(), strict=True))


def add(trees: list[Tree]) -> Tree:
    """The sum, name by name."""
    return {name: sum((tree[name] for tree in trees[1:]), start=trees[0][name]) for name in trees[0]}


def wide(dtype: torch.dtype) -> torch.dtype:
    """The type of the arithmetic: float32, or the parameter's where that is wider."""
    return torch.promote_types(dtype, torch.float32)
