"""What may be written to a parameter group: what would have no effect, or a wrong one, is refused."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from hyperopt.optim import parameters, settings, sharding, torch_names
from hyperopt.optim.errors import ConfigError, shown, typed, warn
from hyperopt.optim.levels import check_decay, parse_number
from hyperopt.optim.rate import Rate, TensorRate
from hyperopt.optim.rules import Rule

NAMES = {
    "lr": ("alpha",),
    "betas": ("beta1", "beta2"),
    "momentum": ("momentum",),
    "weight_decay": ("weight_decay",),
}
"""What a group shows under torch's names, where its rule has them."""

FIXED = frozenset({*settings.MAIN, "numbers", "habits"})
"""Settings that stay what they were when the optimizer was made."""

KEPT = frozenset({"step", "rested", "levels", "planned", "learned", "peak", "share"})
"""What the optimizer keeps in a group for itself."""

IN_A_ROW = 10
"""Before so many steps in a row a rate is written as a number, until a warning says what that does."""


def checked(group: Mapping[str, Any], rule: Rule, can: Collection[str], key: str, value: Any) -> Any:
    """What is written to a group, a number that came as text as a number.

    Args:
        group: as it was.
        rule: of level 0.
        can: the keys of hyperparameters that may be written, which are those that it shows.
        key: any; those of torch's schedulers, of trainers and of users are free to use.
        value: to be written there.

    Raises:
        ConfigError: it is refused.
    """
    if key in can:
        return _number(group, rule, key, value)
    if key == "params":
        value = value if isinstance(value, list) else parameters.items(key, value)
        for k, param in enumerate(value):
            parameters.check(f"parameter {k} of params", param)
        sharding.check_replaced(group["params"], value)
    elif key == "schedule":
        settings.check_schedule(value)
    elif key in KEPT:
        # Wrappers that copy a group key by key, as torch's ZeroRedundancyOptimizer, write what is there.
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
    """Refuse a rate that the next step would raise at once."""
    floor = group["floor"]
    if floor is not None and "alpha" in group["tune"] and abs(rate) < floor and group["schedule"] != "set":
        raise ConfigError(
            f"lr={shown(rate)}: the optimizer was made with floor={shown(floor)}, below which a tuned rate "
            "does not stay; a larger rate is expected, or 0, which stops the group."
        )


def warn_that_none_is_learned(group: Mapping[str, Any], rate: float) -> None:
    """Warn that the rate has begun anew at many steps in a row, where a level above would tune it."""
    if "alpha" in group["tune"]:
        warn(
            f"lr={shown(rate)}: a number was written before each of the last {IN_A_ROW} steps, and each time "
            "the rate began anew, so that nothing is learned. With HyperOptimizer(..., schedule="
            '"multiply") what is written is a plan, which is multiplied by what is learned; with "set" it '
            "is the rate, as now, without this warning.",
            UserWarning,
        )


def check_kept(saved: Mapping[str, Any], alpha: float) -> None:
    """Refuse a saved group in which a number was changed that the optimizer keeps, rather than `lr`.

    `alpha` is the rate that the levels have which are saved with it.
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
    """Whether numbers, or several, are the same but for rounding; what is not finite is like all such."""
    pairs = zip(_floats(one), _floats(other), strict=True)
    tolerances = {"rel_tol": 0.0} if exactly else {"rel_tol": 1e-6, "abs_tol": 1e-37}
    return all(
        math.isclose(a, b, **tolerances)
        if math.isfinite(a) and math.isfinite(b)
        else math.isfinite(a) == math.isfinite(b)
        for a, b in pairs
    )


def check_deleted(group: Mapping[str, Any], can: Collection[str], key: str) -> None:
    """Refuse that a key is deleted which the optimizer reads."""
    if key in {"params", "schedule", *can, *FIXED, *KEPT} and key in group:
        raise ConfigError(f"del {key}: the optimizer reads it; keys of your own can be deleted.")


def _check_named(group: Mapping[str, Any], rule: Rule, key: str, value: Any) -> None:
    """Refuse what is a setting elsewhere, or meant as one, unless it asks for what is done anyway."""
    stack = group["stack"]
    settings.check_keys({key: value}, stack)
    asked = torch_names.understood({key: value}, stack)
    if "stack" in asked:
        raise _stays(key, value, "stack", stack)
    if key in asked and key in {*settings.names(stack), *torch_names.TAKEN}:
        has = ", ".join(rule.hyperparameters)
        raise ConfigError(f"{typed(key, value)}: level 0 is {stack.split('/')[0]}, which has {has}.")


def dtype_of(params: Iterable[Tensor]) -> str:
    """The type of the hyperparameters of some parameters, as settings name it."""
    return "float64" if any(param.dtype == torch.float64 for param in params) else "float32"


def _number(group: Mapping[str, Any], rule: Rule, key: str, value: Any) -> Any:
    """What a hyperparameter can be: one number, for betas two."""
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
            return value  # to see what it is would make the device wait
    number = value.item() if isinstance(value, Tensor) else value
    if isinstance(value, Rate | TensorRate):
        number = abs(number)  # what is made of a rate that learning turned negative is as right as that
    if name == "alpha" and isinstance(number, float) and not 0 <= float(group["lr"]) < math.inf:
        return value  # after events that the optimizer has told of, any
    named = name if key == "betas" else key
    try:
        read = parse_number(named, number)
    except ConfigError:  # of which type the parameters are is asked where it matters: schedulers write often
        read = parse_number(named, number, dtype=dtype_of(group["params"]))
    if name == "alpha":
        return read if isinstance(value, str) else value
    if read and not getattr(rule, f"has_{name}", True):
        raise ConfigError(
            f"{typed(key, number)}: it was 0 when the optimizer was made, and so no part of its rule; "
            "a number above 0 is expected there."
        )
    check_decay(name, read, group["stack"].split("/")[0], dtype_of(group["params"]))
    return read if isinstance(value, str) else value


def _stays(key: str, value: Any, made_with: str, made: Any) -> ConfigError:
    return ConfigError(
        f"{typed(key, value)}: the optimizer was made with {typed(made_with, made)}, which stays."
    )


def _floats(value: Any) -> list[float]:
    return [float(number) for number in (value if isinstance(value, tuple | list) else (value,))]
