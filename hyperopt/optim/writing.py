"""Checks of writes to a parameter group: a write with no effect, or a wrong one, is refused."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from hyperopt.optim import group_settings, parameters, sharding, torch_names
from hyperopt.optim.errors import ConfigError, shown, typed, warn
from hyperopt.optim.parsing import check_decay, parse_number
from hyperopt.optim.rate import Rate, TensorRate
from hyperopt.optim.rules import Rule
from hyperopt.optim.spaces import in_float32
from hyperopt.optim.stack_settings import MAIN, known_names

NAMES = {
    "lr": ("alpha",),
    "betas": ("beta1", "beta2"),
    "momentum": ("momentum",),
    "weight_decay": ("weight_decay",),
}
"""The hyperparameters that a group shows under torch's names, if its rule has them."""

FIXED = frozenset({*MAIN, "numbers", "habits"})
"""Settings that cannot change after the optimizer was made."""

KEPT = frozenset({"step", "rested", "levels", "planned", "learned", "peak", "share"})
"""Keys of a group that belong to the optimizer."""

IN_A_ROW = 10
"""A warning comes when a plain number was written as the rate before this many steps in a row."""


def checked(group: Mapping[str, Any], rule: Rule, can: Collection[str], key: str, value: Any) -> Any:
    """The value to write to a group; a number given as text becomes a number.

    Args:
        group: before the write.
        rule: of level 0.
        can: the keys of hyperparameters that may be written, those that the group shows.
        key: any; keys of torch's schedulers, of trainers and of users are free.
        value: to be written.

    Raises:
        ConfigError: the write is refused.
    """
    if key in can:
        return _number(group, rule, key, value)
    if key == "params":
        value = value if isinstance(value, list) else parameters.items(key, value)
        for k, param in enumerate(value):
            parameters.check(f"parameter {k} of params", param)
        sharding.check_replaced(group["params"], value)
    elif key == "schedule":
        group_settings.check_schedule(value)
    elif key in KEPT:
        # Wrappers that copy a group key by key, as torch's ZeroRedundancyOptimizer, write unchanged values.
        if group[key] is not value and (key == "levels" or group[key] != value):
            raise ConfigError(
                f"{typed(key, value)}: the optimizer keeps it itself; load_state_dict restores it."
            )
    elif key in FIXED and key in group:
        if group[key] != value:
            raise _stays(key, value, key, group[key])
    elif key in rule.hyperparameters:
        raise ConfigError(f"{typed(key, value)}: of a group {', '.join(can)} can be written.")
    elif key in group["habits"]:
        if group["habits"][key] != value:
            raise _stays(key, value, key, group["habits"][key])
    else:
        _check_named(group, rule, key, value)
    return value


def check_floor(group: Mapping[str, Any], rate: float) -> None:
    """Refuse a rate below the floor, which the next step would raise."""
    floor = group["floor"]
    if floor is not None and "alpha" in group["tune"] and abs(rate) < floor and group["schedule"] != "set":
        raise ConfigError(
            f"lr={shown(rate)}: the optimizer was made with floor={shown(floor)}, below which a tuned rate "
            "does not stay; a larger rate is expected, or 0, which stops the group."
        )


def warn_that_none_is_learned(group: Mapping[str, Any], rate: float) -> None:
    """Warn that the rate restarted at many steps in a row, so that the level above learns nothing."""
    if "alpha" in group["tune"]:
        warn(
            f"lr={shown(rate)}: a number was written before each of the last {IN_A_ROW} steps, and each time "
            "the rate began anew, so that nothing is learned. With HyperOptimizer(..., schedule="
            '"multiply") what is written is a plan, which is multiplied by what is learned; with "set" it '
            "is the rate, as now, without this warning.",
            UserWarning,
        )


def check_kept(saved: Mapping[str, Any], alpha: float) -> None:
    """Refuse a saved group in which a number that belongs to the optimizer was edited instead of `lr`.

    `alpha` is the rate of the levels that were saved with the group.
    """
    planned, learned, peak, share = (float(saved[key]) for key in ("planned", "learned", "peak", "share"))
    if peak and not alike(peak * learned, alpha):
        raise ConfigError(
            f"learned={shown(learned)}, peak={shown(peak)}: the levels that are saved with them have a rate "
            f"of {shown(alpha)}, which is not their product; leave both, and write lr."
        )
    if not alike(saved["lr"], planned * learned) and peak and alike(saved["lr"], share * alpha):
        raise ConfigError(
            f"planned={shown(planned)}: times learned it is not lr={shown(float(saved['lr']))}, which was "
            "saved with it; leave it, and write lr."
        )


def alike(one: Any, other: Any, *, exactly: bool = False) -> bool:
    """Whether numbers, or sequences of them, are equal up to rounding; all non-finite numbers are equal."""
    pairs = zip(_floats(one), _floats(other), strict=True)
    tolerances = {"rel_tol": 0.0} if exactly else {"rel_tol": 1e-6, "abs_tol": 1e-37}
    return all(
        math.isclose(a, b, **tolerances)
        if math.isfinite(a) and math.isfinite(b)
        else math.isfinite(a) == math.isfinite(b)
        for a, b in pairs
    )


def check_deleted(group: Mapping[str, Any], can: Collection[str], key: str) -> None:
    """Refuse deleting a key that the optimizer reads."""
    if key in {"params", "schedule", *can, *FIXED, *KEPT} and key in group:
        raise ConfigError(f"del {key}: the optimizer reads it; keys of your own can be deleted.")


def _check_named(group: Mapping[str, Any], rule: Rule, key: str, value: Any) -> None:
    """Refuse a torch setting or a misspelt one, unless it asks for what is done anyway."""
    stack = group["stack"]
    group_settings.check_keys({key: value}, stack)
    asked = torch_names.understood({key: value}, stack)
    if "stack" in asked:
        raise _stays(key, value, "stack", stack)
    if key in asked and key in {*known_names(stack), *torch_names.TAKEN}:
        has = ", ".join(rule.hyperparameters)
        raise ConfigError(f"{typed(key, value)}: level 0 is {stack.split('/')[0]}, which has {has}.")


def dtype_of(params: Iterable[Tensor]) -> str:
    """The name in settings of the type of these parameters' hyperparameters."""
    return "float64" if any(param.dtype == torch.float64 for param in params) else "float32"


def _number(group: Mapping[str, Any], rule: Rule, key: str, value: Any) -> Any:
    """The checked value of a hyperparameter: one number, or two for betas."""
    if key != "betas":
        return _one_number(group, rule, key, NAMES[key][0], value)
    torch_names.check_betas(value)
    return tuple(_one_number(group, rule, key, *pair) for pair in zip(NAMES[key], value, strict=True))


def _one_number(group: Mapping[str, Any], rule: Rule, key: str, name: str, value: Any) -> Any:
    if isinstance(value, Tensor):
        if value.numel() != 1 or not value.is_floating_point():
            found = f"a tensor of shape {list(value.shape)} and {value.dtype}"
            raise ConfigError(f"{key}: {found}; a real number is expected.")
        if value.device.type != "cpu":
            return value  # reading it would make the device wait
    number = value.item() if isinstance(value, Tensor) else value
    if isinstance(value, Rate | TensorRate):
        number = abs(number)  # a rate computed from one that learning made negative is as valid as that one
    if name == "alpha" and isinstance(number, float) and not 0 <= float(group["lr"]) < math.inf:
        return value  # after an event, of which the optimizer has warned, any value
    named = name if key == "betas" else key
    read = parse_number(named, number, dtype="float64")  # a schedule may fall below what float32 can hold
    if math.isinf(in_float32(read)):  # the type of the parameters is only checked if it matters
        read = parse_number(named, number, dtype=dtype_of(group["params"]))
    if name == "alpha":
        return read if isinstance(value, str) else value
    if read and not getattr(rule, f"has_{name}", True):
        raise ConfigError(
            f"{typed(key, number)}: it was 0 when the optimizer was made, and so no part of its rule; "
            "a number above 0 is expected there."
        )
    check_decay(name, read, group["stack"].split("/")[0], dtype_of(group["params"]), group["tune"])
    return read if isinstance(value, str) else value


def _stays(key: str, value: Any, made_with: str, made: Any) -> ConfigError:
    return ConfigError(
        f"{typed(key, value)}: the optimizer was made with {typed(made_with, made)}, which stays."
    )


def _floats(value: Any) -> list[float]:
    return [float(number) for number in (value if isinstance(value, tuple | list) else (value,))]
