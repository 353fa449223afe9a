"""Settings as Hydra composes them from conf/, under the typed schema: no unknown key, no wrong type."""

from __future__ import annotations

import copy
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from hyperopt import data, models
from hyperopt.config.schema import Procedure, run_schema
from hyperopt.errors import shown, typed, unknown
from hyperopt.files import conf_dir
from hyperopt.optim.levels import parse_stack
from hyperopt.options import Declared, put, usual

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUPS: dict[str, Mapping[str, type[Declared]]] = {"dataset": data.DATASETS, "model": models.MODELS}


def composed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults of conf/ with the given settings in their places; every value has its type and range.

    Raises:
        ConfigError: an unknown key or group choice, or a value of the wrong type or out of range.
    """
    chosen = {group: settings.get(group) for group in GROUPS}
    for group, name in chosen.items():
        known = isinstance(name, str) and (":" in name or name in GROUPS[group])
        if name is not None and not known:
            raise unknown(group, shown(name), GROUPS[group], given=typed(group, name))
    own = own_rules(settings["stack"]) if "stack" in settings else ()
    config = copy.deepcopy(_composed(**chosen, own=own))
    keys = settings_keys(**chosen, own=own)
    for key, value in settings.items():
        if key not in keys:
            raise unknown("key", key, keys, given=typed(key, value))
        if key not in GROUPS:
            put(config, key, value)
    return cast("dict[str, Any]", OmegaConf.to_container(config))


def own_rules(stack: Any) -> tuple[str, ...]:
    """The rules of a stack that are not the package's."""
    return tuple(dict.fromkeys(rule for rule in parse_stack(stack) if ":" in rule))


@cache
def usual_procedure() -> dict[str, Any]:
    """The default of every setting of `Procedure`."""
    config = _composed()
    return {key.name: config[key.name] for key in fields(Procedure)}


@cache
def settings_keys(
    dataset: str | None = None, model: str | None = None, own: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Every key that settings may have with this data set, model (None: the usual ones) and own rules."""
    config = _composed(dataset, model, own)
    options = (f"{group}.{option}" for group in GROUPS for option in config[group] if option != "name")
    return (*map(str, config), *options)


@cache
def _composed(dataset: str | None = None, model: str | None = None, own: tuple[str, ...] = ()) -> DictConfig:
    choices = {"dataset": dataset, "model": model}
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        here = [f"{group}={name}" for group, name in choices.items() if name and ":" not in name]
        plain = compose("config", overrides=here)
    for group, name in choices.items():
        if name and ":" in name:
            OmegaConf.update(plain, group, {"name": name}, merge=False, force_add=True)
    kinds = data.find(plain.dataset.name), models.find(plain.model.name)
    for kind in kinds:
        usual(kind)  # refuses options that cannot be read
    schema = run_schema(*kinds, own)
    return cast("DictConfig", OmegaConf.merge(OmegaConf.structured(schema), plain))
