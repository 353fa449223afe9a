"""Parsing of settings: those with a value per level, bottom to top, and single numbers and truth values."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from hyperopt.optim.defaults import default_alphas
from hyperopt.optim.errors import ConfigError, shown, typed, unknown
from hyperopt.optim.own import WRITTEN
from hyperopt.optim.rules import RULES, find
from hyperopt.optim.spaces import HELD, UNIT_INTERVAL, in_float32, is_held

TRUTH = {"true": True, "false": False}
MINUS = str.maketrans("\N{MINUS SIGN}\N{EN DASH}\N{NON-BREAKING HYPHEN}", "---")


class NothingToClipError(ConfigError):
    """A clip was given for a stack of one level."""


def parse_stack(value: Any) -> tuple[str, ...]:
    """The rules, bottom to top, of a stack such as "adam/sgd" of any height."""
    if isinstance(value, str) and ":" not in value:
        return _kept_rules(value)
    return _rules_of(value)  # a user's own rule may change


def _rules_of(value: Any) -> tuple[str, ...]:
    several = isinstance(value, str | Sequence) and not isinstance(value, bytes)
    rules = tuple(_per_level(value)) if several else (value,)
    if not rules or "" in rules:
        raise ConfigError(
            f"{typed('stack', value)}: a level is empty; write rules bottom to top, such as adam/sgd."
        )
    for rule in rules:
        if isinstance(rule, str) and len(words := rule.split()) > 1 and {*words} <= {*RULES}:
            raise ConfigError(f"{typed('stack', value)}: levels are separated by /: {'/'.join(words)}.")
        if not isinstance(rule, str) or (":" not in rule and rule not in RULES):
            raise unknown("rule", shown(rule), (*RULES, WRITTEN), given=typed("stack", value))
        find(rule)
    for rule in rules[:-1]:
        if set(find(rule).hyperparameters) <= find(rule).constants:
            raise ConfigError(
                f"{typed('stack', value)}: {rule} has nothing that a level above could tune; "
                f"it is the top level, as in stack={rule}."
            )
    return rules


_kept_rules = lru_cache(maxsize=1024)(_rules_of)
"""`_rules_of` with a cache: thousands of runs have few stacks."""


def parse_alpha(value: Any, stack: tuple[str, ...], dtype: str = "float32") -> tuple[float, ...]:
    """One alpha per level: "0.01/1e-5" gives all, one number only the top level's; the rest are defaults."""
    if value is None:
        return default_alphas(stack)
    given = [parse_number("alpha", value, part, dtype) for part in _per_level(value)]
    if len(given) == 1:
        return (*default_alphas(stack)[:-1], given[0])
    if len(given) != len(stack):
        wanted = (
            "one number"
            if len(stack) == 1
            else f"one number (the top level's) or {len(stack)}, one per level"
        )
        raise ConfigError(f"{typed('alpha', value)}: stack={'/'.join(stack)} takes {wanted}.")
    return tuple(given)


def check_lr(lr: Any, alpha: Any, stack: Any) -> None:
    """Refuse an `lr` beside an `alpha` that gives level 0 another rate; None means not given."""
    if lr is None or alpha is None:
        return
    rules = parse_stack(stack)
    first = parse_alpha(alpha, rules, "float64")[0]
    if len(_per_level(alpha)) == len(rules) and parse_number("lr", lr, dtype="float64") != first:
        raise ConfigError(
            f"{typed('lr', lr)}: {typed('alpha', alpha)} gives level 0 another rate; give it once."
        )


def parse_clip(value: Any, stack: tuple[str, ...]) -> tuple[bool, ...]:
    """Whether each level above 0 clips; one value is for all of them, "false/true" has one for each."""
    parts = [TRUTH.get(str(part).lower()) for part in _per_level(value)]
    if not parts or None in parts:
        raise ConfigError(
            f"{typed('clip', value)}: true or false is expected, or each level's above 0, as in false/true."
        )
    clips = tuple(part is True for part in parts)
    above = len(stack) - 1
    if above == 0 and any(clips):
        raise NothingToClipError(
            f"{typed('clip', value)}: stack={stack[0]} has no level above 0 to clip; use clip=false."
        )
    if len(clips) == 1:
        return clips * above
    if len(clips) != above:
        takes = f"takes true, false, or {above} of them, one per level above 0"
        raise ConfigError(f"{typed('clip', value)}: stack={'/'.join(stack)} {takes}.")
    return clips


def parse_tune(value: Any, stack: tuple[str, ...], numbers: Mapping[str, float]) -> tuple[str, ...]:
    """Names of what level 1 tunes of level 0, in the rule's order; () for one level.

    "all" is everything that can be tuned without being named. It excludes weight decay, and a momentum of 0,
    which stays 0.
    """
    given = [value] if isinstance(value, str) else value
    names, there = find(stack[0]).hyperparameters, find(stack[0]).tunable(numbers, named=given != ["all"])
    if not isinstance(given, Sequence) or not given:
        raise ConfigError(
            f"{typed('tune', value)}: all, a hyperparameter or a list such as [alpha,beta1] is expected."
        )
    for name in given:
        if not isinstance(name, str) or (name not in names and given != ["all"]):
            raise unknown(
                "hyperparameter", shown(name), ("all", *names), of=stack[0], given=typed("tune", value)
            )
        if name in find(stack[0]).constants:
            raise ConfigError(
                f"{typed('tune', value)}: {name} is not tuned; {', '.join(there) or 'nothing'} can be."
            )
    tuned = tuple(name for name in there if name in given or given == ["all"])
    if not tuned and (len(stack) > 1 or given != ["all"]):
        raise ConfigError(
            f"{typed('tune', value)}: {given[0]} is 0 and cannot leave 0; give {given[0]}= or tune alpha."
        )
    return tuned if len(stack) > 1 else ()


def parse_number(key: str, value: Any, part: Any = None, dtype: str = "float32") -> float:
    """A number of at least 0 that `dtype` can hold; a minus sign may be typographic.

    `part` is the part of `value` to read, if it holds several.
    """
    given = value if part is None else part
    try:
        if isinstance(value, bool) or isinstance(part, bool):
            raise TypeError
        number = float(with_plain_minus(given) if isinstance(given, str) else given)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise ConfigError(f"{typed(key, value)}: a finite number of 0 or more is expected.")
    if dtype != "float64" and not is_held(number):
        raise ConfigError(f"{typed(key, value)}: a number of 0 or more {HELD} is expected.")
    return number + 0.0


def parse_share(key: str, value: Any) -> float:
    """A number from 0 up to 1."""
    share = math.nan
    with suppress(ConfigError):
        share = parse_number(key, value, dtype="float64")
    if not share <= 1:
        raise ConfigError(f"{typed(key, value)}: a number from 0 up to 1 is expected.")
    return share


def parse_truth(key: str, value: Any) -> bool:
    """True or false, also as text in any case."""
    truth = value if isinstance(value, bool) else TRUTH.get(str(value).lower())
    if truth is None:
        raise ConfigError(f"{typed(key, value)}: true or false is expected.")
    return truth


def with_plain_minus(text: str) -> str:
    """The text with a hyphen in place of each minus sign or dash of printed numbers."""
    return text.translate(MINUS)


def check_decay(key: str, value: float, rule: str, dtype: str, tuned: Collection[str]) -> None:
    """Refuse a decay rate that is 1 or more in `dtype`: a level above tunes it within the unit interval.

    A weight decay that is not among those `tuned` may be any number, as in torch.
    """
    if key == "weight_decay" and key not in tuned:
        return
    held = value if dtype == "float64" else in_float32(value)
    if find(rule)().space(key) is not UNIT_INTERVAL or held < 1:
        return
    why = "; float32 holds nothing between 0.99999994 and 1" if value < 1 else ""
    raise ConfigError(f"{typed(key, value)}: a number of at least 0 and below 1 is expected{why}.")


def _per_level(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part.strip() for part in value.split("/")]
    value = value.tolist() if hasattr(value, "tolist") else value  # an array, or a tensor
    return list(value) if isinstance(value, Sequence) else [value]
