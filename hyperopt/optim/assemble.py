"""A stack from the names of its rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hyperopt.optim.clip import HABITS as CLIP_HABITS
from hyperopt.optim.level import Level
from hyperopt.optim.rules import RULES, Rule, find
from hyperopt.optim.rules.rule import structure
from hyperopt.optim.schedule import CONSTANT_RATE, Schedule
from hyperopt.optim.stack import Stack


def assemble(
    rules: Sequence[str],
    tune: Sequence[str],
    numbers: Sequence[Mapping[str, float]],
    habits: Mapping[str, Any],
    *,
    multiplicative: bool = False,
    floor: float | None = None,
    schedule: Schedule = CONSTANT_RATE,
    trace: float = 0.0,
    cosine: bool = False,
    by_tensor: bool = False,
) -> Stack:
    """The structure of a stack. Of its numbers it depends only on which are 0.

    Args:
        rules: bottom to top.
        tune: what level 1 tunes of level 0; levels above tune all of theirs.
        numbers: as `numbers_of` returns them.
        habits: the value of every habit that the rules and the clip read.
        multiplicative: as in `Level`, for every tuned level.
        floor: as in `Level`, for every tuned level.
        schedule: as in `Level`, for the alpha of level 0.
        trace: as in `Level`, for the alpha of level 0.
        cosine: as in `Level`, for the alpha of level 0.
        by_tensor: as in `Stack`.
    """
    levels = []
    top = len(rules) - 1
    for k, name in enumerate(rules):
        levels.append(
            Level(
                build(name, numbers[k], habits, bottom=k == 0),
                () if k == top else tuple(tune) if k == 0 else find(name).tunable(numbers[k]),
                clips=k > 0,
                clip_counts_first_norm=habits.get("clip_counts_first_norm", True),
                multiplicative=multiplicative and k < top,
                floor=floor if k < top else None,
                schedule=schedule if k == 0 else CONSTANT_RATE,
                trace=trace if k == 0 else 0.0,
                cosine=cosine and k == 0,
            )
        )
    return Stack(tuple(levels), by_tensor)


def build(name: str, numbers: Mapping[str, float], habits: Mapping[str, Any], *, bottom: bool) -> Rule:
    """The rule called `name` with the habits that it reads; only level 0 has options.

    Raises:
        ConfigError: options and numbers contradict each other.
    """
    kind = find(name)
    read = structure(kind) & set(habits) - (set() if bottom else set(kind.options))
    return kind(**{key: habits[key] for key in read}, **kind.switches(numbers))


def numbers_of(
    rules: Sequence[str], alpha: Sequence[float], bottom: Mapping[str, float]
) -> tuple[dict[str, float], ...]:
    """The initial natural values of each level's rule; `bottom` has those given for level 0."""
    numbers = [dict(find(name).hyperparameters) | {"alpha": a} for name, a in zip(rules, alpha, strict=True)]
    numbers[0].update(bottom)
    return tuple(numbers)


def habits_of(rules: Sequence[str], *, clip: bool = True) -> dict[str, tuple[Any, Any]]:
    """(textbook, reported) value of every habit that the rules read, and that the clip reads if there is one.

    An option of level 0's rule is a habit with the same value in both forms.
    """
    read = _options(find(rules[0]))
    for name in rules:
        read |= find(name).habits
    return read | CLIP_HABITS if clip and len(rules) > 1 else read


def known_habits(own: Sequence[str] = ()) -> dict[str, tuple[Any, Any]]:
    """(textbook, reported) value of every known habit and option, also of the user's `own` rules."""
    known = dict(CLIP_HABITS)
    for rule in (*RULES.values(), *map(find, own)):
        known |= rule.habits | _options(rule)
    return known


def _options(rule: type[Rule]) -> dict[str, tuple[Any, Any]]:
    return {key: (default, default) for key, default in rule.options.items()}
