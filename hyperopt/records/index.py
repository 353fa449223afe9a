"""The index of a folder: which record is in which file, cached in its own file.

The record files are authoritative. The cached index is checked against their sizes and times, and rebuilt if
it is missing, damaged or outdated. So a command reads only new files.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hyperopt.durable import StorageError
from hyperopt.errors import ImpossibleError
from hyperopt.records.parquet import (
    DamagedFileError,
    ForeignFileError,
    read_columns,
    texts,
    verified,
    whole_numbers,
    with_texts,
    write_table,
)
from hyperopt.records.timed import kind

ROWS = pa.schema(
    [
        ("file", pa.string()),
        ("id", pa.string()),
        ("kind", pa.string()),
        ("seed", pa.int64()),
        ("seconds", pa.float64()),
        ("steps", pa.int64()),
        ("pack", pa.int64()),
    ]
)
COMPACTED = "compacted"
"""The folder of merged files."""
AN_ID = re.compile(r"[\w-]{1,80}", re.ASCII)
NEW_FILES_WORTH_KEEPING, NEW_ROWS_WORTH_KEEPING = 16, 512
SETTLED_NS = 2_000_000_000
"""Age of a folder's last change from which its time is trusted: file-system clocks are coarse."""

Stamp = tuple[int, int]
"""A file's size and modification time."""


def no_rows() -> pa.Table:
    """Return a table without rows; `ROWS.empty_table()` would import pandas."""
    return pa.Table.from_batches([], ROWS)


@dataclass
class Index:
    """The contents of a folder's record files.

    Attributes:
        root: the folder.
        kept: the file of the cached index; None caches nothing.
        unreadable: called with every file without valid records, and the reason; it may move the file away.
        files: the stamp of every file, by path relative to `root`.
        bad: for files without valid records, the reason.
        file_of: by run id, its file; the first by name of several.
    """

    root: Path
    kept: Path | None
    unreadable: Callable[[Path, ImpossibleError], None]
    files: dict[str, Stamp] = field(default_factory=dict)
    bad: dict[str, str] = field(default_factory=dict)
    file_of: dict[str, str] = field(default_factory=dict)
    _parts: list[pa.Table] = field(default_factory=lambda: [no_rows()])
    _written: dict[str, tuple[Stamp, pa.Table]] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _rows_read: int = 0
    _folders: dict[Path, int | None] = field(default_factory=dict)

    @property
    def rows(self) -> pa.Table:
        """Return a row for every record, in no particular order."""
        if len(self._parts) > 1:
            self._parts = [pa.concat_tables(self._parts).combine_chunks()]
        return self._parts[0]

    def written(self, name: str, table: pa.Table) -> None:
        """Add what this process has just written to a file, which is not read again until it changes."""
        path = self.root / name
        with suppress(OSError, ImpossibleError):  # its reader reports what is wrong
            self._written[name] = _stamp(path.stat()), _rows(table, path, name)

    def refresh(self) -> None:
        """Bring the index up to date with all files.

        Raises:
            StorageError: a folder cannot be listed.
        """
        if not self._folders and self.kept is not None:
            self._load(self.kept)
        came, self._rows_read, whole = 0, 0, False
        while not whole:  # files that vanish between listing and reading were merged into another
            found = self._found()
            self._forget({name for name, stamp in self.files.items() if found.get(name) != stamp})
            new = {name: stamp for name, stamp in found.items() if name not in self.files}
            came, whole = came + len(new), self._read(new)
        for name, reason in self.bad.items():
            self._tell(name, ForeignFileError(reason))
        much = came >= NEW_FILES_WORTH_KEEPING or self._rows_read >= NEW_ROWS_WORTH_KEEPING
        if self.kept is not None and much:
            self._keep(self.kept)

    def catch_up(self) -> None:
        """Add files created since, by checking only the times of folders."""
        found: dict[str, Stamp | None] = {}
        for folder, seen in sorted(self._folders.items(), key=lambda item: item[0] == self._compacted):
            if seen is None or _changed(folder) != seen:
                found |= self._together() if folder == self._compacted else dict(self._list(folder))
        new = {name: stamp for name, stamp in found.items() if name not in self.files}
        whole = {name: stamp for name, stamp in new.items() if stamp is not None}
        if not self._folders or len(whole) < len(new) or not self._read(whole):
            self.refresh()

    @property
    def _compacted(self) -> Path:
        return self.root / COMPACTED

    def _found(self) -> dict[str, Stamp]:
        """Yield every file, merged ones last, so that records just merged are still seen."""
        self._folders = {self.root: None, self._compacted: None}
        found = dict(self._list(self.root)) | self._together()
        return {name: stamp for name, stamp in found.items() if stamp is not None}

    def _together(self) -> dict[str, Stamp | None]:
        """Return the merged files that two listings in a row agree on.

        While a folder is listed, a new file and a removed one may both be missed, and the removed one may
        have been merged into the new one.
        """
        before: dict[str, Stamp | None] | None = None
        while before != (last := dict(self._list(self._compacted))):
            before = last
        return last

    def _list(self, folder: Path) -> Iterator[tuple[str, Stamp | None]]:
        """Yield every file of a folder and of its new subfolders with its stamp; links are followed.

        A file that vanishes meanwhile, because it was merged, has None.
        """
        try:
            changed = _changed(folder)
            entries = [*os.scandir(folder)]
        except FileNotFoundError:
            if folder not in (self.root, self._compacted):  # which may yet come
                self._folders.pop(folder, None)
            return
        except OSError as error:
            raise StorageError(f"{folder} cannot be listed: {error.strerror}.", folder) from error
        self._folders[folder] = changed if time.time_ns() - changed > SETTLED_NS else None
        for entry in entries:
            path = folder / entry.name
            if entry.is_dir():
                if path not in self._folders and not (entry.is_symlink() and _leads_up(path)):
                    yield from self._list(path)
            elif entry.name.endswith(".parquet"):
                name = path.relative_to(self.root).as_posix()
                try:
                    yield name, _stamp(entry.stat())
                except FileNotFoundError:
                    if not entry.is_symlink():  # a dangling link has not vanished
                        yield name, None

    def _read(self, new: Mapping[str, Stamp]) -> bool:
        """Add the records of new files; return whether all files still existed."""
        if not new:
            return True
        tables, whole = [], True
        for name in sorted(new):
            path = self.root / name
            try:
                stamp, rows = self._written.pop(name, ((0, 0), no_rows()))
                tables.append(rows if stamp == new[name] else rows_of(path, name))
            except FileNotFoundError:
                whole = False
                continue
            except StorageError as error:  # it may be readable later
                self._tell(name, error)
                continue
            except ImpossibleError as error:
                self.bad[name] = str(error)
                self._tell(name, error)
            self.files[name] = new[name]
        self._rows_read += sum(map(len, tables))
        for rows in tables:
            self._take(rows)
        return whole

    def _tell(self, name: str, error: ImpossibleError) -> None:
        if name not in self._told:
            self._told.add(name)
            self.unreadable(self.root / name, error)

    def _forget(self, names: set[str]) -> None:
        if not names:
            return
        for name in names:
            del self.files[name]
            self.bad.pop(name, None)
        left = with_texts(self.rows, "file", texts(sorted(names)), others=True)
        self._parts, self.file_of = [no_rows()], {}
        self._take(left)

    def _take(self, rows: pa.Table) -> None:
        self._parts.append(rows)
        for id_, name in zip(rows["id"].to_pylist(), rows["file"].to_pylist(), strict=True):
            self.file_of[id_] = min(name, self.file_of.get(id_, name))

    def _load(self, kept: Path) -> None:
        with suppress(OSError, ImpossibleError, pa.ArrowException, ValueError, KeyError):
            file = pq.ParquetFile(pa.BufferReader(verified(kept)))
            notes = json.loads(file.metadata.metadata[b"files"])
            rows = as_declared(file.read().select(ROWS.names))
            self.files = {name: (size, changed) for name, (size, changed) in notes["files"].items()}
            self.bad = notes["bad"]
            self._take(rows)

    def _keep(self, kept: Path) -> None:
        notes = json.dumps({"files": self.files, "bad": self.bad})
        with suppress(StorageError):  # it only saves time
            write_table(kept, self.rows, {"files": notes})


def as_declared(table: pa.Table) -> pa.Table:
    """Return a table with the column types of `ROWS`; casts, whose import is slow, only if necessary."""
    return table if table.schema.equals(ROWS) else table.cast(ROWS)


def rows_of(path: Path, name: str) -> pa.Table:
    """Return the index rows of one file.

    Raises:
        FileNotFoundError: the file is gone.
        StorageError, DamagedFileError, ForeignFileError: it has no readable records.
    """
    if path.name.startswith("."):
        raise ForeignFileError(f"{path} is hidden, as no file of records is.")
    return _rows(read_columns(path, ["id", "config", "diverged", "seconds", "steps", "made"]), path, name)


def _rows(table: pa.Table, path: Path, name: str) -> pa.Table:
    """Return the index rows of a file's records."""
    if any(column.null_count for column in table.columns):
        raise ForeignFileError(f"{path} has a record without {_empty(table)}.")
    if not name.isprintable():
        raise ForeignFileError(f"{path} has a name that cannot be typed.")
    if not all(map(AN_ID.fullmatch, table["id"].to_pylist())):
        raise ForeignFileError(f"{path} has an id that no run has.")
    try:
        configs = [json.loads(text) for text in table["config"].to_pylist()]
        if not all(isinstance(c["stack"], str) and isinstance(c["alpha"], list) for c in configs):
            raise TypeError
        made = [dict(pairs) for pairs in table["made"].to_pylist()]
        kinds, seeds = [*map(kind, configs, made)], [config["seed"] for config in configs]
        sizes = [max(1, int(of_record.get("pack", 1))) for of_record in made]
        columns = [texts([name] * len(table)), table["id"], texts(kinds), whole_numbers(seeds)]
        columns += [table["seconds"], table["steps"], whole_numbers(sizes)]
        return pa.table(columns, schema=ROWS)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, pa.ArrowException) as error:
        raise DamagedFileError(f"{path} has a config that no run has.") from error


def _empty(table: pa.Table) -> str:
    return str(next(name for name in table.column_names if table[name].null_count))


def _leads_up(link: Path) -> bool:
    here = link.parent.resolve()
    return link.resolve() in (here, *here.parents)


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_size, status.st_mtime_ns


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
