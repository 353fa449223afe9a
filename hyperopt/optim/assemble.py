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
    """The structure of a stack; of its numbers it takes only which are 0.

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
                () if k == top else tuple(tune) if k == 0 else find(name).tunable(numbers[k]),
                clips=k > 0,
                clip_counts_first_norm=habits.get("clip_counts_first_norm", True),
                multiplicative=multiplicative and k < top,
                floor=floor if k < top else None,
            )
        )
    return Stack(tuple(levels))


def build(name: str, numbers: Mapping[str, float], habits: Mapping[str, Any]) -> Rule:
    """The rule called `name` with those of the habits that it reads."""
    kind = find(name)
    options = {field.name: habits[field.name] for field in fields(kind) if field.name in habits}
    return kind(**options, **kind.switches(numbers))


def numbers_of(
    rules: Sequence[str], alpha: Sequence[float], bottom: Mapping[str, float]
) -> tuple[dict[str, float], ...]:
    """By level, initial natural values of its rule's hyperparameters; `bottom` are level 0's given."""
    numbers = [dict(find(name).hyperparameters) | {"alpha": a} for name, a in zip(rules, alpha, strict=True)]
    numbers[0].update(bottom)
    return tuple(numbers)


def habits_of(rules: Sequence[str], *, clip: bool = True) -> dict[str, tuple[Any, Any]]:
    """(textbook, reported) value of every habit that the rules read, and their clip where there is one."""
    read: dict[str, tuple[Any, Any]] = {}
    for name in rules:
        read |= find(name).habits
    return read | CLIP_HABITS if clip and len(rules) > 1 else read
