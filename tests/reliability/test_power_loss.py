"""No record that was said to be kept is lost when the power goes, whenever that is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from forgetful_disk import ForgetfulDisk, put
from small_runs import EAGER, Watcher, a_plan, fake_record, small_run

from hyperopt.engine import attempt as attempts
from hyperopt.engine.execute import execute
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.workers import InThisProcess
from hyperopt.records import Record, Store, compaction


class Promises(Watcher):
    """Progress that takes what it is told for a promise of the disk."""

    def __init__(self, disk: ForgetfulDisk) -> None:
        super().__init__()
        self.disk = disk

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        self.disk.promised |= {record.id for record in records}
        self.disk.note()


def train_packs(
    home: Path, monkeypatch: pytest.MonkeyPatch, *, at_once: int = 1, forgets_all: bool = False
) -> ForgetfulDisk:
    """Packs with checkpoints are trained, so many at once, their files put together, one is kept again."""

    def train(pack: Pack, options: Options, root: Path) -> list[Record]:
        files = PackFiles(root, pack.name)
        files.save([run.id for run in pack.runs], 1, {}, {})
        files.report(1)
        return [fake_record(run) for run in pack.runs]

    monkeypatch.setattr(attempts, "train_pack", train)
    home.mkdir()
    disk, store, workers = ForgetfulDisk(home), Store(home / "records", home), InThisProcess()
    workers.size = at_once
    packs = tuple(Pack(tuple(small_run(seed=seed) for seed in seeds)) for seeds in ((0, 1), (2, 3), (4,)))
    with disk.watched(forgets_all=forgets_all):
        execute(a_plan(*packs), store, EAGER, Promises(disk), workers)
        compaction.compact(store.root, store._refreshed(), many=2)
        store.write([fake_record(small_run(seed=4))], packs[2].name)
    return disk


def lost(disk: ForgetfulDisk, folder: Path) -> list[set[str]]:
    """Of every state in which the disk may be found, the promised runs that are not there."""
    found = []
    for i, (state, promised) in enumerate(disk.states.items()):
        put(state, folder / str(i))
        store = Store(folder / str(i) / "records", folder / str(i))
        found.append({*promised} - {*store.load()})
    return found


@pytest.mark.parametrize(("at_once", "states"), [(1, 60), (2, 55), (3, 45)])
def test_a_loss_of_power_loses_no_record_that_was_kept(
    at_once: int, states: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = train_packs(tmp_path / "home", monkeypatch, at_once=at_once)
    missing = lost(disk, tmp_path)
    assert len(missing) > states
    assert not any(missing)
    assert len(disk.promised) == 5


def test_a_program_that_never_syncs_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk does forget."""
    assert any(lost(train_packs(tmp_path / "home", monkeypatch, forgets_all=True), tmp_path))


def test_after_a_loss_of_power_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = train_packs(tmp_path / "home", monkeypatch)
    monkeypatch.setattr(
        attempts, "train_pack", lambda pack, options, root: [fake_record(run) for run in pack.runs]
    )
    runs = tuple(small_run(seed=seed) for seed in range(5))
    for i, state in enumerate([*disk.states][:: max(1, len(disk.states) // 12)]):
        folder = tmp_path / str(i)
        put(state, folder)
        store = Store(folder / "records", folder)
        have = store.load()
        left = tuple(run for run in runs if run.id not in have)
        outcome = execute(a_plan(*([Pack(left)] if left else [])), store, EAGER, Watcher())
        assert not outcome.failures
        assert {*store.load()} == {run.id for run in runs}
