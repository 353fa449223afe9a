"""Data sets that are kept as files: fetched from a source, checked, and put into the verified cache."""

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
    """A data set whose arrays lie in the cache, each with its fingerprint.

    Attributes:
        kept: the arrays as the cache has them, uint8, by the names in `PARTS`.
    """

    kept: ClassVar[Mapping[str, ArraySpec]]
    pixels: ClassVar[bool] = True

    @classmethod
    def files(cls) -> Sequence[str]:
        """Files that a user can put below the data folder by hand, relative to it."""
        return ()

    @classmethod
    def sources(cls, root: Path) -> list[Source]:
        """The sources of the data, below or for the data folder `root`, nearest first."""
        return []

    @classmethod
    def fetch(cls, root: Path, *, refetch: bool = False) -> Arrays:
        """The four arrays, checked, from the first source that supplies them.

        Raises:
            DataError: no source does, or what lies below `root` is damaged.
        """
        return fetch(cls.name, cls.kept, root, cls.sources(root), cls.files(), refetch=refetch)

    @classmethod
    def read(cls, root: Path, *, refetch: bool = False) -> Arrays:
        """The four arrays, checked, from the cache, where they are put first if need be.

        Of two processes that start at once, one fetches and the other waits for it.
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
        """The four arrays, checked, from the cache."""
        return self.read(root)

    def fingerprint(self, arrays: Arrays) -> str:
        """A short hash of the fingerprints of the arrays kept."""
        return short(self.kept[part].sha256 for part in PARTS)

    @classmethod
    def prepare(cls, root: Path, *, refetch: bool = False) -> None:
        """Put it into the cache, checked."""
        cls.read(root, refetch=refetch)


def kept_images(
    shape: tuple[int, ...], rows: tuple[int, int], digests: tuple[str, str, str, str]
) -> dict[str, ArraySpec]:
    """The arrays of images [rows, *shape] of so many training and test rows; `digests` as in `PARTS`."""
    stored = shape[1:] if shape[0] == 1 else shape
    shapes = ((rows[0], *stored), rows[:1], (rows[1], *stored), rows[1:])
    return {part: ArraySpec(s, d) for part, s, d in zip(PARTS, shapes, digests, strict=True)}
