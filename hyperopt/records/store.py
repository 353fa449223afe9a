"""A folder of record files."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from hyperopt.durable import set_apart, sweep
from hyperopt.errors import ImpossibleError
from hyperopt.records.compaction import compact
from hyperopt.records.index import Index
from hyperopt.records.parquet import (
    DamagedFileError,
    read_curves,
    read_records,
    texts,
    with_texts,
    write_records,
)
from hyperopt.records.record import Record
from hyperopt.records.summaries import summaries
from hyperopt.records.timed import Timed

T = TypeVar("T")
LOG = logging.getLogger(__name__)
INDEX, SUMMARIES = "index.parquet", "summaries.parquet"


@dataclass(frozen=True)
class Store:
    """A folder of record files; of a run in several files, the first by name counts.

    Damaged files and files of other programs are reported and ignored.

    Attributes:
        root: the folder.
        beside: where damaged files are moved and indexes are cached; None if nothing may be moved.
        known: where indexes are cached, if not `beside`; None caches nothing.
    """

    root: Path
    beside: Path | None = None
    known: Path | None = None

    def ids(self) -> set[str]:
        """Return the ids of all runs here.

        Raises:
            StorageError: the folder cannot be listed; also raised by all other reading methods.
        """
        return {*self._now().file_of}

    def seeds(self) -> set[int]:
        """Return the seeds of all runs here."""
        return {*self._now().rows["seed"].to_pylist()}

    def present(self, ids: Iterable[str]) -> set[str]:
        """Return those of `ids` with records here now, also by other commands; cheap, reads no record."""
        return self._now().file_of.keys() & ids

    def places(self) -> list[tuple[str, str]]:
        """Return file and id of every record, including duplicates."""
        rows = self._refreshed().rows
        return list(zip(rows["file"].to_pylist(), rows["id"].to_pylist(), strict=True))

    def starting_with(self, prefix: str) -> list[str]:
        """Return the ids with this prefix, in order."""
        return sorted(id_ for id_ in self._now().file_of if id_.startswith(prefix))

    def timed(self, kinds: Collection[str]) -> dict[str, list[Timed]]:
        """Return the timings in records of some kinds (`kind`)."""
        rows = with_texts(self._now().rows, "kind", texts(kinds))
        found = defaultdict(list)
        for row in rows.select(["kind", "seconds", "steps", "pack"]).to_pylist():
            if row["seconds"] > 0 and row["steps"] > 0:
                found[row.pop("kind")].append(Timed(**row))
        return dict(found)

    def summaries(self) -> pa.Table:
        """Return a row for every run here: its config and final results (`records.summaries.SUMMARY`)."""
        return summaries(self._now(), self._kept(SUMMARIES))

    @property
    def unreadable(self) -> list[str]:
        """Return, for every file without valid records, the reason."""
        return [*self._now().bad.values()]

    def load(self, ids: Iterable[str] | None = None) -> dict[str, Record]:
        """Return records by id; all of them, or those of `ids` that are here."""
        return self._collected(ids, lambda path, some: {each.id: each for each in read_records(path, some)})

    def curves(self, metric: str, ids: Iterable[str] | None = None) -> dict[str, list[float]]:
        """Return a metric after each epoch by id of the runs that have it; faster than `load`."""
        return self._collected(ids, partial(read_curves, metric=metric))

    def _collected(
        self, ids: Iterable[str] | None, read: Callable[[Path, Collection[str]], Mapping[str, T]]
    ) -> dict[str, T]:
        """Collect what can be read of runs from their files, by id."""
        wanted = None if ids is None else {*ids}
        found: dict[str, T] = {}
        index, vanished = self._now(), True
        while vanished:  # another command has merged files: look in the new ones
            vanished = False
            by_file = defaultdict(list)
            ids = index.file_of.keys() if wanted is None else wanted & index.file_of.keys()
            for id_ in ids - found.keys():
                by_file[index.file_of[id_]].append(id_)
            for name in sorted(by_file):
                try:
                    found |= self._read(name, by_file[name], read)
                except FileNotFoundError:
                    vanished = True
            if vanished:
                index.refresh()
        return found

    def write(self, records: Sequence[Record], name: str) -> Path:
        """Write a pack's records as `name`.parquet, in a folder of few files, which is fast to list."""
        path = self.root / name[:2] / f"{name}.parquet"
        table = write_records(path, records)
        self._index.written(path.relative_to(self.root).as_posix(), table)
        return path

    def tidy(self) -> None:
        """Remove partial files of killed commands; merge small files if there are many."""
        for folder in (self.root, *self.root.glob("*/")):
            sweep(folder)
        compact(self.root, self._refreshed())

    @cached_property
    def _index(self) -> Index:
        return Index(self.root, self._kept(INDEX), self._set_apart)

    def _kept(self, name: str) -> Path | None:
        folder = self.known or self.beside
        return None if folder is None else folder / name

    def _now(self) -> Index:
        self._index.catch_up()
        return self._index

    def _refreshed(self) -> Index:
        self._index.refresh()
        return self._index

    def _read(
        self, name: str, ids: Collection[str], read: Callable[[Path, Collection[str]], Mapping[str, T]]
    ) -> Mapping[str, T]:
        path = self.root / name
        try:
            return read(path, ids)
        except ImpossibleError as error:
            self._set_apart(path, error)
            return {}

    def _set_apart(self, path: Path, error: ImpossibleError) -> None:
        """Report an invalid file, and move it away if it is ours and damaged."""
        done = "It is skipped."
        beside = self.beside if isinstance(error, DamagedFileError) else None
        if beside is not None and (moved := set_apart(path, beside)):
            done = f"It was moved to {moved}; what it held counts as missing."
        LOG.warning("%s %s", error, done)
