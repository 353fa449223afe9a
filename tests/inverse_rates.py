"""A rule of hyper-regularization alone, for tests of its updates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from hyperopt.optim.assemble import build
from hyperopt.optim.rules import RULES, Rule


def rule_of(name: str, **habits: Any) -> Rule:
    return build(name, RULES[name].hyperparameters, habits, bottom=True)


def hyper_of(rule: Rule, **numbers: float) -> dict[str, Tensor]:
    return {k: torch.as_tensor(v) for k, v in (rule.hyperparameters | numbers).items()}


def steps(rule: Rule, grads: Any, **numbers: float) -> Iterator[tuple[Tensor, Tensor]]:
    """What each gradient in turn subtracts from a weight, and beta after it."""
    hyper = hyper_of(rule, **numbers)
    first = torch.as_tensor(grads[0])
    state = rule.init(first)
    for t, g in enumerate(map(torch.as_tensor, grads), start=1):
        update, state = rule.update(g, state, hyper, torch.tensor(float(t)), g)
        yield update, (1 + state["excess"]) / hyper["alpha"]
