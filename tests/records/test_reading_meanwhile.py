"""Readers of a store whose files another command puts together at that very moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from made_records import a_record

from hyperopt.records import Record, Store, compaction, parquet
from hyperopt.records import store as store_module
from hyperopt.records.index import COMPACTED


class Writer:
    """Another command, which writes a pack and puts all files together."""

    def __init__(self, home: Path) -> None:
        self.store = Store(home / "records", home)
        self.ids: list[str] = []

    def __call__(self) -> None:
        for _ in range(2):
            self.ids.append(f"run-{len(self.ids)}")
            self.store.write([a_record(id=self.ids[-1])], f"{len(self.ids):02}")
        compaction.compact(self.store.root, self.store._refreshed(), many=2)


def instead_once(listing: Callable[[list[Any], Writer], list[Any]], writer: Writer) -> Callable[[Path], Any]:
    """`os.scandir`, whose next listing of the folder of files put together is another."""
    scandir = os.scandir
    done: list[Path] = []

    def listed(folder: Path) -> Iterator[Any] | list[Any]:
        if done or Path(folder).name != COMPACTED:
            return scandir(folder)
        done.append(folder)
        return listing([*scandir(folder)], writer)

    return listed


def before_it_changed(entries: list[Any], writer: Writer) -> list[Any]:
    """What was there, none of which is by the time it is looked at."""
    writer()
    assert entries
    assert not any(Path(entry.path).exists() for entry in entries)
    return entries


def neither_old_nor_new(entries: list[Any], writer: Writer) -> list[Any]:
    """The old file has gone, the new one came where the listing had been already."""
    writer()
    return []


@pytest.mark.parametrize("listing", [before_it_changed, neither_old_nor_new])
def test_a_file_put_together_while_files_are_listed_is_found(
    listing: Callable[[list[Any], Writer], list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = Store(tmp_path / "records", tmp_path), Writer(tmp_path)
    reader.ids()
    writer()
    written = [*writer.ids]
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", instead_once(listing, writer))
        assert reader.present(written) == {*written}


def test_records_are_looked_up_as_often_as_their_files_vanish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer, read, times = Store(tmp_path / "records", tmp_path), Writer(tmp_path), [], iter(range(6))
    writer()
    read_records = parquet.read_records

    def too_late(path: Path, ids: Any) -> list[Record]:
        if next(times, None) is not None:
            writer()
        read.append(path)
        return read_records(path, ids)

    monkeypatch.setattr(store_module, "read_records", too_late)
    assert reader.load(["run-0", "run-1"]).keys() == {"run-0", "run-1"}
    assert len({*read}) == 7
