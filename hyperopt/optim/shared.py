"""Groups that share hyperparameters: what they show, and a value written to one of them, is for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from hyperopt.optim.errors import ConfigError, shown
from hyperopt.optim.groups import ParamGroup
from hyperopt.optim.level import Tree
from hyperopt.optim.stepping import arithmetic_of


def leading(groups: Sequence[ParamGroup]) -> ParamGroup:
    """The group, of those that share hyperparameters, whose `lr` is used: one that was written, if any.

    Raises:
        ConfigError: two of them were given different values.
    """
    written = [group for group in groups if group.is_written("lr")]
    values = list(dict.fromkeys(group["planned"] for group in written))
    if len(values) > 1:
        raise _at_odds("lr", values)
    return written[0] if written else groups[0]


def hand_over(groups: Sequence[dict[str, Any]], known: Sequence[dict[str, Any]]) -> None:
    """Let the first of `groups` hold the hyperparameters that the first of the known groups held."""
    if known and groups and groups[0].get("levels", ()) is None:
        dict.update(groups[0], step=known[0]["step"], levels=known[0]["levels"])
        dict.update(known[0], levels=None)


def written_to(groups: Iterable[ParamGroup], like: Tensor) -> Tree:
    """Natural values, except alpha, that were written to groups sharing them since the last step.

    Raises:
        ConfigError: two of them were given different values.
    """
    found: Tree = {}
    for group in groups:
        for name, value in group.written(like).items():
            if name in found and found[name] != value:
                raise _at_odds(name, [found[name].item(), value.item()])
            found[name] = value
    return found


def hyperparameters_of(
    groups: Sequence[ParamGroup], states: Mapping[Tensor, dict[str, Any]]
) -> list[dict[str, float]]:
    """Every hyperparameter, per level, and level 0's `effective_rate` if it estimates one and has moved."""
    arithmetic = arithmetic_of(groups[0])
    bottom, *above = arithmetic.hyperparameters(groups[0]["levels"])
    like = bottom["alpha"]
    bottom |= written_to(groups, like)
    lr = leading(groups)["lr"]
    found = [
        {name: float(value) for name, value in level.items()} for level in (bottom | {"alpha": lr}, *above)
    ]
    moved = [states[p] for group in groups for p in group["params"] if states.get(p, {}).get("moved")]
    if moved:
        latest = max(moved, key=lambda state: state["moved"])
        hyper = {name: torch.tensor(value, dtype=like.dtype) for name, value in found[0].items()}
        rate = arithmetic.bottom.rule.effective_rate(latest, hyper)
        found[0] |= {} if rate is None else {"effective_rate": float(rate)}
    return found


def _at_odds(key: str, values: list[float]) -> ConfigError:
    return ConfigError(f"{key}={shown(values)}: groups with shared=True take one value.")
