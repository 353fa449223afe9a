"""Where the two folders of records lie: what this machine trained, and what has been published."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from hyperopt.errors import ConfigError
from hyperopt.files import checkout_root, results_dir
from hyperopt.records.store import Store


def home() -> Path:
    """The working folder: $HYPEROPT_HOME, else the checkout's runs/, else runs/ in the current folder."""
    if given := os.environ.get("HYPEROPT_HOME"):
        try:
            return Path(given).expanduser()
        except RuntimeError:
            raise ConfigError(f"HYPEROPT_HOME={given}: there is no such user's folder.") from None
    return (checkout_root() or Path.cwd()) / "runs"


def working() -> Store:
    """Records of what this machine trained."""
    return Store(home() / "records", home())


def published() -> Store:
    """Records of what has been published; where there is a working folder, it keeps what is known of them."""
    folder = None
    with suppress(ConfigError, OSError):  # they are read also where nothing can be written
        folder = home() / "published" if home().is_dir() else None
    return Store(results_dir() / "records", known=folder)
