"""Composes settings from conf/ under the typed schema: unknown keys and wrong types are errors."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from hyperopt import data, models
from hyperopt.config.schema import Procedure, keys_of, run_schema
from hyperopt.errors import shown, typed, unknown
from hyperopt.files import conf_dir
from hyperopt.optim.parsing import parse_stack
from hyperopt.options import Declared, checked, usual
from hyperopt.yaml_file import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUPS: dict[str, Mapping[str, type[Declared]]] = {"dataset": data.DATASETS, "model": models.MODELS}


def composed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults of conf/ overridden by the given settings; every value is validated.

    Raises:
        ConfigError: an unknown key or group choice, or a value of the wrong type or out of range.
    """
    chosen = {group: settings.get(group) for group in GROUPS}
    for group, name in chosen.items():
        known = isinstance(name, str) and (":" in name or name in GROUPS[group])
        if name is not None and not known:
            raise unknown(group, shown(name), GROUPS[group], given=typed(group, name))
    own = own_rules(settings["stack"]) if "stack" in settings else ()
    base = _composed(chosen["dataset"], chosen["model"], own)
    config = base.values | {group: dict(base.values[group]) for group in GROUPS}
    for key, value in settings.items():
        if key not in base.keys:
            raise unknown("key", key, base.keys, given=typed(key, value))
        if key not in GROUPS:
            group, _, option = key.rpartition(".")
            (config[group] if group else config)[option] = checked(base.schema, key, value)
    return config


def own_rules(stack: Any) -> tuple[str, ...]:
    """Return the user-defined rules of a stack."""
    return tuple(dict.fromkeys(rule for rule in parse_stack(stack) if ":" in rule))


@cache
def usual_procedure() -> dict[str, Any]:
    """Return the default of every setting of `Procedure`."""
    values = _defaults()
    return {key.name: values[key.name] for key in fields(Procedure)}


@cache
def settings_keys(
    dataset: str | None = None, model: str | None = None, own: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return every allowed key for this data set, model and user-defined rules."""
    kinds = [data.find(dataset)] if dataset else []
    return keys_of([*kinds, models.find(model)] if model else kinds, own)


@dataclass(frozen=True)
class Composed:
    """The settings for a choice of data set, model and rules.

    Attributes:
        values: every default; those of the data set and model are nested dicts.
        schema: their types.
        keys: every allowed key, in order.
    """

    values: dict[str, Any]
    schema: type
    keys: dict[str, None]


@cache
def _composed(dataset: str | None, model: str | None, own: tuple[str, ...]) -> Composed:
    values = _defaults()
    names = {"dataset": dataset or values["dataset"]["name"], "model": model or values["model"]["name"]}
    kinds = data.find(names["dataset"]), models.find(names["model"])
    groups = {kind.group: {"name": names[kind.group], **usual(kind)} for kind in kinds}
    schema = run_schema(*kinds, own)
    values = {key.name: values.get(key.name) for key in fields(schema)} | groups
    return Composed(values, schema, dict.fromkeys(keys_of(kinds, own)))


@cache
def _defaults() -> dict[str, Any]:
    """Return the defaults of conf/config.yaml and each group's choice, as Hydra would compose them.

    Importing Hydra would take as long as everything else.
    """
    written = read_yaml(conf_dir() / "config.yaml")
    choices = dict(item for entry in written.pop("defaults") if entry != "_self_" for item in entry.items())
    schema = run_schema(data.find(choices["dataset"]), models.find(choices["model"]))
    groups = {group: {"name": name} for group, name in choices.items()}
    return {key: checked(schema, key, value) for key, value in written.items()} | groups
