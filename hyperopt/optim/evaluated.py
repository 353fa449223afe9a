"""Weights to evaluate in place of the trained ones, as schedule-free descent needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from hyperopt.optim.level import Level
from hyperopt.optim.sharding import local
from hyperopt.optim.vectors import Above

TRAINED = "trained"
"""The key, in a parameter's state, of its trained value while the parameter holds the one to evaluate."""


@torch.no_grad()
def put(params: Iterable[Tensor], states: dict[Tensor, dict[str, Any]], bottom: Level, above: Above) -> None:
    """Give every parameter that has moved the value to evaluate, unless it already has it."""
    hyper = bottom.hyperparameters(above.tuned, above.fixed)
    for param in params:
        state = states.get(param)
        if state and state["step"] and TRAINED not in state:
            here = local(param)
            state[TRAINED] = here.clone()
            there = {name: value.to(here.device) for name, value in hyper.items()}
            here.copy_(bottom.rule.evaluated(here, state, there))


@torch.no_grad()
def take_back(params: Iterable[Tensor], states: dict[Tensor, dict[str, Any]]) -> None:
    """Restore the trained value of every parameter exactly."""
    for param in params:
        if (trained := states.get(param, {}).pop(TRAINED, None)) is not None:
            local(param).copy_(trained)
