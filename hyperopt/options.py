"""Options of data sets and models: typed, validated dataclass fields with defaults."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, make_dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, cast, get_args, get_type_hints

from hyperopt.errors import ConfigError, typed, unknown
from hyperopt.files import conf_dir
from hyperopt.optim.spaces import HELD, in_float32, is_held
from hyperopt.yaml_file import read_yaml

if TYPE_CHECKING:
    from omegaconf import DictConfig

EXPECTED = {int: "a whole number", float: "a number", bool: "true or false", str: "a name"}
MOST = 2**63 - 1
"""The largest integer that a record can store."""
PLAIN = (str, int, float, bool, type(None))
SEVERAL = tuple[int, ...]
"""The type of options that are lists of integers."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """The declaration of a data set or model: its fields are the options that a run may give.

    A field's metadata may restrict it: `least` and `most` (integers), `above` (numbers), `choices`.
    Declarations in the package have their defaults in conf/GROUP/NAME.yaml; user-defined ones have them in
    their fields.

    Attributes:
        group: "dataset" or "model".
        name: the name used in settings; `package.module:Class` for a user-defined one.
        version: increased when its arithmetic changes, so that older records become stale.
    """

    group: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[int] = 1

    def __init_subclass__(cls) -> None:
        """Give a class without a name its default name."""
        if "name" not in cls.__dict__:
            cls.name = f"{cls.__module__}:{cls.__qualname__}"


def _schema_of(kind: type[Declared]) -> type:
    """Return the OmegaConf schema of a data set's or model's options: its fields and `name`."""
    if unfit := [key.name for key in fields(kind) if key.name == "name"]:
        raise ConfigError(f"{kind.__name__}: no option can be called {unfit[0]}.")
    hints = get_type_hints(kind)
    copies = [(key.name, hints[key.name], _copy(key)) for key in fields(kind)]
    return make_dataclass(kind.__name__, [("name", str, field()), *copies], kw_only=True)


schema_of = cast("Callable[[type[Declared]], type]", cache(_schema_of))
"""`_schema_of`, cached."""


def _usual(kind: type[Declared]) -> dict[str, Any]:
    """Return the default of every option: from conf/ for the package's declarations, else from the field.

    Raises:
        ConfigError: an option has no default, or an unsupported type.
    """
    options = _of_fields(kind) if ":" in kind.name else _of_conf(kind)
    return {key: hashable(value) for key, value in options.items() if key != "name"}


def _of_conf(kind: type[Declared]) -> dict[str, Any]:
    """Return the defaults of a declaration in the package; values missing in conf/ come from its fields."""
    written = read_yaml(conf_dir() / kind.group / f"{kind.name}.yaml")
    given = {key: checked(schema_of(kind), key, value) for key, value in written.items()}
    return {key.name: given.get(key.name, key.default) for key in fields(kind)}


def _of_fields(kind: type[Declared]) -> dict[str, Any]:
    """Return the defaults of a user-defined declaration."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    name = kind.name
    try:
        config = OmegaConf.merge(OmegaConf.structured(schema_of(kind)), {"name": name})
    except OmegaConfBaseException as error:
        raise ConfigError(f"{name}: its options cannot be read: {str(error).splitlines()[0]}") from error
    if missing := OmegaConf.missing_keys(config):
        raise ConfigError(f"{name}: its option {min(missing)} has no default.")
    return cast("dict[str, Any]", OmegaConf.to_container(config))


usual = cast("Callable[[type[Declared]], dict[str, Any]]", cache(_usual))
"""`_usual`, cached because it reads a file; cast because mypy considers such classes unhashable."""


def completed(kind: type[Declared], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every option with its value, filling in defaults.

    Raises:
        ConfigError: an option does not exist, or a value is invalid.
    """
    options, schema = usual(kind), schema_of(kind)
    for key, value in given.items():
        if key not in options:
            raise unknown("option", key, options, of=kind.name, given=typed(key, value))
    return options | {key: hashable(checked(schema, key, value)) for key, value in given.items()}


def checked(schema: type, key: str, value: Any) -> Any:
    """Convert a value to its declared type and return it as a plain value, lists as lists.

    Args:
        schema: a dataclass of typed fields, which may themselves be such dataclasses.
        key: such as `seed`, or `model.hidden` if `model` is a nested dataclass.
        value: the given value.

    Raises:
        ConfigError: it is of the wrong type or out of range.
    """
    if isinstance(value, str | int) or value is None:
        return _kept_checked(schema, key, value)
    return _checked(schema, key, value)


def _checked(schema: type, key: str, value: Any) -> Any:
    spec, kind = _specs(schema)[key]
    plain: Any = list(value) if isinstance(value, tuple) else value
    if isinstance(value, float) and value.is_integer() and kind in (int, int | None):
        plain = int(value)
    expected = _expected(kind)
    try:
        if _is_reference(plain) or not _is_shaped(plain, kind, scalar=expected is not None):
            raise ValueError
        plain = _converted(plain, kind)
    except (ValueError, OverflowError, RecursionError):  # RecursionError: brackets nested two hundred deep
        expected = expected or "a plain value"
    else:
        expected = _unexpected(plain, spec)
    if expected:
        raise ConfigError(f"{typed(key, value)}: {expected} is expected.")
    return plain


_kept_checked = lru_cache(maxsize=4096, typed=True)(_checked)
"""`_checked`, cached: thousands of runs have few distinct values. Not for floats: 0.0 equals -0.0."""


def _converted(value: Any, kind: Any) -> Any:
    """Convert a value to a type; calls OmegaConf, which is slow, only if the type differs."""
    items = value if isinstance(value, list) else [value]
    if type(value) in (get_args(kind) or (kind,)) or (kind is Any and all(type(i) in PLAIN for i in items)):
        return value
    if type(value) in (int, str) and kind in (float, float | None):
        return float(value)
    if kind == SEVERAL and all(type(item) is int for item in value):
        return value
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    holder = copy.deepcopy(_holder(kind))
    try:
        holder.value = value
    except OmegaConfBaseException as error:
        raise ValueError from error
    return cast("dict[str, Any]", OmegaConf.to_container(holder))["value"]


@cache
def _expected(kind: Any) -> str | None:
    """Describe the expected type for an error message; None if nothing specific is known."""
    if kind == SEVERAL:
        return "a list of whole numbers, such as [128,64],"
    return next((text for known, text in EXPECTED.items() if kind in (known, known | None)), None)


@cache
def _holder(kind: Any) -> DictConfig:
    """Return the schema of a config with one value of this type."""
    from omegaconf import MISSING as NOTHING_YET
    from omegaconf import OmegaConf

    one = make_dataclass("One", [("value", kind, field(default=NOTHING_YET))])
    return cast("DictConfig", OmegaConf.structured(one))


def hashable(value: Any) -> Any:
    """Return a value in the form that runs store: lists become tuples."""
    return tuple(value) if isinstance(value, list) else value


def _is_reference(value: Any) -> bool:
    """Return whether OmegaConf would treat a value as missing or as an interpolation."""
    if isinstance(value, dict):
        return any(map(_is_reference, [*value, *value.values()]))
    if isinstance(value, list | tuple):
        return any(map(_is_reference, value))
    return isinstance(value, str) and (value == "???" or "${" in value)


def _is_shaped(value: Any, kind: Any, *, scalar: bool) -> bool:
    """Return whether a value is a list exactly if a list is expected."""
    if kind == SEVERAL:
        return isinstance(value, list) and not any(isinstance(item, list | tuple | dict) for item in value)
    return not scalar or not isinstance(value, list | tuple | dict)


def _copy(key: Field[Any]) -> Any:
    factory: Any = key.default_factory
    if isinstance(key.default, tuple):  # a list to OmegaConf
        values = list(key.default)
        return field(default_factory=lambda: values, metadata=key.metadata)
    if factory is not MISSING:
        return field(default_factory=factory, metadata=key.metadata)
    return field(default=key.default, metadata=key.metadata)


def _unexpected(value: Any, spec: Field[Any]) -> str | None:
    """Describe what is expected if a well-typed value is out of range; else None."""
    least, choices = spec.metadata.get("least"), spec.metadata.get("choices")
    most = spec.metadata.get("most", MOST)
    if choices and value not in choices:
        return f"one of {', '.join(choices)}"
    if least is not None and isinstance(value, list) and (not value or min(value) < least):
        return f"a list of one or more whole numbers of {least} or more"
    if least is not None and isinstance(value, list) and max(value) > most:
        return f"a list of whole numbers of {most:.2g} or less"
    if least is not None and isinstance(value, int) and not least <= value <= most:
        return f"a whole number of {least} or more" + (f", up to {most:.2g}," if value > most else "")
    if "above" in spec.metadata and not (is_held(value) and in_float32(value) > spec.metadata["above"]):
        return f"a number above {spec.metadata['above']} {HELD}"
    if isinstance(value, float) and not (is_held(value) and value >= 0):
        return f"a number of 0 or more {HELD}"
    return None


@cache
def _specs(schema: type) -> dict[str, tuple[Field[Any], Any]]:
    """Return the field and type of every key, such as `seed` or `model.hidden`."""
    hints = get_type_hints(schema)
    found: dict[str, tuple[Field[Any], Any]] = {}
    for spec in fields(schema):
        hint = hints[spec.name]
        found[spec.name] = spec, hint
        if is_dataclass(hint):
            found |= {f"{spec.name}.{key}": inner for key, inner in _specs(cast("type", hint)).items()}
    return found
