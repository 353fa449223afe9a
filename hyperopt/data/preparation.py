"""Getting a data set into the verified local cache, once, and saying what lies there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hyperopt.data import cache, horses
from hyperopt.data.errors import DamagedError
from hyperopt.data.fingerprints import Arrays, check_all
from hyperopt.data.sources import fetch, sources
from hyperopt.data.specs import DatasetSpec, spec_of


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
    spec = spec_of(name)
    if spec.has_images:
        read(spec, root or cache.data_root(), refetch=refetch)


def read(spec: DatasetSpec, root: Path, *, refetch: bool = False) -> Arrays:
    """The four arrays, checked, from the cache, where they are put first if need be.

    Of two processes that start at once, one fetches and the other waits for it.
    """
    if cache.is_cached(root, spec) and not refetch:
        return cache.read(root, spec)
    with cache.locked(root, spec):
        if cache.is_cached(root, spec) and not refetch:
            return cache.read(root, spec)
        if spec.made_of:
            arrays = _made(spec, spec.made_of, root)
        else:
            arrays = fetch(spec, root, sources(spec, root), refetch=refetch)
        cache.write(root, spec, arrays)
        return arrays


def _made(spec: DatasetSpec, of: str, root: Path) -> Arrays:
    """The four arrays of a data set that is made of another, checked."""
    return check_all(of, horses.horses_of(read(spec_of(of), root)), spec)


def describe(name: str, *, root: Path | None = None) -> Status:
    """What lies in the cache for a data set, its fingerprints checked now; fetches nothing."""
    spec = spec_of(name)
    if not spec.has_images:
        return Status(name, None, 0, "verified")
    root = root or cache.data_root()
    path = cache.folder(root, spec)
    if not cache.is_cached(root, spec):
        return Status(name, path, 0, "absent")
    size = sum(file.stat().st_size for file in path.glob("*.u8"))
    try:
        cache.read(root, spec)
    except DamagedError as error:
        return Status(name, path, size, "damaged", str(error))
    return Status(name, path, size, "verified")
