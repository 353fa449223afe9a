"""The final results of all records as one cached table, for searching thousands at once.

Only new files are read; the cache is rebuilt if it is missing or damaged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hyperopt.durable import StorageError
from hyperopt.errors import ImpossibleError
from hyperopt.records.index import Index, Stamp
from hyperopt.records.parquet import (
    DamagedFileError,
    packed,
    plain,
    read_columns,
    texts,
    values_of,
    verified,
    whole_numbers,
    with_texts,
    write_table,
)

NUMBERS = pa.map_(pa.string(), pa.float64())
SUMMARY = pa.schema(
    [
        ("file", pa.string()),
        ("id", pa.string()),
        ("config", pa.string()),
        ("diverged", pa.bool_()),
        ("seconds", pa.float64()),
        ("steps", pa.int64()),
        ("started", pa.string()),
        ("device", pa.string()),
        ("metrics", NUMBERS),
        ("hyperparameters", NUMBERS),
        ("final", NUMBERS),
    ]
)
"""A row for every record: metrics and hyperparameters after the last epoch."""

NEW_ROWS_WORTH_KEEPING = 64


def summaries(index: Index, kept: Path | None) -> pa.Table:
    """Return a row for every run of an up-to-date index, in no particular order.

    Args:
        index: the folder's index.
        kept: the cache file; None caches nothing.
    """
    stamps, rows = _load(kept) if kept is not None else ({}, pa.Table.from_batches([], SUMMARY))
    known = {name for name, stamp in stamps.items() if index.files.get(name) == stamp}
    if known != stamps.keys():
        rows = with_texts(rows, "file", texts(sorted(known)))
    there = {name: stamp for name, stamp in index.files.items() if name not in index.bad}
    read = {name: stamp for name, stamp in there.items() if name in known}
    tables = [rows]
    for name in sorted(there.keys() - known):
        with suppress(FileNotFoundError, ImpossibleError):  # the index reports it next time
            tables.append(_summaries_of(index.root / name, name))
            read[name] = there[name]
    rows = pa.concat_tables(tables).combine_chunks()
    if kept is not None and sum(map(len, tables[1:])) >= NEW_ROWS_WORTH_KEEPING:
        with suppress(StorageError):  # it only saves time
            write_table(kept, rows, {"files": json.dumps(read)})
    if len(rows) == len(index.file_of):
        return rows
    stands = zip(rows["id"].to_pylist(), rows["file"].to_pylist(), strict=True)
    return rows.take(
        whole_numbers([place for place, (id_, name) in enumerate(stands) if index.file_of[id_] == name])
    )


def _load(kept: Path) -> tuple[Mapping[str, Stamp], pa.Table]:
    with suppress(OSError, ImpossibleError, pa.ArrowException, ValueError, KeyError):
        file = pq.ParquetFile(pa.BufferReader(verified(kept)))
        stamps = json.loads(file.metadata.metadata[b"files"])
        rows = file.read().select(SUMMARY.names).cast(SUMMARY)
        return {name: (size, changed) for name, (size, changed) in stamps.items()}, rows
    return {}, pa.Table.from_batches([], SUMMARY)


def _summaries_of(path: Path, name: str) -> pa.Table:
    columns = ["id", "config", "metrics", "hyperparameters", "final", "diverged", "seconds", "steps", "made"]
    table = read_columns(path, columns)
    made = values_of(table["made"].combine_chunks(), may_lack=True)
    given = {
        "file": texts([name] * len(table)),
        "started": texts(of_record.get("started") for of_record in made),
        "device": texts(of_record.get("device") for of_record in made),
        "metrics": _last(table["metrics"]),
        "hyperparameters": _last(table["hyperparameters"]),
    }
    return pa.table(
        [given.get(key, table[key] if key in columns else None) for key in SUMMARY.names], SUMMARY
    )


def _last(series: pa.ChunkedArray) -> pa.MapArray:
    """Return the last number of each series, by name; empty series are left out."""
    column = series.combine_chunks()
    offsets, ends = plain(column.offsets, np.int32), plain(column.items.offsets, np.int32)
    some = np.diff(ends) > 0
    if column.items.values.null_count:
        raise DamagedFileError("a record lacks a value")
    numbers = plain(column.items.values, np.float64)[ends[1:][some] - 1]
    before = np.concatenate([[0], np.cumsum(some)])
    names = column.keys.take(whole_numbers(np.flatnonzero(some).tolist()))
    return pa.MapArray.from_arrays(
        packed(before[offsets].astype(np.int32), pa.int32()), names, packed(numbers, pa.float64())
    )


def looked_up(column: pa.ChunkedArray, key: str) -> list[float | None]:
    """Return each map's number under a key; None if it has none."""
    maps = column.combine_chunks()
    names = maps.keys.dictionary_encode()
    known = names.dictionary.to_pylist()
    found: list[float | None] = [None] * len(maps)
    if key in known:
        at = np.flatnonzero(plain(names.indices, np.int32) == known.index(key))
        rows = np.searchsorted(plain(maps.offsets, np.int32), at, side="right") - 1
        numbers = plain(maps.items, np.float64)[at]
        for row, number in zip(rows.tolist(), numbers.tolist(), strict=True):
            if 0 <= row < len(maps):
                found[row] = number
    return found
