"""The folder of the user's own experiments."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from hyperopt.errors import ConfigError, shortened

VARIABLE, FILE, KEY = "HYPEROPT_EXPERIMENTS", "hyperopt.toml", "experiments"
ENDINGS = (".yaml", ".yml")


def own_root() -> Path | None:
    """Return the folder of the user's own experiments; None if there is none.

    $HYPEROPT_EXPERIMENTS names it, or else hyperopt.toml in the current folder or the nearest one above.

    Raises:
        ConfigError: the folder does not exist, or hyperopt.toml does not name one.
    """
    if given := os.environ.get(VARIABLE):
        return _folder(Path(given).expanduser(), f"{VARIABLE}={shortened(given)}")
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (path := folder / FILE).is_file():
            return _folder(folder / _named(path), f"{path}: {KEY}")
    return None


def is_path(pattern: str) -> bool:
    """Return whether a pattern is the path of a file rather than an id."""
    return pattern.endswith(ENDINGS)


def id_of_path(pattern: str) -> str:
    """Return the id of the experiment in a file: `<its folder>/<its name>`."""
    path = Path(pattern).expanduser().resolve()
    return f"{path.parent.name}/{path.stem}"


def _named(path: Path) -> str:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8")).get(KEY)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}.") from error
    if not isinstance(given, str):
        raise ConfigError(f'{path}: a line {KEY} = "FOLDER" is expected.')
    return given


def _folder(folder: Path, what: str) -> Path:
    if not folder.is_dir():
        raise ConfigError(f"{what}: there is no folder {folder}.")
    return folder.resolve()
