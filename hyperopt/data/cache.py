"""The verified local cache: one file of raw bytes per array, so that `sha256sum FILE` prints its fingerprint.

    ROOT/arrays/mnist/train_x.u8      uint8, C order, no header

ROOT is $HYPEROPT_DATA, else hyperopt/data in the user's cache folder. Files are written under temporary names
and renamed, and verified at every read, so neither a kill nor two concurrent writers leave wrong data.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hyperopt.data.dataset import PARTS, Arrays
from hyperopt.data.errors import DataError
from hyperopt.data.fingerprints import check
from hyperopt.durable import Lock, StorageError, aside, sweep

if TYPE_CHECKING:
    from hyperopt.data.stored import Stored


def data_root() -> Path:
    """Return the folder of data sets: $HYPEROPT_DATA, else hyperopt/data in $XDG_CACHE_HOME or ~/.cache."""
    given, cache = os.environ.get("HYPEROPT_DATA"), os.environ.get("XDG_CACHE_HOME")
    try:
        if given:
            return Path(given).expanduser().absolute()
        return Path(cache or "~/.cache").expanduser().absolute() / "hyperopt" / "data"
    except RuntimeError:
        name = f"HYPEROPT_DATA={given}" if given else "The data folder"
        told = "there is no such user's folder; set HYPEROPT_DATA to the folder where data sets lie."
        raise DataError(f"{name}: {told}") from None


def folder(root: Path, kind: type[Stored]) -> Path:
    """Return the folder of one data set's arrays."""
    return root / "arrays" / kind.name


def is_cached(root: Path, kind: type[Stored]) -> bool:
    """Return whether all files exist, without checking their contents."""
    return all(_file(root, kind, part).is_file() for part in PARTS)


def read(root: Path, kind: type[Stored]) -> Arrays:
    """Read the four arrays, each verified against its fingerprint.

    Raises:
        DamagedError: Names the file, the expected and actual checksums, and the remedy.
    """
    import numpy as np

    remedy = f"`hyperopt data {kind.name} --refetch` replaces it."
    paths = {part: _file(root, kind, part) for part in PARTS}
    return {
        part: check(str(path), np.fromfile(path, np.uint8), kind.kept[part], remedy)
        for part, path in paths.items()
    }


def write(root: Path, kind: type[Stored], arrays: Arrays) -> None:
    """Write verified arrays into the cache, whose folder exists."""
    sweep(folder(root, kind))
    for part in PARTS:
        with aside(_file(root, kind, part)) as path:
            arrays[part].tofile(path)


@contextmanager
def locked(root: Path, kind: type[Stored]) -> Iterator[None]:
    """Hold the lock for fetching one data set, so that of two processes one fetches and the other waits.

    Raises:
        DataError: The folder cannot be written.
    """
    lock = Lock(root / f".{kind.name}.lock")
    try:
        lock.acquire()
    except StorageError as error:
        raise DataError(
            f"The data folder {error} Set HYPEROPT_DATA to a folder that can be written."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _file(root: Path, kind: type[Stored], part: str) -> Path:
    return folder(root, kind) / f"{part}.u8"
