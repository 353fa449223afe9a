"""Where experiments lie: those that ship, a folder of one's own, single files."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from hyperopt.errors import ConfigError, shortened

VARIABLE, FILE, KEY = "HYPEROPT_EXPERIMENTS", "hyperopt.toml", "experiments"
ENDINGS = (".yaml", ".yml")


def own_root() -> Path | None:
    """The folder of one's own experiments: $HYPEROPT_EXPERIMENTS, else what hyperopt.toml here or above has.

    Raises:
        ConfigError: there is no such folder, or hyperopt.toml does not name one.
    """
    if given := os.environ.get(VARIABLE):
        return _folder(Path(given).expanduser(), f"{VARIABLE}={shortened(given)}")
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (path := folder / FILE).is_file():
            return _folder(folder / _named(path), f"{path}: {KEY}")
    return None


def is_path(pattern: str) -> bool:
    """Whether a pattern is a file rather than an id."""
    return pattern.endswith(ENDINGS)


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
