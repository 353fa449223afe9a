"""The settings of `HyperOptimizer` and of its parameter groups: their defaults, completed and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from hyperopt.optim import parsing
from hyperopt.optim.errors import ConfigError, is_slip, shown, typed
from hyperopt.optim.stack_settings import (
    MAIN,
    UNTRACED,
    StackSettings,
    check_has_levels_above,
    known_names,
    stack_settings,
    traced,
)
from hyperopt.optim.torch_names import TAKEN

SCHEDULE_MODES = ("multiply", "set")
"""How a rate written to a group is used; None decides by who writes it."""


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

OF_ALL_GROUPS = "HyperOptimizer(..., shared=True) is said of all groups."
"""The hint to whoever sets `shared` in a group."""

SURELY = {"learning_rate": "lr", "wd": "weight_decay"}
"""Names in other libraries' parameter groups, and the only settings they can mean."""

OF_A_STACK: dict[str, Any] = WITH_STACK | UNTRACED | {"lr": None, "clip": False, "numbers": {}}
"""The settings that a group does not inherit if it names a stack of its own."""


def stack_and_rate(stack: Any, lr: Any) -> tuple[Any, Any]:
    """The stack and the rate given to `HyperOptimizer`: a number in place of the stack is the rate."""
    if not isinstance(stack, int | float | Tensor):
        return stack, lr
    if lr is not None:
        raise ConfigError(f"{typed('lr', lr)}: {shown(stack)} before it is the rate, too; give it once.")
    return None, stack


def defaults_for(stack: Any, *, amsgrad: Any, multiplicative: Any) -> dict[str, Any]:
    """The default settings of `HyperOptimizer`, with a stack or without; `amsgrad` as in torch.

    A level that multiplies has another default alpha than one that adds.
    """
    if stack is not None:
        return WITH_STACK | {"stack": stack}
    adds = multiplicative is not None and not parsing.parse_truth("multiplicative", multiplicative)
    chosen = WITHOUT_STACK | ({"alpha": ADDED_ALPHA} if adds else {})
    return chosen | {"stack": "amsgrad/adam"} if parsing.parse_truth("amsgrad", amsgrad) else chosen


def with_defaults(
    given: dict[str, Any], inherited: Mapping[str, Any], *, of_own_stack: bool
) -> dict[str, Any]:
    """A group's own settings, with the defaults that they imply in place of inherited ones.

    `of_own_stack` says whether the group names its stack. A stack that an option of torch selects, as
    `amsgrad` does, is a variant of the inherited one, whose settings it keeps.
    """
    if of_own_stack:
        one_level = len(parsing.parse_stack(given["stack"])) == 1
        return OF_A_STACK | ({"floor": None} if one_level else {}) | given
    if "alpha" in given:
        return {"lr": None} | given
    if "multiplicative" in given and isinstance(inherited["alpha"], DefaultAlpha):
        own = defaults_for(None, amsgrad=False, multiplicative=given["multiplicative"])
        return given | {"alpha": own["alpha"]}
    return given


def completed(given: Mapping[str, Any], *, dtype: str) -> dict[str, Any]:
    """The settings of a parameter group with all defaults filled in, as plain values.

    Args:
        given: by name.
        dtype: as in `stack_settings`.

    Returns:
        stack as in "adam/sgd"; alpha, clip, tune, numbers and habits as in `StackSettings`.

    Raises:
        ConfigError: a setting is refused.
    """
    chosen = stack_settings(
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
    if compiles != "auto" and str(compiles).lower() not in parsing.TRUTH:
        raise ConfigError(f"{typed('compile', compiles)}: true, false or auto is expected.")
    check_schedule(schedule)
    multiplicative = parsing.parse_truth("multiplicative", given["multiplicative"])
    if multiplicative and 0 in chosen.alpha[:-1]:
        raise _stays_0(given, chosen)
    if given["tune"] not in ("all", ["all"], ("all",)):
        check_has_levels_above(chosen.stack, "tune", given["tune"])
    if multiplicative:
        check_has_levels_above(chosen.stack, "multiplicative", value=True)
    least = None if floor is None else parsing.parse_number("floor", floor, dtype=dtype)
    if least is not None:
        check_has_levels_above(chosen.stack, "floor", floor)
    moved = chosen.alpha[:-1] if "alpha" in chosen.tune else chosen.alpha[1:-1]
    if least is not None and any(alpha < least for alpha in moved):
        raise ConfigError(
            f"{typed('floor', floor)}: alpha={shown(chosen.alpha)} starts below it, so the first step would "
            f"raise it; at most {shown(min(moved))} is expected."
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
        "maximize": parsing.parse_truth("maximize", given["maximize"]),
        "trace": traced(given, chosen),
        "hypergradient": given["hypergradient"],
        "compile": compiles if compiles == "auto" else parsing.parse_truth("compile", compiles),
    }


def check_schedule(value: Any) -> None:
    """Refuse any value but None and SCHEDULE_MODES."""
    if value is not None and value not in SCHEDULE_MODES:
        raise ConfigError(f"{typed('schedule', value)}: {' or '.join(SCHEDULE_MODES)} is expected.")


def check_keys(group: Mapping[str, Any], stack: Any) -> None:
    """Refuse a key of a parameter group that is surely a misspelt setting; other keys are free."""
    if not isinstance(numbers := group.get("numbers", {}), Mapping):
        raise ConfigError(f"{typed('numbers', numbers)}: hyperparameters by name, in a dict, are expected.")
    known = {*MAIN, *known_names(stack), *TAKEN}
    for key in group:
        if key in known:
            continue
        near = (name for name in sorted(known) if is_slip(str(key), name))
        if meant := SURELY.get(key) or next(near, None):
            no = f"a parameter group has no setting {key!r}"
            where = f" {OF_ALL_GROUPS}" if meant == "shared" else ""
            raise ConfigError(f"{typed(str(key), group[key])}: {no}; did you mean {meant}?{where}")


def _stays_0(given: Mapping[str, Any], chosen: StackSettings) -> ConfigError:
    """The error for a rate of 0 that a level above would multiply, by the setting that says it."""
    by_alpha = parsing.parse_alpha(given["alpha"], chosen.stack, "float64")
    is_lr = chosen.alpha[0] == 0 and given["lr"] is not None and by_alpha[0] != 0
    said = typed("lr", given["lr"]) if is_lr else f"alpha={shown(chosen.alpha)}"
    return ConfigError(
        f"{said}: 0 stays 0 when the level above multiplies it; with multiplicative=true a number above "
        "0 is expected of a tuned alpha."
    )
