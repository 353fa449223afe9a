"""Data sets stored as files: fetched from a source, verified, and put into the cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from hyperopt.data import cache
from hyperopt.data.dataset import PARTS, Arrays, Dataset
from hyperopt.data.fingerprints import ArraySpec, short
from hyperopt.data.sources import Source, fetch


@dataclass(frozen=True, kw_only=True)
class Stored(Dataset):
    """A data set whose arrays are in the cache, each with its fingerprint.

    Attributes:
        kept: the arrays as stored in the cache, uint8, by the names in `PARTS`.
    """

    kept: ClassVar[Mapping[str, ArraySpec]]
    pixels: ClassVar[bool] = True

    @classmethod
    def files(cls) -> Sequence[str]:
        """Return the files that a user can put into the data folder by hand, relative to it."""
        return ()

    @classmethod
    def sources(cls, root: Path) -> list[Source]:
        """Return the sources of the data for the data folder `root`, nearest first."""
        return []

    @classmethod
    def fetch(cls, root: Path, *, refetch: bool = False) -> Arrays:
        """Return the four verified arrays from the first source that supplies them.

        Raises:
            DataError: no source does, or files under `root` are damaged.
        """
        return fetch(cls.name, cls.kept, root, cls.sources(root), cls.files(), refetch=refetch)

    @classmethod
    def read(cls, root: Path, *, refetch: bool = False) -> Arrays:
        """Return the four verified arrays from the cache, fetching them first if necessary.

        If two processes start at once, one fetches and the other waits for it.
        """
        if cache.is_cached(root, cls) and not refetch:
            return cache.read(root, cls)
        with cache.locked(root, cls):
            if cache.is_cached(root, cls) and not refetch:
                return cache.read(root, cls)
            arrays = cls.fetch(root, refetch=refetch)
            cache.write(root, cls, arrays)
            return arrays

    def arrays(self, root: Path) -> Arrays:
        """Return the four verified arrays from the cache."""
        return self.read(root)

    def fingerprint(self, arrays: Arrays) -> str:
        """Return a short hash of the stored arrays' fingerprints."""
        return short(self.kept[part].sha256 for part in PARTS)

    @classmethod
    def prepare(cls, root: Path, *, refetch: bool = False) -> None:
        """Put it into the cache, verified."""
        cls.read(root, refetch=refetch)


def kept_images(
    shape: tuple[int, ...], rows: tuple[int, int], digests: tuple[str, str, str, str]
) -> dict[str, ArraySpec]:
    """Return the specs of image arrays [rows, *shape] for these row counts; `digests` as in `PARTS`."""
    stored = shape[1:] if shape[0] == 1 else shape
    shapes = ((rows[0], *stored), rows[:1], (rows[1], *stored), rows[1:])
    return {part: ArraySpec(s, d) for part, s, d in zip(PARTS, shapes, digests, strict=True)}
