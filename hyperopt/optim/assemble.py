"""A stack from the names of its rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from hyperopt.optim.clip import HABITS as CLIP_HABITS
from hyperopt.optim.rules import Rule, find
from hyperopt.optim.stack import Level, Stack


def assemble(
    rules: Sequence[str],
    tune: Sequence[str],
    numbers: Sequence[Mapping[str, float]],
    habits: Mapping[str, Any],
    *,
    multiplicative: bool = False,
    floor: float | None = None,
) -> Stack:
    """The structure of a stack; of its numbers it takes only whether a momentum is 0.

    Args:
        rules: bottom to top.
        tune: what level 1 tunes of level 0; levels above tune all of theirs.
        numbers: as `numbers_of` gives them.
        habits: value of every habit that the rules and the clip read.
        multiplicative: as of `Level`, for every level that is tuned.
        floor: as of `Level`, for every level that is tuned.
    """
    levels = []
    top = len(rules) - 1
    for k, name in enumerate(rules):
        levels.append(
            Level(
                build(name, numbers[k], habits),
                () if k == top else tuple(tune) if k == 0 else tunable(name, numbers[k]),
                clips=k > 0,
                clip_counts_first_norm=habits.get("clip_counts_first_norm", False),
                multiplicative=multiplicative and k < top,
                floor=floor if k < top else None,
            )
        )
    return Stack(tuple(levels))


def build(name: str, numbers: Mapping[str, float], habits: Mapping[str, Any]) -> Rule:
    """The rule called `name` with those of the habits that it reads."""
    kind = find(name)
    names = {field.name for field in fields(kind)}
    options = {key: value for key, value in habits.items() if key in names}
    if "has_momentum" in names:
        options["has_momentum"] = numbers["momentum"] != 0
    return kind(**options)


def tunable(name: str, numbers: Mapping[str, float]) -> tuple[str, ...]:
    """What a level above tunes of the rule `name`: all, but for a momentum of 0, which stays 0."""
    return tuple(k for k in find(name).hyperparameters if k != "momentum" or numbers[k] != 0)


def numbers_of(
    rules: Sequence[str], alpha: Sequence[float], bottom: Mapping[str, float]
) -> tuple[dict[str, float], ...]:
    """Per level, natural initial values of its rule's hyperparameters; `bottom` are those given for level 0."""
    numbers = [dict(find(name).hyperparameters) | {"alpha": a} for name, a in zip(rules, alpha, strict=True)]
    numbers[0].update(bottom)
    return tuple(numbers)


def habits_of(rules: Sequence[str], *, clip: bool = True) -> dict[str, tuple[Any, Any]]:
    """(textbook, reported) value of every habit that the rules read, and their clip where there is one."""
    read: dict[str, tuple[Any, Any]] = {}
    for name in rules:
        read |= find(name).habits
    return read | CLIP_HABITS if clip and len(rules) > 1 else read
