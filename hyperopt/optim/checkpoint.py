"""The state above the weights as plain dicts and lists, for a state_dict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from hyperopt.optim.clip import ClipState
from hyperopt.optim.closed_forms import GRADIENT, ClosedForm
from hyperopt.optim.level import Inputs, LevelState, Memory, Tree
from hyperopt.optim.rules import find
from hyperopt.optim.torch_private import tree_leaves
from hyperopt.optim.vectors import Above


def plain(state: Any) -> Any:
    """Named tuples as dicts, tuples as lists; tensors as they are."""
    if hasattr(state, "_asdict"):
        return {key: plain(value) for key, value in state._asdict().items()}
    if isinstance(state, dict):
        return {key: plain(value) for key, value in state.items()}
    return [plain(value) for value in state] if isinstance(state, tuple) else state


def above(saved: dict[str, Any] | Above, rules: Sequence[str]) -> Above:
    """The inverse of `plain`; hyperparameters that its rules did not have when it was saved start afresh."""
    if isinstance(saved, Above):
        return saved
    levels = tuple(
        LevelState(
            tuned=level["tuned"],
            fixed=_completed(level, rule),
            clip=level["clip"],
            memory=_memory(level["memory"]),
            last=Inputs(level["last"]["grads"], _memory(level["last"]["memory"]), level["last"]["params"]),
        )
        for level, rule in zip(saved["levels"], rules[1:], strict=True)
    )
    return Above(saved["tuned"], _completed(saved, rules[0]), levels, saved["seen"])


def filled(saved: Any, own: Any) -> Any:
    """A saved value with the empty containers of `own`, which torch.distributed drops."""
    if isinstance(saved, dict) and isinstance(own, dict):
        lacks = {key: value for key, value in own.items() if key not in saved and not tree_leaves(value)}
        return lacks | {key: filled(value, own.get(key)) for key, value in saved.items()}
    if isinstance(saved, list) and isinstance(own, list) and len(saved) == len(own):
        return [filled(*pair) for pair in zip(saved, own, strict=True)]
    return saved


def moved(tree: Any, device: torch.device, *, copy: bool = False) -> Any:
    """The same value with every tensor on `device`, in its own type."""
    if isinstance(tree, dict):
        return {key: moved(value, device, copy=copy) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        values = [moved(value, device, copy=copy) for value in tree]
        return type(tree)(*values) if hasattr(tree, "_fields") else type(tree)(values)
    return tree.detach().to(device, copy=copy) if isinstance(tree, Tensor) else tree


def _completed(level: dict[str, Any], rule: str) -> Tree:
    fixed: Tree = level["fixed"]
    like = next(iter((level["tuned"] | fixed).values()))
    return {
        name: fixed[name] if name in fixed else torch.full_like(like, start)
        for name, start in find(rule).hyperparameters.items()
        if name not in level["tuned"]
    }


def _memory(saved: dict[str, Any]) -> Memory:
    return Memory(saved["rule"], {name: ClipState(**clip) for name, clip in saved["clip"].items()})


def of_form(state: dict[str, Any], form: ClosedForm[Any] | None, fixed: Tree) -> dict[str, Any]:
    """A parameter's state with the gradient that its last update used, if it holds only the loss's gradient.

    That is so if it was saved with the parameter before that update, and the closed form keeps the gradient
    with weight decay added. `fixed` are level 0's natural values.
    """
    if not form or form.keeps != GRADIENT or not form.decays_gradient or "last.param" not in state:
        return state
    kept = state["last.grad"] + fixed["weight_decay"].to(state["last.param"]) * state["last.param"]
    return {name: value for name, value in state.items() if name != "last.param"} | {"last.grad": kept}
