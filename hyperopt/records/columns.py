"""Arrow columns from Python values and back, without pandas.

`pa.array` and all that calls it import pandas before they look at a value, which took 0.4 s of a command
that trains.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, chain
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def table_of(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """What `pa.Table.from_pylist` makes of rows."""
    columns = [column([row[field.name] for row in rows], field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """What `pa.array` makes of values of a type of records; a number, a text or a truth may be None."""
    if pa.types.is_map(kind):
        pairs = list(chain.from_iterable(values))
        keys = column([key for key, _ in pairs], kind.key_type)
        items = column([item for _, item in pairs], kind.item_type)
        return pa.MapArray.from_arrays(_offsets(values), keys, items)
    if pa.types.is_list(kind):
        return pa.ListArray.from_arrays(
            _offsets(values), column([*chain.from_iterable(values)], kind.value_type)
        )
    if pa.types.is_struct(kind):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        parts = [column([value[field.name] for value in values], field.type) for field in fields]
        return pa.StructArray.from_arrays(parts, fields=fields)
    if pa.types.is_string(kind):
        return texts(values)
    if pa.types.is_binary(kind):
        return _bytes(values).cast(kind)
    numbers = np.array([0 if value is None else value for value in values], kind.to_pandas_dtype())
    if pa.types.is_boolean(kind):
        numbers = np.packbits(numbers, bitorder="little")
    return pa.Array.from_buffers(kind, len(values), [_there(values), pa.py_buffer(numbers)])


def texts(values: Iterable[str | None]) -> pa.Array:
    """Texts as a column."""
    encoded = [None if value is None else value.encode() for value in values]
    return _bytes(encoded).cast(pa.large_string()).cast(pa.string())


def whole_numbers(values: Iterable[int]) -> pa.Array:
    """Whole numbers as a column."""
    return packed(np.fromiter(values, np.int64), pa.int64())


def packed(numbers: NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Numbers as a column of a type that holds them as they lie."""
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(np.ascontiguousarray(numbers))])


def plain(array: pa.Array, kind: type[np.generic]) -> NDArray[Any]:
    """The numbers of an array that lacks none."""
    if not len(array):
        return np.empty(0, kind)
    whole = np.frombuffer(array.buffers()[1], dtype=kind)
    return whole[array.offset : array.offset + len(array)]


def _bytes(values: Sequence[bytes | None]) -> pa.Array:
    ends = array("q", accumulate((len(value or b"") for value in values), initial=0))
    content = b"".join(value or b"" for value in values)
    buffers = [_there(values), pa.py_buffer(ends), pa.py_buffer(content)]
    return pa.Array.from_buffers(pa.large_binary(), len(values), buffers)


def _offsets(values: Sequence[Sequence[Any]]) -> pa.Array:
    return packed(np.array([*accumulate(map(len, values), initial=0)], np.int32), pa.int32())


def _there(values: Sequence[Any]) -> pa.Buffer | None:
    """A bit for each value, whether it is one; None where all are."""
    there = np.array([value is not None for value in values], bool)
    return None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
