"""Many small files of records put together into few, without ever losing one.

The new file is on the disk before any of those it holds is removed, so that a kill leaves records twice and
never none; the next time removes what is twice.
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
"""The lock of a command that puts files together, or takes records out."""
MANY = 1024
"""So many small files are put together."""
ROWS_OF_A_FILE = 4096
SMALL = ROWS_OF_A_FILE // 2
BYTES_OF_A_FILE = 64_000_000


def compact(root: Path, index: Index, many: int = MANY) -> None:
    """Put the small files of a folder together where there are many; not while another command does.

    Args:
        root: the folder.
        index: of the folder, up to date.
        many: how many are too many.
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
    """The files of few records, in order of name."""
    counts = Counter(index.rows["file"].to_pylist())
    return sorted(name for name, rows in counts.items() if rows < SMALL)


def _batches(
    root: Path, index: Index, small: Sequence[str], kept: set[str]
) -> Iterator[tuple[list[str], pa.Table]]:
    """Some of the small files at a time, and what they hold that is nowhere else, as one table."""
    names: list[str] = []
    tables: list[pa.Table] = [SCHEMA.empty_table()]
    rows = size = 0
    for name in small:
        try:
            table = read_columns(root / name, SCHEMA.names)
        except (FileNotFoundError, ImpossibleError):  # the index tells of it the next time
            continue
        mine = [index.file_of.get(id_) == name and id_ not in kept for id_ in table["id"].to_pylist()]
        tables.append(table.filter(pa.array(mine, pa.bool_())))
        names.append(name)
        rows, size = rows + len(tables[-1]), size + table.nbytes
        if rows >= ROWS_OF_A_FILE or size >= BYTES_OF_A_FILE:
            yield names, pa.concat_tables(tables)
            names, tables, rows, size = [], [SCHEMA.empty_table()], 0, 0
    yield names, pa.concat_tables(tables)
