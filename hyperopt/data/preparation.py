"""Getting a data set into the verified local cache, once, and saying what lies there."""

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
    """What lies in the cache for one data set.

    Attributes:
        path: The folder of its arrays; None where none are needed.
        size: Bytes there.
        state: "verified" after its fingerprints were checked just now.
        message: Why it is damaged, else empty.
    """

    name: str
    path: Path | None
    size: int
    state: Literal["verified", "absent", "damaged"]
    message: str = ""


def prepare(name: str, *, root: Path | None = None, refetch: bool = False) -> None:
    """Make sure that a data set lies in the cache, checked; some need no files.

    Args:
        refetch: Fetch it again, whatever lies in the cache.

    Raises:
        DataError: It cannot be had, or is damaged.
    """
    root = root or cache.data_root()
    sweep(root)  # what a killed fetch left
    find(name).prepare(root, refetch=refetch)


def describe(name: str, *, root: Path | None = None) -> Status:
    """What lies in the cache for a data set, its fingerprints checked now; fetches nothing."""
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
