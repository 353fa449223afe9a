"""The settings of one parameter group: given, completed and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyperopt.optim import levels
from hyperopt.optim.assemble import build, habits_of, known_habits, numbers_of
from hyperopt.optim.errors import ConfigError, shown, unknown
from hyperopt.optim.rules import RULES, find

FORMS = ("textbook", "reported")
OF_A_STACK: dict[str, Any] = {"alpha": None, "lr": None, "clip": False, "tune": "all", "numbers": {}}
"""What a group does not inherit if it names a stack of its own."""


def numbers_among(group: Mapping[str, Any], stack: Any) -> set[str]:
    """The keys of a group that name a hyperparameter or a habit of some rule."""
    own = levels.parse_stack(stack)
    numbers = {name for rule in (*RULES, *own) for name in find(rule).hyperparameters} - {"alpha"}
    return set(group) & (numbers | set(known_habits()) | set(habits_of(own)))


def completed(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a group with every default filled in, as plain values.

    Returns:
        stack: "adam/sgd".
        alpha: initial, one per level.
        clip: one per level above 0.
        tune: names of level 0's tuned hyperparameters.
        numbers: level 0's initial hyperparameters but alpha.
        habits: of all rules.
        floor, multiplicative: as given.

    Raises:
        ConfigError: a setting that is not allowed.
    """
    rules = levels.parse_stack(given["stack"])
    alpha = levels.parse_alpha(given["alpha"], rules)
    if given["lr"] is not None:
        alpha = (levels.parse_number("lr", given["lr"]), *alpha[1:])
    habits = _habits(given["form"], rules)
    bottom = {name: value for name, value in numbers_of(rules, alpha, {})[0].items() if name != "alpha"}
    for name, value in given["numbers"].items():
        if name in habits:
            habits[name] = type(habits[name])(value)
        elif name in bottom:
            bottom[name] = levels.parse_number(name, value)
            levels.check_decay(name, bottom[name], rules[0])
        else:
            raise unknown("setting", name, (*bottom, *habits, *given), given=f"{name}={shown(value)}")
    build(rules[0], bottom, habits, bottom=True)
    if given["floor"] is not None:
        levels.parse_number("floor", given["floor"])
    if given["compile"] not in (True, False, "auto"):
        raise ConfigError(f"compile={shown(given['compile'])}: true, false or auto is expected.")
    if given["multiplicative"] and 0 in alpha[:-1]:
        raise ConfigError(f"alpha={shown(alpha)}: with multiplicative=true a tuned alpha has to be above 0.")
    return {
        "stack": "/".join(rules),
        "alpha": alpha,
        "clip": levels.parse_clip(given["clip"], rules),
        "tune": levels.parse_tune(given["tune"], rules, bottom),
        "numbers": bottom,
        "habits": habits,
    }


def _habits(form: Any, rules: tuple[str, ...]) -> dict[str, Any]:
    if form not in FORMS:
        raise ConfigError(f"form={shown(form)}: one of {', '.join(FORMS)} is expected.")
    return {name: values[FORMS.index(form)] for name, values in habits_of(rules).items()}
