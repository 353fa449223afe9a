"""Records on disk: what is read is what was written, whole files or none."""

from __future__ import annotations

import math
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

from hyperopt import records as module
from hyperopt.durable import StorageError
from hyperopt.records import (
    Record,
    RecordsError,
    Store,
    home,
    published,
    read_records,
    working,
    write_records,
)

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


def a_record(**changed: Any) -> Record:
    values: dict[str, Any] = {
        "id": "0123456789ab",
        "config": {"stack": "adam/sgd", "alpha": [0.001, 1e-05], "clip": [True]},
        "metrics": {"train_loss": [2.0, math.nan], "test_error": [88.0, 90.2]},
        "hyperparameters": {"0.alpha": [0.001, math.inf]},
        "final": {"train_loss_full": math.nan},
        "diverged": True,
        "seconds": 1.5,
        "steps": 10,
        "made": {"device": "cpu"},
        "events": [{"step": 7, "epoch": 2, "event": "diverged", "level": None}],
    }
    return Record(**values | changed)


@settings(max_examples=50)
@given(st.lists(RECORD, max_size=3))
def test_what_is_read_is_what_was_written(records: list[Record]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "some.parquet"
        write_records(path, records)
        read = read_records(path)
    in_order = sorted(records, key=lambda r: r.id)
    assert list(map(normal, read)) == list(map(normal, in_order))


def normal(record: Record) -> str:
    """A record as text, its mappings in order of key; NaN and -0.0 differ from null and 0.0."""

    def ordered(value: Any) -> Any:
        if isinstance(value, list):
            return [ordered(v) for v in value]
        return {k: ordered(value[k]) for k in sorted(value)} if isinstance(value, dict) else value

    return repr(replace(record, **{k: ordered(v) for k, v in vars(record).items()}))


def test_a_crash_while_writing_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    store.write([a_record()], "first")

    def crash(table: object, path: Path, **options: object) -> None:
        path.write_bytes(b"PAR1 half a file")
        raise OSError("No space left on device")

    monkeypatch.setattr(module.pq, "write_table", crash)
    for name in ("first", "second"):
        with pytest.raises(StorageError, match="No space"):
            store.write([a_record(id="other")], name)
    assert [path.name for path in store.files()] == ["first.parquet"]
    assert store.ids() == {"0123456789ab"}


def test_an_id_in_several_files_counts_once_and_the_first_file_stands(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write([a_record(seconds=2.0), a_record(id="b")], "zebra")
    store.write([a_record(seconds=1.0)], "antelope")
    assert len(store.load()) == 2
    assert store.load()["0123456789ab"].seconds == 1.0
    assert store.ids() == {"0123456789ab", "b"}


def test_only_the_records_asked_for_are_loaded(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write([a_record(id=name) for name in "abc"], "abc")
    assert set(store.load(["a", "c", "not here"])) == {"a", "c"}
    assert store.load([]) == {}


def test_a_store_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert Store(tmp_path / "none").load() == {}
    assert not (tmp_path / "none").exists()


def test_files_in_folders_of_the_store_count(tmp_path: Path) -> None:
    Store(tmp_path / "clipping").write([a_record()], "table2")
    assert Store(tmp_path).ids() == {"0123456789ab"}


@pytest.mark.parametrize("damage", ["empty", "cut short", "garbage", "first half", "another program's"])
def test_a_damaged_file_is_named(damage: str, tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.write([a_record()], "pack")
    content = path.read_bytes()
    if damage == "another program's":
        pq.write_table(pa.table({"id": ["x"], "value": [1.0]}), path)
    else:
        half = len(content) // 2
        damaged = {
            "empty": b"",
            "cut short": content[:-10],
            "garbage": b"\x00" * 200,
            "first half": b"\xff" * half + content[half:],
        }
        path.write_bytes(damaged[damage])
    with pytest.raises(RecordsError, match=r"pack\.parquet"):
        store.load()


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


def test_where_stores_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "home"))
    assert home() == tmp_path / "home"
    assert working().root == tmp_path / "home" / "records"
    monkeypatch.delenv("HYPEROPT_HOME")
    monkeypatch.setattr(module, "checkout_root", lambda: tmp_path / "checkout")
    assert home() == tmp_path / "checkout" / "runs"
    monkeypatch.setattr(module, "checkout_root", lambda: None)
    monkeypatch.chdir(tmp_path)
    assert home() == tmp_path / "runs"
    monkeypatch.setattr(module, "results_dir", lambda: tmp_path / "results")
    assert published().root == tmp_path / "results" / "records"


def test_what_is_present_is_seen_as_it_comes(tmp_path: Path) -> None:
    """Also what another command writes meanwhile; and no record is read for it."""
    store = Store(tmp_path)
    assert store.present(["a", "b"]) == set()
    Store(tmp_path).write([a_record(id="a")], "pack")
    assert store.present(["a", "b"]) == {"a"}
    assert store.present([]) == set()
