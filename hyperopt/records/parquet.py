"""Record files: Parquet with a checksum over the whole file in its footer.

Files are written atomically, and invalid files are not read: a flipped bit, a truncated file and another
program's file each give their own error. Files from before there was a checksum are verified by the
checksums of their pages.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
from array import array
from collections.abc import Collection, Iterable, Mapping
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hyperopt.durable import StorageError, aside
from hyperopt.errors import ImpossibleError
from hyperopt.records.record import SCHEMA, Record

ROWS_OF_A_GROUP = 512
LATER = ("pictures", "by_step")
"""Columns that older files lack."""
CHECKSUM = "hyperopt.sha256"
BLANK = "0" * 64
SIGNED = re.compile(CHECKSUM.encode() + rb"..([0-9a-f]{64})", re.DOTALL)


class DamagedFileError(ImpossibleError):
    """A file that has changed since it was written."""


class ForeignFileError(ImpossibleError):
    """A file that another program wrote."""


def write_table(path: Path, table: pa.Table, notes: Mapping[str, str] | None = None) -> None:
    """Write a table with notes and a checksum; equal tables give equal bytes.

    Raises:
        StorageError: the system does not let us write there.
    """
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema, compression="zstd", write_page_checksum=True) as writer:
        writer.write_table(table, row_group_size=ROWS_OF_A_GROUP)
        writer.add_key_value_metadata({**(notes or {}), CHECKSUM: BLANK})
    content = bytearray(sink.getvalue())
    blank = content.rindex(BLANK.encode())
    content[blank : blank + len(BLANK)] = hashlib.sha256(content).hexdigest().encode()
    with aside(path) as part:
        part.write_bytes(content)


def verified(path: Path) -> pa.Buffer:
    """Return a file's content; its checksum is verified if it has one.

    Raises:
        FileNotFoundError: it is gone.
        StorageError: the system does not let us read it.
        ForeignFileError: it is not a regular file; reading a pipe, for example, would block.
        DamagedFileError: it is not as it was written.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ForeignFileError(f"{path} is no file.")
        content = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.", path) from error
    if not content:
        raise DamagedFileError(f"{path} is empty.")
    if signed := [*SIGNED.finditer(content)]:
        start, end = signed[-1].span(1)
        blank = content[:start] + BLANK.encode() + content[end:]
        if hashlib.sha256(blank).hexdigest().encode() != signed[-1][1]:
            raise DamagedFileError(f"{path} is damaged: its checksum does not fit.")
    return pa.py_buffer(content)


def read_columns(path: Path, columns: Collection[str]) -> pa.Table:
    """Read some columns of a record file.

    Raises:
        FileNotFoundError: it is gone.
        StorageError: the system does not let us read it.
        DamagedFileError: it is not as it was written.
        ForeignFileError: another program wrote it.
    """
    return _read(path, columns)


def texts(values: Iterable[str | None]) -> pa.Array:
    """Return texts as a column; `pa.array` would first import pandas, which takes a fifth of a second."""
    given = list(values)
    encoded = [(value or "").encode() for value in given]
    ends = array("q", accumulate(map(len, encoded), initial=0))
    there = np.packbits(np.array([value is not None for value in given], bool), bitorder="little").tobytes()
    buffers = [
        pa.py_buffer(there) if None in given else None,
        pa.py_buffer(ends),
        pa.py_buffer(b"".join(encoded)),
    ]
    return pa.Array.from_buffers(pa.large_string(), len(encoded), buffers).cast(pa.string())


def whole_numbers(values: Iterable[int]) -> pa.Array:
    """Return integers as a column, built as in `texts`."""
    return packed(np.fromiter(values, np.int64), pa.int64())


def packed(numbers: NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Return numbers as a column of a type with their memory layout, built as in `texts`."""
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(np.ascontiguousarray(numbers))])


def plain(array: pa.Array, kind: type[np.generic]) -> NDArray[Any]:
    """Return the numbers of an array without nulls; its own `to_numpy` would first import pandas."""
    if not len(array):
        return np.empty(0, kind)
    whole = np.frombuffer(array.buffers()[1], dtype=kind)
    return whole[array.offset : array.offset + len(array)]


def write_records(path: Path, records: Iterable[Record]) -> pa.Table:
    """Write records, sorted by id: readers see the whole file or none, even after a power failure.

    Returns:
        The written table.

    Raises:
        StorageError: the system does not let us write there.
    """
    rows = []
    for record in sorted(records, key=lambda r: r.id):
        row = vars(record) | {"config": json.dumps(record.config, sort_keys=True)}
        rows.append({k: sorted(v.items()) if isinstance(v, dict) else v for k, v in row.items()})
    table = without_steps(pa.Table.from_pylist(rows, SCHEMA))
    write_table(path, table)
    return table


def without_steps(table: pa.Table) -> pa.Table:
    """Drop the column of recorded steps if no record has any, so most files keep the older format."""
    return table if len(table["by_step"].combine_chunks().keys) else table.drop_columns(["by_step"])


def read_records(path: Path, ids: Collection[str] | None = None) -> list[Record]:
    """Read one file's records; all of them, or those of `ids`.

    Raises:
        As `read_columns`.
    """
    table = _read(path, SCHEMA.names, ids)
    try:
        columns = {
            name: values_of(table[name].combine_chunks(), may_lack=name in LATER)
            for name in table.column_names
        }
        columns["config"] = [json.loads(text) for text in columns["config"]]
        rows = zip(*columns.values(), strict=True)
        return [Record(**dict(zip(columns, row, strict=True))) for row in rows]
    except (pa.ArrowException, ValueError, TypeError, AttributeError) as error:
        raise DamagedFileError(f"{path} is damaged: {_first_line(error)}.") from error


def read_curves(path: Path, ids: Collection[str] | None = None, *, metric: str) -> dict[str, list[float]]:
    """Read a metric after each epoch, by id of the file's records that have it; `ids` as in `read_records`.

    Raises:
        As `read_columns`.
    """
    table = _read(path, ["id", "metrics"], ids)
    column = table["metrics"].combine_chunks()
    if column.null_count or column.items.null_count or column.items.values.null_count:
        raise DamagedFileError(f"{path} is damaged: a record lacks a value.")
    names, numbers = column.keys.to_pylist(), plain(column.items.values, np.float64)
    places, ends = plain(column.offsets, np.int32).tolist(), plain(column.items.offsets, np.int32).tolist()
    return {
        id_: numbers[ends[place] : ends[place + 1]].tolist()
        for id_, (first, last) in zip(table["id"].to_pylist(), pairwise(places), strict=True)
        for place in range(first, last)
        if names[place] == metric
    }


def _read(path: Path, columns: Collection[str], ids: Collection[str] | None = None) -> pa.Table:
    """Read some columns of all rows or of those with these ids.

    Uses `ParquetFile`, since `pq.read_table` imports pandas.
    """
    content = verified(path)
    try:
        file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        there = file.schema_arrow.names
        if not {"id", "config", "metrics"} <= {*there}:
            raise ForeignFileError(f"{path} is another program's: it has no records.")
        names = [name for name in SCHEMA.names if name in columns and name in there]
        if ids is None:
            table = file.read(names, use_threads=False)
        else:
            asked = texts(ids)
            groups = [i for i in range(file.num_row_groups) if _holds(file, i, asked)]
            table = file.read_row_groups(groups, names, use_threads=False)
            table = with_texts(table, "id", asked)
        nothing = {
            name: pa.nulls(len(table), SCHEMA.field(name).type) for name in columns if name not in there
        }
        for name, column in nothing.items():  # older files have no such column
            table = table.append_column(name, column)
        schema = pa.schema([SCHEMA.field(name) for name in SCHEMA.names if name in columns])
        return table.select(schema.names).cast(schema).combine_chunks()
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(f"{path} is damaged: {_first_line(error)}.") from error


def _holds(file: pq.ParquetFile, group: int, ids: pa.Array) -> bool:
    """Return whether a row group contains any of the ids."""
    return len(with_texts(file.read_row_group(group, ["id"], use_threads=False), "id", ids)) > 0


def with_texts(table: pa.Table, key: str, wanted: pa.Array, *, others: bool = False) -> pa.Table:
    """Return the rows whose text in a column is one of those wanted; with `others`, all other rows."""
    import pyarrow.compute as pc  # slow, and most commands only look up ids

    found = pc.is_in(table[key], wanted)
    return table.filter(pc.invert(found) if others else found)


def values_of(column: pa.Array, *, may_lack: bool = False) -> list[Any]:
    """Return a column's values; maps are converted all at once, since one by one is far slower.

    Raises:
        ValueError: a value is missing, or a map has a key twice.
    """
    if column.null_count and not may_lack:
        raise ValueError("a record lacks a value")
    if not pa.types.is_map(column.type):
        return list(column.to_pylist())
    names, items = column.keys.to_pylist(), column.items
    if items.null_count:
        raise ValueError("a record lacks a value")
    if pa.types.is_list(items.type):
        if items.values.null_count:
            raise ValueError("a record lacks a value")
        numbers = plain(items.values, np.float64).tolist()
        ends = plain(items.offsets, np.int32).tolist()
        told: list[Any] = [numbers[start:end] for start, end in pairwise(ends)]
    else:
        told = items.to_pylist()
    maps = [
        dict(zip(names[start:end], told[start:end], strict=True))
        for start, end in pairwise(plain(column.offsets, np.int32).tolist())
    ]
    if sum(map(len, maps)) != len(names):
        raise ValueError("a record has a value twice")
    return maps


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
