"""The three parts of an optimizer's step, eager or compiled.

A `Stack` splits at its bottom: `pull` gathers the hypergradient of level 0 weight by weight, `climb` is the
step of the stack above, which has scalars only, and `move` updates the weights in place. Weights come in
chunks, so that one program, compiled for any length, serves every weight of a large model.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from inspect import signature
from typing import Any, NamedTuple

import torch
from torch import Tensor

from hyperopt.optim.stack import Inputs, Level, LevelState, Memory, Stack, StackState, Tree
from hyperopt.optim.torch_private import compile_errors

LIMITS = {"recompile_limit": 64, "isolate_recompiles": True}
"""A program is compiled anew for each number of weights, type and device (older torch has its own limits)."""


class Weight(NamedTuple):
    """One parameter and what its level remembers of it; all tensors have its shape.

    Attributes:
        param: updated in place.
        grad: of the loss.
        memory: its rule's state, in float32 or wider.
        last: the inputs of the level's last update, where the level is tuned: `last.grad`, `last.param` if
            the rule reads it, and the rule's state before that update, such as `last.m`; all are updated in
            place.
    """

    param: Tensor
    grad: Tensor
    memory: Tree
    last: Tree


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


@dataclass(frozen=True)
class Arithmetic:
    """The three parts of a step of `stack` as functions of tensors; `maximize` turns every gradient round."""

    stack: Stack
    maximize: bool = False

    @property
    def bottom(self) -> Level:
        """Level 0."""
        return self.stack.levels[0]

    def pull(self, tuned: Tree, fixed: Tree, weights: list[Weight], step: Tensor) -> Tree:
        """The contribution of the last updates of some weights to the hypergradient of level 0's raw values.

        `step` counts the updates of these weights, the coming one included; it is above 1.
        """
        rule = self.bottom.rule
        grads, memory, params = {}, {}, {}
        for k, weight in enumerate(weights):
            dtype = wide(weight.param.dtype)
            grads[str(k)] = weight.last["last.grad"].to(dtype)
            memory[str(k)] = {name: weight.last[f"last.{name}"] for name in weight.memory}
            if rule.uses_param:
                params[str(k)] = weight.last["last.param"].to(dtype)
        last = Inputs(grads, Memory(memory, {}), params)
        state = LevelState(tuned, fixed, step, Memory({}, {}), last)
        return self.bottom.hypergradient(state, self._grads(weights), step)

    def move(self, tuned: Tree, fixed: Tree, weights: list[Weight], step: Tensor) -> None:
        """Update some weights in place; the rule's next state replaces its last one, where that was kept."""
        grads = self._grads(weights)
        params = {str(k): w.param.to(wide(w.param.dtype)) for k, w in enumerate(weights)}
        memory = Memory({str(k): w.memory for k, w in enumerate(weights)}, {})
        updates, after = self.bottom.updates(tuned, fixed, step, grads, memory, step, params)
        for k, weight in enumerate(weights):
            name = str(k)
            moved = params[name] - updates[name]
            if self.bottom.tuned:
                weight.last["last.grad"].copy_(grads[name])
                if self.bottom.rule.uses_param:
                    weight.last["last.param"].copy_(weight.param)
            for key, value in after.rule[name].items():
                (weight.last[f"last.{key}"] if self.bottom.tuned else weight.memory[key]).copy_(value)
            weight.param.copy_(moved)

    def climb(self, state: Above, hypergradient: Tree, rate: Tensor | None, step: Tensor) -> Above:
        """The step of all levels above 0.

        Args:
            state: the state before the step.
            hypergradient: the hypergradient of level 0's raw tuned values.
            rate: the value to which level 0's alpha was set since the last step, if it was.
            step: counted from 1.
        """
        tuned, fixed, levels = state.tuned, state.fixed, state.levels
        if rate is not None and "alpha" in tuned:
            tuned = tuned | {"alpha": self.bottom.space("alpha").raw(rate)}
        elif rate is not None:
            fixed = fixed | {"alpha": rate}
        if len(self.stack.levels) > 1:
            tuned, levels = Stack(self.stack.levels[1:]).step(tuned, hypergradient, levels, step)
            tuned = self.bottom.bounded(tuned)
        after = Above(tuned, fixed, levels, state.seen)
        # Not after._replace: torch 2.11 cannot compile a function that returns what it made.
        return Above(tuned, fixed, levels, self._seen(after, step))

    def hyperparameters(self, state: Above) -> list[Tree]:
        """Every hyperparameter of each level, in natural units."""
        bottom = self.bottom.hyperparameters(state.tuned, state.fixed)
        return [bottom, *Stack(self.stack.levels[1:]).hyperparameters(state.levels)]

    def init(self, numbers: tuple[Tree, ...], clip: tuple[Tensor, ...]) -> Above:
        """The state before the first step; `numbers` natural, per level, `clip` for the levels above 0."""
        device = numbers[0]["alpha"].device
        bottom = self.bottom.init({}, numbers[0], torch.tensor(False, device=device))
        levels = Stack(self.stack.levels[1:]).init(bottom.tuned, numbers[1:], clip)
        seen = torch.zeros((len(numbers), 2), dtype=torch.int64, device=device)
        return Above(bottom.tuned, bottom.fixed, levels, seen)

    def _grads(self, weights: list[Weight]) -> Tree:
        grads = {str(k): w.grad.to(wide(w.param.dtype)) for k, w in enumerate(weights)}
        return {k: -g for k, g in grads.items()} if self.maximize else grads

    def _seen(self, state: Above, step: Tensor) -> Tensor:
        rows = []
        for values in self.hyperparameters(state):
            infinite = ~torch.stack([v.isfinite() for v in values.values()]).all()
            rows.append(torch.stack([values["alpha"] < 0, infinite]))
        happens = torch.stack(rows)
        return state.seen.where((state.seen != 0) | ~happens, step.to(torch.int64))


class Programs(NamedTuple):
    """The parts of `Arithmetic` as they are called."""

    pull_all: Callable[..., Tree]
    pull_one: Callable[..., Tree]
    move_all: Callable[..., None]
    move_one: Callable[..., None]
    climb: Callable[..., Above]


@cache
def programs(arithmetic: Arithmetic, *, compiled: bool) -> Programs:
    """`*_one` take one weight of any length, `*_all` every weight of a small model."""
    pull, move, climb = arithmetic.pull, arithmetic.move, arithmetic.climb
    if not compiled:
        return Programs(pull, pull, move, move, climb)
    return Programs(
        _compiled(pull, dynamic=None),
        _compiled(pull, dynamic=True),
        _compiled(move, dynamic=None),
        _compiled(move, dynamic=True),
        _compiled(climb, dynamic=None),
    )


def _compiled(function: Callable[..., Any], *, dynamic: bool | None) -> Callable[..., Any]:
    """Compiled at the first call; where that fails (no C++ compiler), it warns and stays eager."""
    limits: dict[str, Any] = {k: v for k, v in LIMITS.items() if k in signature(torch.compile).parameters}
    program = torch.compile(function, fullgraph=True, dynamic=dynamic, **limits)

    def compiled_or_eager(*args: Any) -> Any:
        nonlocal program
        try:
            return program(*args)
        except compile_errors() as error:
            reason = str(error).strip().splitlines()[0]
            warnings.warn(f"the optimizer runs uncompiled: compiling failed ({reason})", stacklevel=2)
            program = function
            return function(*args)

    return compiled_or_eager


def wide(dtype: torch.dtype) -> torch.dtype:
    """The type of the arithmetic: float32, or the parameter's where that is wider."""
    return torch.promote_types(dtype, torch.float32)
