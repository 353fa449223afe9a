"""Checks training settings against the stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyperopt.errors import ConfigError, shown, typed
from hyperopt.optim.stack_settings import UNTRACED, StackSettings, check_has_levels_above, traced


def check_procedure(config: Mapping[str, Any], chosen: StackSettings) -> None:
    """Reject settings of `Procedure` that are out of range or conflict with the stack.

    Raises:
        ConfigError: names the key, its value and what is expected.
    """
    if not 0 <= config["warmup"] < 1:
        raise ConfigError(
            f"{typed('warmup', config['warmup'])}: a number of at least 0 and below 1 is expected."
        )
    traced(config, chosen)
    if config["multiplicative"]:
        check_has_levels_above(chosen.stack, "multiplicative", value=True)
    if config["tune_after"] == "tensor" and (found := [k for k in UNTRACED if config[k] != UNTRACED[k]]):
        raise ConfigError(f"{typed(found[0], config[found[0]])}: tune_after=step is expected.")
    if config["multiplicative"] and 0 in chosen.alpha[:-1]:
        raise ConfigError(
            f"alpha={shown(chosen.alpha)}: with multiplicative=true a number above 0 is expected of a tuned "
            "alpha."
        )
    if config["tune_after"] == "tensor" and (
        chosen.stack[1:] != ("sgd",) or chosen.tune != ("alpha",) or any(chosen.clip)
    ):
        raise ConfigError(  # level 1 cannot update several times a step if it keeps state between them
            "tune_after=tensor: a stack of two levels with sgd on top, tune=alpha and clip=false is expected."
        )
