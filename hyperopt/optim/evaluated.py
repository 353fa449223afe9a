"""Weights to evaluate in place of the trained ones, as schedule-free descent needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from hyperopt.optim.sharding import local
from hyperopt.optim.stepping import arithmetic_of
from hyperopt.optim.vectors import wide

TRAINED = "trained"
"""The key, in a parameter's state, of its trained value while the parameter holds the one to evaluate."""


@torch.no_grad()
def put(
    groups: Iterable[Mapping[str, Any]],
    owners: Iterable[Mapping[str, Any]],
    states: Mapping[Tensor, dict[str, Any]],
) -> None:
    """Give every parameter that has moved the value to evaluate, unless it already has it.

    All values are computed before the first is written: if one cannot be, no parameter changes.

    Args:
        groups: of parameters.
        owners: for each group, the group that holds its hyperparameters.
        states: of the parameters that have one.
    """
    found = []
    for group, owner in zip(groups, owners, strict=True):
        bottom = arithmetic_of(owner).bottom
        if not bottom.rule.averages:
            continue
        hyper = bottom.hyperparameters(owner["levels"].tuned, owner["levels"].fixed)
        for param in group["params"]:
            state = states.get(param)
            if state and state["step"] and TRAINED not in state:
                here = local(param)
                there = {name: value.to(here.device) for name, value in hyper.items()}
                value = bottom.rule.evaluated(here.to(wide(here.dtype)), state, there)
                found.append((here, state, here.clone(), torch.empty_like(here).copy_(value)))
    for here, state, trained, value in found:
        state[TRAINED] = trained
        here.copy_(value)


@torch.no_grad()
def take_back(params: Iterable[Tensor], states: Mapping[Tensor, dict[str, Any]]) -> None:
    """Restore the trained value of every parameter exactly."""
    for param in params:
        state = states.get(param, {})
        if TRAINED in state:
            local(param).copy_(state[TRAINED])
            del state[TRAINED]
