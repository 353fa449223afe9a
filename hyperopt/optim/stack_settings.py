"""The settings of a stack, per level, completed by defaults and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hyperopt.optim import parsing
from hyperopt.optim.assemble import build, habits_of, known_habits
from hyperopt.optim.errors import ConfigError, typed, unknown
from hyperopt.optim.rules import RULES, find
from hyperopt.optim.torch_names import TAKEN
from hyperopt.optim.trace import HYPERGRADIENTS, PRODUCT

FORMS = ("textbook", "reported")

MAIN = (
    *("stack", "alpha", "clip", "tune", "form", "floor", "multiplicative", "trace", "hypergradient"),
    *("maximize", "shared", "compile"),
)
"""The settings of `HyperOptimizer` that belong neither to one rule nor to torch."""

UNTRACED: dict[str, Any] = {"trace": 0.0, "hypergradient": PRODUCT}
"""The default hypergradient of a rate: through the last update, as the product of two gradients."""


@dataclass(frozen=True)
class StackSettings:
    """A stack's settings, with all defaults filled in.

    Attributes:
        stack: rules, bottom to top.
        alpha: initial values, one per level.
        numbers: level 0's other initial hyperparameters, in its rule's order.
        clip: one per level above 0.
        tune: names of what level 1 tunes of level 0, in the rule's order; empty for one level.
        habits: value of every habit that the rules read, of those of the clip if some level clips, and of
            every option of level 0's rule.
    """

    stack: tuple[str, ...]
    alpha: tuple[float, ...]
    numbers: dict[str, float]
    clip: tuple[bool, ...]
    tune: tuple[str, ...]
    habits: dict[str, Any]


def stack_settings(
    stack: Any,
    alpha: Any,
    clip: Any,
    tune: Any,
    form: Any,
    given: Mapping[str, Any],
    *,
    lr: Any = None,
    dtype: str = "float32",
) -> StackSettings:
    """The settings of each level.

    Args:
        stack: "adam/sgd", or rules bottom to top.
        alpha: as in `parsing.parse_alpha`; one number is the top level's.
        clip: as in `parsing.parse_clip`.
        tune: as in `parsing.parse_tune`.
        form: one of FORMS; sets the habits that are not given.
        given: level 0's other hyperparameters, habits and options, by name; None is the default.
        lr: replaces level 0's alpha, unless None.
        dtype: the type that must represent the numbers, and decay rates below 1: "float32" or "float64".

    Raises:
        ConfigError: a setting is refused.
    """
    rules = parsing.parse_stack(stack)
    if form not in FORMS:
        raise ConfigError(f"{typed('form', form)}: one of {', '.join(FORMS)} is expected.")
    alphas = parsing.parse_alpha(alpha, rules, dtype)
    if lr is not None:
        alphas = (parsing.parse_number("lr", lr, dtype=dtype), *alphas[1:])
    clips = parsing.parse_clip(clip, rules)
    numbers = {name: number for name, number in find(rules[0]).hyperparameters.items() if name != "alpha"}
    of_clip_too = habits_of(rules)
    habits = {name: values[FORMS.index(form)] for name, values in habits_of(rules, clip=any(clips)).items()}
    for name, value in given.items():
        if value is None:
            continue
        if name in numbers:
            numbers[name] = parsing.parse_number(name, value, dtype=dtype)
        elif name in habits:
            habits[name] = _like(habits[name], name, value, dtype)
        elif name not in of_clip_too:
            raise _unread(name, value, rules, numbers, of_clip_too)
    tuned = parsing.parse_tune(tune, rules, numbers)
    for name, number in numbers.items():
        if given.get(name) is not None:
            parsing.check_decay(name, number, rules[0], dtype, tuned)
    for level, name in enumerate(rules):
        build(name, find(name).hyperparameters if level else numbers, habits, bottom=level == 0)
    return StackSettings(rules, alphas, numbers, clips, tuned, habits)


def known_names(stack: Any) -> set[str]:
    """The hyperparameters, habits and options of all rules, including user's own ones in a stack."""
    own = parsing.parse_stack(stack)
    numbers = {name for rule in (*RULES, *own) for name in find(rule).hyperparameters} - {"alpha"}
    return numbers | set(known_habits(own))


def traced(given: Mapping[str, Any], chosen: StackSettings) -> float:
    """The number `trace`, if it and `hypergradient` are valid for the stack.

    Raises:
        ConfigError: one of them is out of range, or does not fit the stack.
    """
    trace, kind = parsing.parse_share("trace", given["trace"]), given["hypergradient"]
    if kind not in HYPERGRADIENTS:
        raise ConfigError(f"{typed('hypergradient', kind)}: {' or '.join(HYPERGRADIENTS)} is expected.")
    for key in UNTRACED:
        if given[key] == UNTRACED[key]:
            continue
        check_has_levels_above(chosen.stack, key, given[key])
        if chosen.tune != ("alpha",):
            raise ConfigError(f"{typed(key, given[key])}: tune=alpha is expected; it applies to rates alone.")
    return trace


def check_has_levels_above(stack: Sequence[str], key: str, value: Any) -> None:
    """Refuse a setting of how levels above 0 tune, for a stack that has no such level."""
    if len(stack) == 1:
        rule = stack[0]
        raise ConfigError(
            f"{typed(key, value)}: stack={rule} has no level above 0; {key} needs one, as in {rule}/sgd."
        )


def _like(usual: Any, name: str, value: Any, dtype: str) -> Any:
    """A value of the type of a habit's or an option's default."""
    if isinstance(usual, bool):
        return parsing.parse_truth(name, value)
    return parsing.parse_number(name, value, dtype=dtype) if isinstance(usual, float) else type(usual)(value)


def _unread(
    name: str, value: Any, rules: tuple[str, ...], numbers: Mapping[str, float], habits: Mapping[str, Any]
) -> ConfigError:
    """The error for a name that none of these rules reads."""
    given = typed(name, value)
    if any(name in find(rule).hyperparameters for rule in (*RULES, *rules)):
        return ConfigError(f"{given}: level 0 is {rules[0]}, which has {', '.join(('alpha', *numbers))}.")
    if name in known_habits(rules):
        return ConfigError(
            f"{given}: stack={'/'.join(rules)} has no such habit; it has {', '.join(habits) or 'none'}."
        )
    return unknown("setting", name, ("lr", *numbers, *habits, *MAIN, *TAKEN), given=given)
