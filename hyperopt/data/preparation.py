"""Fetches data sets into the verified local cache, and describes the cache."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hyperopt.data import cache
from hyperopt.data.errors import DamagedError
from hyperopt.data.registry import find
from hyperopt.data.stored import Stored
from hyperopt.durable import sweep


@dataclass(frozen=True)
class Status:
    """The state of one data set in the cache.

    Attributes:
        path: The folder of its arrays; None if none are needed.
        size: Size in bytes.
        state: "verified" if its fingerprints were just checked.
        message: Why it is damaged, else empty.
    """

    name: str
    path: Path | None
    size: int
    state: Literal["verified", "absent", "damaged"]
    message: str = ""


def prepare(name: str, *, root: Path | None = None, refetch: bool = False) -> None:
    """Ensure that a data set is in the cache and verified; some need no files.

    Args:
        refetch: Fetch it again, even if it is cached.

    Raises:
        DataError: It is unavailable or damaged.
    """
    root = root or cache.data_root()
    sweep(root)  # leftovers of a killed fetch
    find(name).prepare(root, refetch=refetch)


def describe(name: str, *, root: Path | None = None) -> Status:
    """Return a data set's state in the cache, verifying fingerprints now; fetches nothing."""
    kind = find(name)
    if not issubclass(kind, Stored):
        return Status(name, None, 0, "verified")
    root = root or cache.data_root()
    path = cache.folder(root, kind)
    if not cache.is_cached(root, kind):
        return Status(name, path, 0, "absent")
    size = sum(file.stat().st_size for file in path.glob("*.u8"))
    try:
        cache.read(root, kind)
    except DamagedError as error:
        return Status(name, path, size, "damaged", str(error))
    return Status(name, path, size, "verified")
