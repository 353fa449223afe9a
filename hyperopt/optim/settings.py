"""The settings of a stack, per level, completed by defaults and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hyperopt.optim import levels
from hyperopt.optim.assemble import build, habits_of, known_habits
from hyperopt.optim.errors import ConfigError, is_slip, shown, typed, unknown
from hyperopt.optim.rules import RULES, find
from hyperopt.optim.spaces import in_float32
from hyperopt.optim.torch_names import TAKEN
from hyperopt.optim.trace import HYPERGRADIENTS, PRODUCT

FORMS = ("textbook", "reported")
SCHEDULES = ("multiply", "set")


class DefaultAlpha(float):
    """An alpha that was not given; a group that sets `multiplicative` replaces it by its own default."""


WITHOUT_STACK: dict[str, Any] = {
    "stack": "adamw/adam",
    "alpha": DefaultAlpha(0.01),
    "tune": "alpha",
    "multiplicative": True,
}
"""The defaults of `HyperOptimizer` without a stack; benchmarks/defaults.py chose them (docs/optimizer.md)."""

ADDED_ALPHA = DefaultAlpha(1e-5)
"""The alpha of the same rules with multiplicative=False, from the same study."""

WITH_STACK: dict[str, Any] = {"alpha": None, "tune": "all", "multiplicative": False}
"""The defaults of the same settings if a stack is given."""

MAIN = (
    *("stack", "alpha", "clip", "tune", "form", "floor", "multiplicative", "trace", "hypergradient"),
    *("maximize", "shared", "compile"),
)
"""The settings of `HyperOptimizer` that belong neither to one rule nor to torch."""

SURELY = {"learning_rate": "lr", "wd": "weight_decay"}
"""Names in other libraries' parameter groups, and the only settings they can mean."""

UNTRACED: dict[str, Any] = {"trace": 0.0, "hypergradient": PRODUCT}
"""The default hypergradient of a rate: through the last update, as the product of two gradients."""

OF_A_STACK: dict[str, Any] = WITH_STACK | UNTRACED | {"lr": None, "clip": False, "numbers": {}}
"""The settings that a group does not inherit if it names a stack of its own."""


@dataclass(frozen=True)
class Levels:
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


def levels_of(
    stack: Any,
    alpha: Any,
    clip: Any,
    tune: Any,
    form: Any,
    given: Mapping[str, Any],
    *,
    lr: Any = None,
    dtype: str = "float32",
) -> Levels:
    """The settings of each level.

    Args:
        stack: "adam/sgd", or rules bottom to top.
        alpha: as in `levels.parse_alpha`; one number is the top level's.
        clip: as in `levels.parse_clip`.
        tune: as in `levels.parse_tune`.
        form: one of FORMS; sets the habits that are not given.
        given: level 0's other hyperparameters, habits and options, by name; None is the default.
        lr: replaces level 0's alpha, unless None.
        dtype: the type that must represent the numbers, and decay rates below 1: "float32" or "float64".

    Raises:
        ConfigError: a setting is refused.
    """
    rules = levels.parse_stack(stack)
    if form not in FORMS:
        raise ConfigError(f"{typed('form', form)}: one of {', '.join(FORMS)} is expected.")
    alphas = levels.parse_alpha(alpha, rules, dtype)
    if lr is not None:
        alphas = (levels.parse_number("lr", lr, dtype=dtype), *alphas[1:])
    clips = levels.parse_clip(clip, rules)
    numbers = {name: number for name, number in find(rules[0]).hyperparameters.items() if name != "alpha"}
    of_clip_too = habits_of(rules)
    habits = {name: values[FORMS.index(form)] for name, values in habits_of(rules, clip=any(clips)).items()}
    for name, value in given.items():
        if value is None:
            continue
        if name in numbers:
            numbers[name] = levels.parse_number(name, value, dtype=dtype)
        elif name in habits:
            habits[name] = _like(habits[name], name, value, dtype)
        elif name not in of_clip_too:
            raise _unread(name, value, rules, numbers, of_clip_too)
    tuned = levels.parse_tune(tune, rules, numbers)
    for name, number in numbers.items():
        if given.get(name) is not None:
            levels.check_decay(name, number, rules[0], dtype, tuned)
    for level, name in enumerate(rules):
        build(name, find(name).hyperparameters if level else numbers, habits, bottom=level == 0)
    return Levels(rules, alphas, numbers, clips, tuned, habits)


def preset(stack: Any, *, amsgrad: Any, multiplicative: Any) -> dict[str, Any]:
    """The default settings of `HyperOptimizer`, with a stack or without; `amsgrad` as in torch.

    A level that multiplies has another default alpha than one that adds.
    """
    if stack is not None:
        return WITH_STACK | {"stack": stack}
    adds = multiplicative is not None and not levels.parse_truth("multiplicative", multiplicative)
    chosen = WITHOUT_STACK | ({"alpha": ADDED_ALPHA} if adds else {})
    return chosen | {"stack": "amsgrad/adam"} if levels.parse_truth("amsgrad", amsgrad) else chosen


def with_defaults(given: dict[str, Any], inherited: Mapping[str, Any]) -> dict[str, Any]:
    """A group's own settings, with the defaults that they imply in place of inherited ones."""
    if "stack" in given:
        return OF_A_STACK | given
    if "alpha" in given:
        return {"lr": None} | given
    if "multiplicative" in given and isinstance(inherited["alpha"], DefaultAlpha):
        own = preset(None, amsgrad=False, multiplicative=given["multiplicative"])
        return given | {"alpha": own["alpha"]}
    return given


def names(stack: Any) -> set[str]:
    """The hyperparameters, habits and options of all rules, including user's own ones in a stack."""
    own = levels.parse_stack(stack)
    numbers = {name for rule in (*RULES, *own) for name in find(rule).hyperparameters} - {"alpha"}
    return numbers | set(known_habits(own))


def completed(given: Mapping[str, Any], *, dtype: str) -> dict[str, Any]:
    """The settings of a parameter group with all defaults filled in, as plain values.

    Args:
        given: by name.
        dtype: as in `levels_of`.

    Returns:
        stack as in "adam/sgd"; alpha, clip, tune, numbers and habits as in `Levels`.

    Raises:
        ConfigError: a setting is refused.
    """
    chosen = levels_of(
        given["stack"],
        given["alpha"],
        given["clip"],
        given["tune"],
        given["form"],
        given["numbers"],
        lr=given["lr"],
        dtype=dtype,
    )
    floor, compiles, schedule = given["floor"], given["compile"], given["schedule"]
    if compiles != "auto" and str(compiles).lower() not in levels.TRUTH:
        raise ConfigError(f"{typed('compile', compiles)}: true, false or auto is expected.")
    check_schedule(schedule)
    multiplicative = levels.parse_truth("multiplicative", given["multiplicative"])
    held = [alpha if dtype == "float64" else in_float32(alpha) for alpha in chosen.alpha]
    if multiplicative and 0 in held[:-1]:
        raise _stays_0(given, chosen, held.index(0))
    least = None if floor is None else levels.parse_number("floor", floor, dtype=dtype)
    moved = chosen.alpha[:-1] if "alpha" in chosen.tune else chosen.alpha[1:-1]
    if least is not None and any(alpha < least for alpha in moved):
        raise ConfigError(
            f"{typed('floor', floor)}: alpha={shown(chosen.alpha)} begins below it, and the first step would "
            f"raise that; at most {shown(min(moved))} is expected."
        )
    return {
        "stack": "/".join(chosen.stack),
        "alpha": chosen.alpha,
        "clip": chosen.clip,
        "tune": chosen.tune,
        "numbers": chosen.numbers,
        "habits": chosen.habits,
        "floor": least,
        "multiplicative": multiplicative,
        "maximize": levels.parse_truth("maximize", given["maximize"]),
        "trace": traced(given, chosen),
        "hypergradient": given["hypergradient"],
        "compile": compiles if compiles == "auto" else levels.parse_truth("compile", compiles),
    }


def check_schedule(value: Any) -> None:
    """Refuse any value but None and SCHEDULES."""
    if value is not None and value not in SCHEDULES:
        raise ConfigError(f"{typed('schedule', value)}: {' or '.join(SCHEDULES)} is expected.")


def traced(given: Mapping[str, Any], chosen: Levels) -> float:
    """The number `trace`, if it and `hypergradient` are valid for the stack.

    Raises:
        ConfigError: one of them is out of range, or does not fit the stack.
    """
    trace, kind = levels.parse_number("trace", given["trace"]), given["hypergradient"]
    if trace > 1:
        raise ConfigError(f"{typed('trace', given['trace'])}: a number from 0 up to 1 is expected.")
    if kind not in HYPERGRADIENTS:
        raise ConfigError(f"{typed('hypergradient', kind)}: {' or '.join(HYPERGRADIENTS)} is expected.")
    for key in UNTRACED:
        if given[key] == UNTRACED[key]:
            continue
        if len(chosen.stack) == 1:
            raise ConfigError(
                f"{typed(key, given[key])}: stack={chosen.stack[0]} has no level above 0, which it is about."
            )
        if chosen.tune != ("alpha",):
            raise ConfigError(f"{typed(key, given[key])}: tune=alpha is expected.")
    return trace


def check_keys(group: Mapping[str, Any], stack: Any) -> None:
    """Refuse a key of a parameter group that is surely a misspelt setting; other keys are free."""
    if not isinstance(numbers := group.get("numbers", {}), Mapping):
        raise ConfigError(f"{typed('numbers', numbers)}: hyperparameters by name, in a dict, are expected.")
    known = {*MAIN, *names(stack), *TAKEN}
    for key in group:
        if key in known:
            continue
        near = (name for name in sorted(known) if is_slip(str(key), name))
        if meant := SURELY.get(key) or next(near, None):
            no = f"a parameter group has no setting {key!r}"
            raise ConfigError(f"{typed(str(key), group[key])}: {no}; did you mean {meant}?")


def _stays_0(given: Mapping[str, Any], chosen: Levels, level: int) -> ConfigError:
    """The error for a rate of 0 that a level above would multiply, by the setting that says it."""
    by_alpha = levels.parse_alpha(given["alpha"], chosen.stack, "float64")[level]
    is_lr = level == 0 and given["lr"] is not None and by_alpha != chosen.alpha[0]
    said = typed("lr", given["lr"]) if is_lr else f"alpha={shown(chosen.alpha)}"
    zero = "float32 takes it for 0, which" if chosen.alpha[level] else "0"
    return ConfigError(
        f"{said}: {zero} stays 0 when the level above multiplies it; with multiplicative=true a number above "
        "0 is expected of a tuned alpha."
    )


def _like(usual: Any, name: str, value: Any, dtype: str) -> Any:
    """A value of the type of a habit's or an option's default."""
    if isinstance(usual, bool):
        return levels.parse_truth(name, value)
    return levels.parse_number(name, value, dtype=dtype) if isinstance(usual, float) else type(usual)(value)


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
