"""Level 0 on vectors for rules without a closed form: the rule's update, and its derivatives."""

from __future__ import annotations

from torch import Tensor

from hyperopt.optim.level import Inputs, Level, LevelState, Memory, Tree
from hyperopt.optim.vectors import Vectors, as_it_is

TRACE = "last.trace"
"""The key of a trace beside the state of the rule (trace.py)."""


def inputs(grad: Tensor, part: Vectors) -> tuple[Tree, Memory, Tree]:
    """Gradients, memory and parameters as a level takes them; `grad` is the gradient, possibly negated."""
    return {"": grad}, Memory({"": part.memory}, {}), {"": grad if part.param is None else part.param}


def update(
    level: Level,
    tuned: Tree,
    fixed: Tree,
    grad: Tensor,
    part: Vectors,
    step: Tensor,
    sums: Tree | None,
    share: Tensor | None,
) -> Tensor:
    """The amount to subtract from the parameters; the state and what is kept are updated in place."""
    grads, memory, params = inputs(grad, part)
    if level.traces:
        before = LevelState(tuned, fixed, step, memory, Inputs({"": part.last[TRACE]}, Memory({}, {}), {}))
        kept = {TRACE: level.followed(before, tuned, grads, step, params, share)[""]}
    else:
        there = {"grad": grad, "param": params[""]} | part.memory
        kept = {name: as_it_is(there[name.removeprefix("last.")], step) for name in part.last}
    updates, after = level.updates(tuned, fixed, step, grads, memory, step, params, sums)
    for name, value in kept.items():
        part.last[name].copy_(value)
    for name, value in after.rule[""].items():
        part.memory[name].copy_(value)
    return updates[""]


def hypergradient(level: Level, tuned: Tree, fixed: Tree, grad: Tensor, part: Vectors, step: Tensor) -> Tree:
    """The vector-Jacobian product of the last update with `grad`; `step` counts the next update."""
    memory = {name: part.last[f"last.{name}"] for name in part.memory}
    params = {"": part.last["last.param"].to(grad.dtype)} if level.rule.uses_param else {}
    last = Inputs({"": part.last["last.grad"].to(grad.dtype)}, Memory({"": memory}, {}), params)
    return level.hypergradient(LevelState(tuned, fixed, step, Memory({}, {}), last), {"": grad}, step)
