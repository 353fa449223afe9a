"""Merges many small record files into few, without ever losing a record.

The new file is on disk before the files that it replaces are removed. So a kill can leave duplicate records
but never lose one; the next merge removes duplicates.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from hyperopt.durable import Lock
from hyperopt.errors import ImpossibleError
from hyperopt.records.index import COMPACTED, Index
from hyperopt.records.parquet import read_columns, texts, with_texts, without_steps, write_table
from hyperopt.records.record import SCHEMA

COMPACTING = ".compact.lock"
"""The lock of a command that merges files or removes records."""
MANY = 1024
"""Number of small files from which they are merged."""
ROWS_OF_A_FILE = 4096
SMALL = ROWS_OF_A_FILE // 2
BYTES_OF_A_FILE = 64_000_000


def compact(root: Path, index: Index, many: int = MANY) -> None:
    """Merge a folder's small files if there are many, unless another command is doing so.

    Args:
        root: the folder.
        index: the folder's index, up to date.
        many: the number of small files from which they are merged.
    """
    if len(_small(index)) < many:
        return
    lock = Lock(root / COMPACTING)
    if not lock.acquire(wait=False):
        return
    try:
        index.refresh()  # another command may have done it since
        small = _small(index)
        kept = {*with_texts(index.rows, "file", texts(small), others=True)["id"].to_pylist()}
        for names, table in _batches(root, index, small, kept):
            told = ""
            if len(table):
                told = hashlib.sha256(" ".join(table["id"].to_pylist()).encode()).hexdigest()[:16]
                write_table(root / COMPACTED / f"{told}.parquet", without_steps(table.sort_by("id")))
            for name in names:
                if name != f"{COMPACTED}/{told}.parquet":
                    (root / name).unlink(missing_ok=True)
    finally:
        lock.release()
    index.refresh()


def _small(index: Index) -> list[str]:
    """Return the files with few records, in order of name."""
    counts = Counter(index.rows["file"].to_pylist())
    return sorted(name for name, rows in counts.items() if rows < SMALL)


def _batches(
    root: Path, index: Index, small: Sequence[str], kept: set[str]
) -> Iterator[tuple[list[str], pa.Table]]:
    """Yield groups of small files, and their records that are in no other file, as one table."""
    names: list[str] = []
    tables: list[pa.Table] = [SCHEMA.empty_table()]
    rows = size = 0
    for name in small:
        try:
            table = read_columns(root / name, SCHEMA.names)
        except (FileNotFoundError, ImpossibleError):  # the index reports it next time
            continue
        mine = [index.file_of.get(id_) == name and id_ not in kept for id_ in table["id"].to_pylist()]
        tables.append(table.filter(pa.array(mine, pa.bool_())))
        names.append(name)
        rows, size = rows + len(tables[-1]), size + table.nbytes
        if rows >= ROWS_OF_A_FILE or size >= BYTES_OF_A_FILE:
            yield names, pa.concat_tables(tables)
            names, tables, rows, size = [], [SCHEMA.empty_table()], 0, 0
    yield names, pa.concat_tables(tables)
