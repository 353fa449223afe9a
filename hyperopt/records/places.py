"""Locations of the two record folders: runs trained on this machine, and published runs."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from hyperopt.errors import ConfigError
from hyperopt.files import checkout_root, results_dir
from hyperopt.records.store import Store


def home() -> Path:
    """Return the working folder: $HYPEROPT_HOME, else the checkout's runs/, else runs/ here."""
    if given := os.environ.get("HYPEROPT_HOME"):
        try:
            return Path(given).expanduser()
        except RuntimeError:
            raise ConfigError(f"HYPEROPT_HOME={given}: there is no such user's folder.") from None
    return (checkout_root() or Path.cwd()) / "runs"


def working() -> Store:
    """Return the store of runs trained on this machine."""
    return Store(home() / "records", home())


def published() -> Store:
    """Return the store of published runs; its index is cached in the working folder, if there is one."""
    folder = None
    with suppress(ConfigError, OSError):  # reading must work even if nothing can be written
        folder = home() / "published" if home().is_dir() else None
    return Store(results_dir() / "records", known=folder)
