"""Settings of how a run trains that its stack must allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyperopt.errors import ConfigError, shown, typed
from hyperopt.optim.settings import Levels
from hyperopt.optim.trace import PRODUCT


def check_procedure(config: Mapping[str, Any], chosen: Levels) -> None:
    """Refuse settings of `Procedure` that are out of range, or at odds with the stack.

    Raises:
        ConfigError: names the key, its value and what is expected.
    """
    for key, least_that_is_not in (("warmup", 1.0), ("trace", None)):
        value = config[key]
        if not 0 <= value <= 1 or value == least_that_is_not:
            expected = "up to 1" if least_that_is_not is None else "up to, but not, 1"
            raise ConfigError(f"{typed(key, value)}: a number from 0 {expected} is expected.")
    traced = [key for key in ("trace", "hypergradient") if config[key] not in (0, PRODUCT)]
    for key in (*traced, *(["multiplicative"] if config["multiplicative"] else [])):
        if len(chosen.stack) == 1:
            raise ConfigError(
                f"{typed(key, config[key])}: stack={chosen.stack[0]} has no level above 0, which it is about."
            )
    if traced and (chosen.tune != ("alpha",) or config["tune_after"] == "tensor"):
        raise ConfigError(
            f"{typed(traced[0], config[traced[0]])}: tune=alpha is expected, and tune_after=step."
        )
    if config["multiplicative"] and 0 in chosen.alpha[:-1]:
        raise ConfigError(
            f"alpha={shown(chosen.alpha)}: with multiplicative=true a number above 0 is expected of a tuned "
            "alpha."
        )
    if config["tune_after"] == "tensor" and (
        chosen.stack[1:] != ("sgd",) or chosen.tune != ("alpha",) or any(chosen.clip)
    ):
        raise ConfigError(  # level 1 cannot move several times a step where it remembers its steps
            "tune_after=tensor: a stack of two levels with sgd on top, tune=alpha and clip=false is expected."
        )
