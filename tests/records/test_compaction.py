"""Many small files of records are put together, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from made_records import a_record, normal, some

from hyperopt.records import Store, compaction
from hyperopt.records.parquet import write_table


def test_many_small_files_become_few_without_a_record_lost(tmp_path: Path) -> None:
    store = Store(tmp_path / "records", tmp_path)
    some(store, 60)
    store.write([a_record(id="r0003", steps=-1)], "zz-shadowed")
    before = {key: normal(record) for key, record in store.load().items()}
    compaction.compact(store.root, store._refreshed(), many=60)
    assert len([*store.root.rglob("*.parquet")]) == 1
    for each in (store, Store(tmp_path / "records", tmp_path), Store(tmp_path / "records")):
        assert {key: normal(record) for key, record in each.load().items()} == before
    some(store, 5, start=200)
    compaction.compact(store.root, store._refreshed(), many=60)
    assert len([*store.root.rglob("*.parquet")]) == 6, "few files stay as they are"


def test_compaction_killed_anywhere_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before each of its writes and removals, then done in full."""
    writer = Store(tmp_path / "records")
    some(writer, 12)
    before = {key: normal(record) for key, record in writer.load().items()}
    left = 0

    def count_down() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt

    def dying(act: Callable[..., None]) -> Callable[..., None]:
        def act_while_alive(*args: object, **how: object) -> None:
            count_down()
            act(*args, **how)

        return act_while_alive

    monkeypatch.setattr(Path, "unlink", dying(Path.unlink))
    monkeypatch.setattr(compaction, "write_table", dying(write_table))
    for killed_at in range(20):
        left = killed_at
        store = Store(tmp_path / "records")
        with suppress(KeyboardInterrupt):
            compaction.compact(store.root, store._refreshed(), many=2)
        left = 1000
        assert {key: normal(record) for key, record in Store(store.root).load().items()} == before
    assert len([*store.root.rglob("*.parquet")]) == 1


def test_a_reader_is_not_harmed_by_compaction(tmp_path: Path) -> None:
    """What it looked up in a file that is gone meanwhile it finds in the one put together."""
    writer, reader = Store(tmp_path / "records"), Store(tmp_path / "records")
    some(writer, 12)
    assert len(reader.ids()) == 12
    compaction.compact(writer.root, writer._refreshed(), many=2)
    assert len(reader.load(["r0001", "r0011"])) == 2
    assert reader.present(["r0001"]) == {"r0001"}
