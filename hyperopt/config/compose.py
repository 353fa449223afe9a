"""Settings as Hydra composes them from conf/, under the typed schema: no unknown key, no wrong type."""

from __future__ import annotations

import copy
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from hyperopt.config.schema import DATASETS, MODELS, Procedure, check_value, run_schema, spec_of
from hyperopt.errors import ConfigError, shown, unknown
from hyperopt.files import conf_dir

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUPS = {"dataset": DATASETS, "model": MODELS}
EXPECTED = {int: "a whole number", float: "a number", bool: "true or false", str: "a name"}


def composed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults of conf/ with the given settings in their places, every value of its type and range.

    Raises:
        ConfigError: an unknown key or group choice, or a value of the wrong type or out of range.
    """
    chosen = {group: settings.get(group) for group in GROUPS}
    for group, name in chosen.items():
        if name is not None and name not in GROUPS[group]:
            raise unknown(group, str(name), GROUPS[group], given=f"{group}={shown(name)}")
    base = _composed(**chosen)
    config = copy.deepcopy(base)
    keys = settings_keys(**chosen)
    for key, value in settings.items():
        if key not in keys:
            raise unknown("key", key, keys, given=f"{key}={shown(value)}")
        if key not in GROUPS:
            _set(config, key, value)
    return cast("dict[str, Any]", OmegaConf.to_container(config))


def defaults(group: str, name: str) -> dict[str, Any]:
    """Default of every option of a data set or model."""
    config = _composed(**{other: name if other == group else None for other in GROUPS})
    return cast("dict[str, Any]", OmegaConf.to_container(config[group]))


@cache
def usual_procedure() -> dict[str, Any]:
    """Default of every setting of `Procedure`."""
    config = _composed(None, None)
    return {key.name: config[key.name] for key in fields(Procedure)}


@cache
def settings_keys(dataset: str | None = None, model: str | None = None) -> tuple[str, ...]:
    """Every key that settings may have with this data set and model (None: the default ones)."""
    config = _composed(dataset, model)
    top = [str(key) for key in config if key != "default_epochs"]
    return (*top, *(f"{group}.{option}" for group in GROUPS for option in config[group] if option != "name"))


@cache
def _composed(dataset: str | None, model: str | None) -> DictConfig:
    choices = {"dataset": dataset, "model": model}
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        plain = compose("config", overrides=[f"{group}={name}" for group, name in choices.items() if name])
    schema = run_schema(plain.dataset.name, plain.model.name)
    return cast("DictConfig", OmegaConf.merge(OmegaConf.structured(schema), plain))


def _set(config: DictConfig, key: str, value: Any) -> None:
    """Put one value into the typed config, in place."""
    spec, kind = spec_of(cast("type", OmegaConf.get_type(config)), key)
    typed: Any = list(value) if isinstance(value, tuple) else value
    if isinstance(value, float) and value.is_integer() and kind in (int, int | None):
        typed = int(value)
    try:
        if "${" in str(value) or (kind == list[int] and not isinstance(typed, list)):
            raise OmegaConfBaseException
        OmegaConf.update(config, key, typed)
    except OmegaConfBaseException:
        names = (text for known, text in EXPECTED.items() if kind in (known, known | None))
        expected: str | None = next(names, "a list of whole numbers, such as [128,64],")
    else:
        expected = check_value(OmegaConf.select(config, key), spec)
    if expected:
        raise ConfigError(f"{key}={shown(value)}: {expected} is expected.")
