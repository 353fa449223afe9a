"""`hyperopt run --cfg` and `cfg=FILE`: writes a run as YAML with each value's origin, and reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hyperopt.errors import ConfigError, shortened, shown
from hyperopt.yaml_file import read_yaml

if TYPE_CHECKING:
    from hyperopt.config import Run

COMMAND_LINE = "command line"
WIDTH = 44
CFG = "cfg="


def taken(overrides: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the overrides, including those of `cfg=FILE`, and the origin of each key.

    The command line takes precedence over the file.

    Raises:
        ConfigError: the file is unreadable or does not hold keys and values, or `cfg=` names no file.
    """
    own = [word for word in overrides if not word.startswith(CFG)]
    files = [word.removeprefix(CFG) for word in overrides if word.startswith(CFG)]
    for word in own:
        if "=" not in word and word.endswith((".yaml", ".yml")):
            raise ConfigError(
                f"{shortened(word)}: key=value is expected; did you mean cfg={shortened(word)}?"
            )
    origins = {word.partition("=")[0]: COMMAND_LINE for word in own}
    if len(files) > 1:
        raise ConfigError(f"cfg={shortened(files[1])}: one file is expected.")
    of_file = []
    for file in files:
        for key, value in _read(Path(file).expanduser()):
            if key not in origins:
                of_file.append(f"{key}={shown(value)}")
                origins[key] = file
    return [*of_file, *own], origins


def _read(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        given = read_yaml(path)
    except OSError as error:
        raise ConfigError(f"cfg={shortened(str(path))}: it cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = shortened(getattr(error, "problem", None) or str(error).splitlines()[0])
        raise ConfigError(f"cfg={shortened(str(path))}: it cannot be read as YAML: {reason}.") from error
    if not isinstance(given, dict) or not given:
        raise ConfigError(
            f"cfg={shortened(str(path))}: keys and values are expected, such as those of --cfg."
        )
    seen = set()
    for key, value in _flat(given):
        if key in seen:
            raise ConfigError(f"cfg={shortened(str(path))}: {shortened(key)} is given twice.")
        seen.add(key)
        yield key, value


def _flat(given: Mapping[Any, Any], group: str = "") -> Iterator[tuple[str, Any]]:
    """Flatten a mapping to keys as in overrides; keys of nested mappings follow the outer key."""
    for key, value in given.items():
        if isinstance(value, dict) and not group:
            yield from _flat(value, str(key))
        elif value is not None:  # None is the value of a missing key
            yield (group if key == "name" else f"{group}.{key}") if group else str(key), value


def written(run: Run, origins: Mapping[str, str]) -> str:
    """Return a run as YAML for `cfg=FILE`, with its id in the first line and each value's origin."""
    lines = [f"# run {run.id}: {run.label}"]
    for key, value, origin in _values(run):
        text = f"{key}: {yaml.safe_dump(value, default_flow_style=True, width=1_000_000).splitlines()[0]}"
        lines.append(f"{text:{WIDTH}}  # {origins.get(key, origin)}")
    return "\n".join(lines)


def _values(run: Run) -> Iterator[tuple[str, Any, str]]:
    """Return every non-null setting of a run, and its origin if it was not given."""
    rules, form = f"default of {'/'.join(run.stack)}", f"form={run.form}"
    yield "stack", "/".join(run.stack), "default"
    yield "alpha", "/".join(map(shown, run.alpha)), rules
    if run.tune:
        yield "tune", list(run.tune), "default"
        yield "clip", "/".join(map(shown, run.clip)), "default"
    for key, value in run.numbers.items():
        yield key, value, f"rule {run.stack[0]}"
    yield "form", run.form, "default"
    for key, value in run.habits.items():
        yield key, value, form
    for group, options in (("dataset", run.dataset), ("model", run.model)):
        yield group, options["name"], "default"
        for key, value in options.items():
            if key != "name" and value is not None:
                plain = list(value) if isinstance(value, tuple) else value
                yield f"{group}.{key}", plain, f"{group} {options['name']}"
    yield "batch_size", run.batch_size, f"dataset {run.dataset['name']}"
    yield "epochs", run.epochs, f"dataset {run.dataset['name']} with {run.stack[0]}"
    for key, value in run.procedure.items():
        if value is not None:
            yield key, value, "default"
    yield "seed", run.seed, "default"
