"""What is remembered of each parameter; parameters and memories as one-dimensional tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hyperopt.optim.programs import Weight, wide
from hyperopt.optim.stack import Level

COUNTS = ("step", "moved")


def remembered(param: Tensor, level: Level) -> dict[str, Any]:
    """The state of a parameter before its first update.

    Returns:
        step: how many updates it has had.
        moved: the optimizer's step at the last of them.
        the rule's state, in float32 or wider; where the level is tuned also the inputs of its last update:
        `last.grad`, `last.param` if the rule reads it, and the rule's state before it, such as `last.m`.
        Tensors lie in memory as the parameter does.
    """
    line = _line(param.detach(), param) if not level.rule.uses_shape else param.detach()
    memory = level.rule.init(line.to(wide(param.dtype)))
    if line.shape != param.shape:
        memory = {
            k: v.as_strided(param.shape, param.stride()) if v.shape == line.shape else v
            for k, v in memory.items()
        }
    state: dict[str, Any] = {"step": 0, "moved": 0, **memory}
    if level.tuned:
        state |= {f"last.{name}": torch.zeros_like(value) for name, value in memory.items()}
        state["last.grad"] = torch.zeros_like(param)
        if level.rule.uses_param:
            state["last.param"] = torch.zeros_like(param)
    return state


def weight(param: Tensor, grad: Tensor, state: dict[str, Any], level: Level) -> Weight:
    """The parameter, its gradient and its state as one-dimensional views, unless the rule reads shapes."""
    if grad.is_sparse:
        raise RuntimeError(
            "HyperOptimizer takes dense gradients only; build the embedding with sparse=False."
        )
    tensors = {name: value for name, value in state.items() if name not in COUNTS}
    if not level.rule.uses_shape:
        tensors = {name: _line(value, param) for name, value in tensors.items()}
        param, grad = _line(param.detach(), param), _line(grad, param)
    return Weight(
        param.detach(),
        grad,
        memory={name: value for name, value in tensors.items() if not name.startswith("last.")},
        last={name: value for name, value in tensors.items() if name.startswith("last.")},
    )


def advance(state: dict[str, Any], step: int) -> None:
    """Count an update at the optimizer's step, and swap the rule's last state and the one before it."""
    state["step"] += 1
    state["moved"] = step
    for name in [name for name in state if f"last.{name}" in state]:
        state[name], state[f"last.{name}"] = state[f"last.{name}"], state[name]


def _line(tensor: Tensor, param: Tensor) -> Tensor:
    """The elements of `tensor` in the parameter's order in memory; a view wherever they lie so already."""
    if tensor.shape != param.shape:
        return tensor
    if param.is_contiguous():
        return tensor.reshape(-1)
    if torch.empty_like(param, device="meta").stride() != param.stride():
        return tensor
    if tensor.stride() != param.stride():
        tensor = torch.empty_like(param, dtype=tensor.dtype).copy_(tensor)
    return tensor.as_strided((tensor.numel(),), (1,))
