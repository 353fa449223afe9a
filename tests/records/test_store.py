"""A folder of files of records: what lies in it, whatever else does, and however much."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_records import a_record, normal, some

from hyperopt.durable import StorageError
from hyperopt.errors import ConfigError
from hyperopt.records import Store, Timed, home, kind, places, published, working
from hyperopt.records import index as index_module
from hyperopt.records import store as store_module


def test_a_crash_while_writing_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    store.write([a_record()], "first")

    def crash(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[:100])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", crash)
    for name in ("first", "second"):
        with pytest.raises(StorageError, match="No space"):
            store.write([a_record(id="other")], name)
    assert [path.name for path in tmp_path.rglob("*.*")] == ["first.parquet"]
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


def test_where_stores_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "home"))
    assert home() == tmp_path / "home"
    assert working().root == tmp_path / "home" / "records"
    monkeypatch.delenv("HYPEROPT_HOME")
    monkeypatch.setattr(places, "checkout_root", lambda: tmp_path / "checkout")
    assert home() == tmp_path / "checkout" / "runs"
    monkeypatch.setattr(places, "checkout_root", lambda: None)
    monkeypatch.chdir(tmp_path)
    assert home() == tmp_path / "runs"
    monkeypatch.setattr(places, "results_dir", lambda: tmp_path / "results")
    assert published().root == tmp_path / "results" / "records"


def test_what_is_present_is_seen_as_it_comes(tmp_path: Path) -> None:
    """Also what another command writes meanwhile; and no record is read for it."""
    store = Store(tmp_path / "not yet")
    assert store.present(["a", "b"]) == set()
    for i in range(3):
        Store(store.root).write([a_record(id=f"a{i}")], f"{i}-pack")
        assert store.present([f"a{i}", "b"]) == {*store.load([f"a{i}", "b"])} == {f"a{i}"}
    assert store.present([]) == set()


def test_a_working_folder_of_no_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", "~nosuchuser/x")
    with pytest.raises(ConfigError, match=r"HYPEROPT_HOME=~nosuchuser/x: "):
        home()


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def link_to_a_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


BAD: dict[str, Callable[[Path], object]] = {
    "a flipped bit": flip,
    "empty": lambda path: path.write_bytes(b""),
    "a foreign file": lambda path: pq.write_table(pa.table({"id": ["x"], "value": [1.0]}), path),
    "a hidden file": lambda path: path.rename(path.with_name("._b.parquet")),
    "no seconds": lambda path: pq.write_table(
        pq.read_table(path).set_column(7, "seconds", pa.array([None], pa.float64())), path
    ),
    "an id with a path": lambda path: pq.write_table(
        pq.read_table(path).set_column(0, "id", pa.array(["../../x"])), path
    ),
    "a pipe": pipe,
    "a link to a device": link_to_a_device,
    "a config of no run": lambda path: pq.write_table(
        pq.read_table(path).set_column(1, "config", pa.array(["[1]"])), path
    ),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("kept", [True, False])
def test_a_bad_file_is_named_and_the_rest_goes_on(
    kept: bool, bad: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def opened() -> Store:
        return Store(tmp_path / "records", tmp_path if kept else None)

    opened().write([a_record(id="a")], "a")
    path = opened().write([a_record(id="b")], "b")
    BAD[bad](path)
    store = opened()
    assert store.ids() == store.present(["a", "b"]) == {*store.load()} == {*store.load(["a", "b"])} == {"a"}
    (said,) = caplog.messages
    assert "b.parquet" in said
    ours = kept and bad in ("a flipped bit", "empty", "a config of no run")
    assert len([*(tmp_path / "damaged").glob("*")]) == ours
    assert len([*(tmp_path / "records").rglob("*.parquet")]) == 2 - ours
    opened().write([a_record(id="b")], "again")
    assert opened().ids() == {"a", "b"}


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not taken for an empty one, whose runs would be trained again."""
    (tmp_path / "records").touch()
    with pytest.raises(StorageError, match="records cannot be listed: Not a directory"):
        Store(tmp_path / "records").ids()

    def denied(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(StorageError, match="cannot be listed: Permission denied"):
        Store(tmp_path).present(["a"])


def test_links_are_followed_and_never_in_circles(tmp_path: Path) -> None:
    far = Store(tmp_path / "far").write([a_record(id="a")], "a")
    near = Store(tmp_path / "near")
    near.write([a_record(id="b")], "b")
    (tmp_path / "near" / "linked").symlink_to(far.parent)
    (tmp_path / "near" / "round").symlink_to(tmp_path / "near")
    (tmp_path / "near" / "dangling.parquet").symlink_to(tmp_path / "nothing")
    assert near.ids() == {"a", "b"}
    assert {*near.load()} == {"a", "b"}


def test_with_an_index_at_hand_no_old_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some(Store(tmp_path / "records", tmp_path), 40)
    assert len(Store(tmp_path / "records", tmp_path).ids()) == 40
    read: list[str] = []
    real = index_module.rows_of

    def noted(path: Path, name: str) -> pa.Table:
        read.append(name)
        return real(path, name)

    monkeypatch.setattr(index_module, "rows_of", noted)
    some(Store(tmp_path / "records", tmp_path), 1, start=100)
    store = Store(tmp_path / "records", tmp_path)
    assert len(store.ids()) == 41
    assert len(store.present(["r0001"])) == 1
    assert read == ["2-/2-0100.parquet"]


@pytest.mark.parametrize("damage", ["missing", "flipped", "empty", "of other records"])
def test_an_index_that_is_wrong_is_made_again(damage: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "records", tmp_path)
    some(store, 40)
    expected = {key: normal(record) for key, record in store.load().items()}
    kept = tmp_path / store_module.INDEX
    assert kept.is_file()
    if damage == "missing":
        kept.unlink()
    elif damage == "flipped":
        flip(kept)
    elif damage == "empty":
        kept.write_bytes(b"")
    else:
        shutil.rmtree(tmp_path / "records")
        some(Store(tmp_path / "records"), 40)
    again = Store(tmp_path / "records", tmp_path)
    assert {key: normal(record) for key, record in again.load().items()} == expected


def test_what_is_known_of_published_files_is_kept_where_there_is_a_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for nowhere in (str(tmp_path / "none"), "~nosuchuser", "/dev/null/x"):
        monkeypatch.setenv("HYPEROPT_HOME", nowhere)
        ids = published().ids()
        assert ids
    assert not any(tmp_path.iterdir())
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path))
    assert published().ids() == ids
    read: list[str] = []
    monkeypatch.setattr("hyperopt.records.index.rows_of", lambda _, name: read.append(name))
    assert published().ids() == ids
    assert not read


def test_rates_are_those_of_the_kinds_asked_for(tmp_path: Path) -> None:
    store = Store(tmp_path)
    setting = {"dataset": "mnist", "stack": "adam", "alpha": [0.2], "seed": 3}
    mlp, cnn = (setting | {"model": name} for name in ("mlp", "cnn"))
    made = {"device": "cpu", "cpu": "one", "compile": "true", "pack": "8"}
    other = {**made, "cpu": "another"}
    store.write([a_record(id="a", config=mlp, seconds=2.0, made=made), a_record(id="b", config=cnn)], "x")
    store.write([a_record(id="c", config=mlp, seconds=3.0, steps=4, made={**made, "pack": "1"})], "y")
    store.write([a_record(id="f", config=mlp, seconds=9.0, made=other)], "w")
    store.write([a_record(id="d", config=mlp, seconds=0.0), a_record(id="e", config=mlp, steps=0)], "z")
    asked = kind({**mlp, "seed": 7, "alpha": [0.1]}, made)
    assert {name: set(found) for name, found in store.timed({asked}).items()} == {
        asked: {Timed(2.0, 10, 8), Timed(3.0, 4, 1)}
    }
    assert store.seeds() == {3}


def test_ids_are_found_by_how_they_start(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write([a_record(id=name) for name in ("ab1", "ab2", "b")], "x")
    assert store.starting_with("ab") == ["ab1", "ab2"]
    assert store.starting_with("x") == []
