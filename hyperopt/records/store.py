"""A folder of files of records."""

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
    """A folder of record files; a run that lies in several of them counts once, the first by name stands.

    A file that is not as it was written, or not of this program, is named and counts for nothing.

    Attributes:
        root: the folder.
        beside: where a damaged file is moved, and what is known of all files is kept; None where nothing may
            be moved.
        known: where what is known of all files is kept, if not `beside`; None keeps nothing.
    """

    root: Path
    beside: Path | None = None
    known: Path | None = None

    def ids(self) -> set[str]:
        """Ids of all runs here.

        Raises:
            StorageError: the folder cannot be listed; so for all that reads.
        """
        return {*self._now().file_of}

    def seeds(self) -> set[int]:
        """Seeds of all runs here."""
        return {*self._now().rows["seed"].to_pylist()}

    def present(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` whose records are here now, also by another command; cheap, and reads no record."""
        return self._now().file_of.keys() & ids

    def places(self) -> list[tuple[str, str]]:
        """File and id of every record, also of those that lie in several files."""
        rows = self._refreshed().rows
        return list(zip(rows["file"].to_pylist(), rows["id"].to_pylist(), strict=True))

    def starting_with(self, prefix: str) -> list[str]:
        """The ids that start so, in order."""
        return sorted(id_ for id_ in self._now().file_of if id_.startswith(prefix))

    def timed(self, kinds: Collection[str]) -> dict[str, list[Timed]]:
        """What records of some kinds (`kind`) took."""
        rows = with_texts(self._now().rows, "kind", texts(kinds))
        found = defaultdict(list)
        for row in rows.select(["kind", "seconds", "steps", "pack"]).to_pylist():
            if row["seconds"] > 0 and row["steps"] > 0:
                found[row.pop("kind")].append(Timed(**row))
        return dict(found)

    def summaries(self) -> pa.Table:
        """A row for every run here, with its config and what it ended with (`records.summaries.SUMMARY`)."""
        return summaries(self._now(), self._kept(SUMMARIES))

    @property
    def unreadable(self) -> list[str]:
        """Of every file here that holds no records, why."""
        return [*self._now().bad.values()]

    def load(self, ids: Iterable[str] | None = None) -> dict[str, Record]:
        """Records by id; all of them, or those of `ids` that are here."""
        return self._collected(ids, lambda path, some: {each.id: each for each in read_records(path, some)})

    def curves(self, metric: str, ids: Iterable[str] | None = None) -> dict[str, list[float]]:
        """A metric after each epoch, by id of the runs that have it; quicker than `load` of as many `ids`."""
        return self._collected(ids, partial(read_curves, metric=metric))

    def _collected(
        self, ids: Iterable[str] | None, read: Callable[[Path, Collection[str]], Mapping[str, T]]
    ) -> dict[str, T]:
        """What can be read of runs in their files, by id."""
        wanted = None if ids is None else {*ids}
        found: dict[str, T] = {}
        index, vanished = self._now(), True
        while vanished:  # another command has put files together meanwhile: its new ones are looked up
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
        """Write one pack's records as `name`.parquet, in a folder of few: they stay quick to list."""
        path = self.root / name[:2] / f"{name}.parquet"
        table = write_records(path, records)
        self._index.written(path.relative_to(self.root).as_posix(), table)
        return path

    def tidy(self) -> None:
        """Remove what killed commands left half-written; put many small files together."""
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
        """Say that a file counts for nothing, and move it away where it is ours and damaged."""
        done = "It is passed over."
        beside = self.beside if isinstance(error, DamagedFileError) else None
        if beside is not None and (moved := set_apart(path, beside)):
            done = f"It was moved to {moved}; what it held counts as missing."
        LOG.warning("%s %s", error, done)
