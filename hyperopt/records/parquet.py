"""Files of records: Parquet with a checksum over the whole file in its footer.

A file is written whole or not at all, and what was not written so is not read: a flipped bit, half a file
and another program's file are each told by name. Files from before there was a checksum are read by the
checksums of their pages.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hyperopt.durable import StorageError, aside
from hyperopt.errors import ImpossibleError
from hyperopt.records.record import SCHEMA, Record

ROWS_OF_A_GROUP = 512
CHECKSUM = "hyperopt.sha256"
BLANK = "0" * 64
SIGNED = re.compile(CHECKSUM.encode() + rb"..([0-9a-f]{64})", re.DOTALL)


class DamagedFileError(ImpossibleError):
    """A file that is not as it was written."""


class ForeignFileError(ImpossibleError):
    """A file of another program."""


def write_table(path: Path, table: pa.Table, notes: Mapping[str, str] | None = None) -> None:
    """Write a table with notes and a checksum; equal tables make equal bytes.

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
    """The content of a file, its checksum checked where it has one.

    Raises:
        FileNotFoundError: it is gone.
        StorageError: the system does not let us read it.
        DamagedFileError: it is not as it was written.
    """
    try:
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
    """Some columns of a file of records.

    Raises:
        FileNotFoundError: it is gone.
        StorageError: the system does not let us read it.
        DamagedFileError: it is not as it was written.
        ForeignFileError: it is another program's.
    """
    return _read(path, columns=[*columns])


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write records, sorted by id: readers see the whole file or none, also after a loss of power.

    Raises:
        StorageError: the system does not let us write there.
    """
    rows = []
    for record in sorted(records, key=lambda r: r.id):
        row = asdict(record) | {"config": json.dumps(record.config, sort_keys=True)}
        rows.append({k: sorted(v.items()) if isinstance(v, dict) else v for k, v in row.items()})
    write_table(path, pa.Table.from_pylist(rows, SCHEMA))


def read_records(path: Path, ids: Collection[str] | None = None) -> list[Record]:
    """The records of one file; all of them, or those of `ids`.

    Raises:
        As `read_columns`.
    """
    some = None if ids is None else pc.field("id").isin(pa.array(ids, pa.string()))
    table = _read(path, filters=some)
    try:
        rows = table.to_pylist(maps_as_pydicts="strict")
        rows = [
            row | {"config": json.loads(row["config"]), "pictures": row["pictures"] or {}} for row in rows
        ]
        if not all(map(_is_whole, rows)):
            raise ValueError("a record lacks a value")
        return [Record(**row) for row in rows]
    except (pa.ArrowException, ValueError, TypeError, AttributeError) as error:
        raise DamagedFileError(f"{path} is damaged: {_first_line(error)}.") from error


def _read(path: Path, **how: object) -> pa.Table:
    content = verified(path)
    try:
        columns = pq.read_schema(pa.BufferReader(content)).names
        if not {"id", "config", "metrics"} <= {*columns}:
            raise ForeignFileError(f"{path} is another program's: it has no records.")
        return pq.read_table(
            pa.BufferReader(content), schema=SCHEMA, page_checksum_verification=True, **how
        ).combine_chunks()
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(f"{path} is damaged: {_first_line(error)}.") from error


def _is_whole(row: Mapping[str, Any]) -> bool:
    series = (*row["metrics"].values(), *row["hyperparameters"].values())
    return None not in row.values() and None not in series and None not in row["made"].values()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
