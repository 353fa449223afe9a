"""Records on disk: what is read is what was written, whole files or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_records import a_record, normal

from hyperopt.errors import ImpossibleError
from hyperopt.records import Record, Store, read_records, write_records
from hyperopt.records.parquet import DamagedFileError, ForeignFileError, texts

NUMBER = st.floats()
NAME = st.sampled_from(["", "train_loss", "0.alpha", "α/β", "a 'quoted' name"])
SERIES = st.dictionaries(NAME, st.lists(NUMBER, max_size=3), max_size=2)
CONFIG = st.dictionaries(
    NAME, st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False), max_size=2
)
EVENT: st.SearchStrategy[Any] = st.builds(
    dict,
    step=st.integers(0, 2**62),
    epoch=st.integers(1, 99),
    event=NAME,
    level=st.none() | st.integers(0, 5),
)
RECORD = st.builds(
    Record,
    id=NAME,
    config=CONFIG,
    metrics=SERIES,
    hyperparameters=SERIES,
    final=st.dictionaries(NAME, NUMBER, max_size=2),
    diverged=st.booleans(),
    seconds=NUMBER,
    steps=st.integers(0, 2**62),
    made=st.dictionaries(NAME, NAME, max_size=2),
    events=st.lists(EVENT, max_size=2),
    pictures=st.dictionaries(NAME, st.binary(max_size=9), max_size=2),
)


@settings(max_examples=50)
@given(st.lists(RECORD, max_size=3))
def test_what_is_read_is_what_was_written(records: list[Record]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "some.parquet"
        write_records(path, records)
        read = read_records(path)
    in_order = sorted(records, key=lambda r: r.id)
    assert list(map(normal, read)) == list(map(normal, in_order))


@pytest.mark.parametrize("values", [[], ["a"], [None], ["é", None, ""]])
def test_a_column_of_texts_holds_them(values: list[str | None]) -> None:
    assert texts(values).equals(pa.array(values, pa.string()))


def test_files_from_before_runs_kept_pictures_are_read(tmp_path: Path) -> None:
    path = Store(tmp_path).write([a_record()], "pack")
    pq.write_table(pq.read_table(path).drop_columns(["pictures"]), path)
    assert normal(read_records(path)[0]) == normal(a_record())


def test_the_files_are_read_by_pandas(tmp_path: Path) -> None:
    path = Store(tmp_path).write([a_record(id="b"), a_record(id="a")], "pack")
    frame = pd.read_parquet(path)
    assert list(frame["id"]) == ["a", "b"]
    assert frame["diverged"].all()


def test_the_same_records_make_the_same_bytes(tmp_path: Path) -> None:
    a, b = a_record(id="a"), a_record(id="b", final={"y": 1.0, "x": 2.0})
    one = Store(tmp_path).write([a, b], "one").read_bytes()
    assert Store(tmp_path).write([replace(b, final={"x": 2.0, "y": 1.0}), a], "two").read_bytes() == one


def test_a_flipped_bit_is_told_or_changes_nothing(tmp_path: Path) -> None:
    """In any byte of the file, also of its footer."""
    path = tmp_path / "pack.parquet"
    write_records(path, [a_record(id=name) for name in "ab"])
    content, records = path.read_bytes(), [normal(record) for record in read_records(path)]
    told = 0
    for i in range(0, len(content) * 8, 37):
        flipped = bytearray(content)
        flipped[i // 8] ^= 1 << i % 8
        path.write_bytes(flipped)
        try:
            assert [normal(record) for record in read_records(path)] == records
        except ImpossibleError as error:
            assert str(path) in str(error)  # noqa: PT017 (either is right)
            told += 1
    assert told > 0.99 * len(content) * 8 // 37


@pytest.mark.parametrize("damage", ["empty", "cut short", "garbage", "first half"])
def test_a_damaged_file_is_named(damage: str, tmp_path: Path) -> None:
    path = Store(tmp_path).write([a_record()], "pack")
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(
        {
            "empty": b"",
            "cut short": content[:-10],
            "garbage": b"\x00" * 200,
            "first half": b"\xff" * half + content[half:],
        }[damage]
    )
    with pytest.raises(DamagedFileError, match=r"pack\.parquet"):
        read_records(path)


def test_another_programs_file_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["x"], "value": [1.0]}), tmp_path / "x.parquet")
    with pytest.raises(ForeignFileError, match=r"x\.parquet is another program's"):
        read_records(tmp_path / "x.parquet")


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").mkdir()
    with pytest.raises(ForeignFileError, match=r"x\.parquet is no file"):
        read_records(tmp_path / "x.parquet")
