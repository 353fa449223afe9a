"""All settings of a stored run, including those at their defaults, which its record omits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from hyperopt import data, models
from hyperopt.config.compose import usual_procedure
from hyperopt.config.sweep import shipped_keys
from hyperopt.errors import ConfigError
from hyperopt.optim import parsing
from hyperopt.optim.assemble import habits_of
from hyperopt.optim.own import is_at_hand
from hyperopt.optim.rules import find
from hyperopt.options import usual

NEVER_KEPT = ("form",)
"""Keys of `hyperopt run` that records do not contain: `form` stands for the options that it sets."""


def settings_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return all settings of a run, by the keys of overrides.

    Reading a record must not run code that the record names. Defaults of a user's own rules, data sets and
    models are therefore left out unless their module has been imported.

    Args:
        config: the canonical form of the run, as in its record.
    """
    rules = tuple(config["stack"].split("/"))
    clips = tuple(config.get("clip", [False] * (len(rules) - 1)))
    whole = {
        **(_options("dataset", config["dataset"]) if is_at_hand(config["dataset"]) else {}),
        **(_options("model", config["model"]) if is_at_hand(config["model"]) else {}),
        **(_of_rules(rules, any(clips)) if is_at_hand(*rules) else {}),
        **usual_procedure(),
        **{key: value for key, value in config.items() if key != "versions"},
        "clip": list(clips),
    }
    if "tune" not in config and is_at_hand(*rules):
        whole["tune"] = _tuned(rules, tuple(sorted(_numbers(rules, config).items())))
    return whole


def known_keys() -> tuple[str, ...]:
    """Return the keys of all shipped settings that records contain."""
    return tuple(key for key in shipped_keys() if key not in NEVER_KEPT)


@cache
def _options(group: str, name: str) -> Mapping[str, Any]:
    find_kind: Any = data.find if group == "dataset" else models.find
    try:
        kind = find_kind(name)
        return {f"{group}.{key}": _plain(value) for key, value in usual(kind).items()}
    except ConfigError:
        return {}


@cache
def _of_rules(rules: tuple[str, ...], clips: bool) -> Mapping[str, Any]:
    """Return the defaults of level 0's hyperparameters and of the options that `form` sets."""
    try:
        numbers = {key: value for key, value in find(rules[0]).hyperparameters.items() if key != "alpha"}
        return numbers | {key: reported for key, (_, reported) in habits_of(rules, clip=clips).items()}
    except ConfigError:
        return {}


def _numbers(rules: tuple[str, ...], config: Mapping[str, Any]) -> dict[str, float]:
    usual_numbers = _of_rules(rules, clips=False)
    try:
        names = find(rules[0]).hyperparameters
    except ConfigError:
        return {}
    return {key: config.get(key, usual_numbers[key]) for key in names if key != "alpha"}


def _tuned_of(rules: tuple[str, ...], numbers: tuple[tuple[str, float], ...]) -> list[str]:
    try:
        return list(parsing.parse_tune("all", rules, dict(numbers)))
    except ConfigError:
        return []


_tuned = cast("Any", cache(_tuned_of))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
