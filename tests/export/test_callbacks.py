"""Callbacks hear what the records say, run by run, and one that fails stops nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from small_runs import EAGER, Watcher, a_plan, small_run

from hyperopt.config import Run
from hyperopt.engine.execute import execute
from hyperopt.engine.pack import Pack
from hyperopt.errors import ConfigError
from hyperopt.export.callbacks import Observed, callbacks_of
from hyperopt.export.series import of_record
from hyperopt.export.tensorboard import write_events
from hyperopt.records import Record, Store

RUNS = [small_run(stack="adam/sgd", seed=seed) for seed in range(2)]


class Noting:
    """Notes what it is told."""

    def __init__(self, folder: Path) -> None:
        self.epochs: list[tuple[str, int, Mapping[str, float]]] = []
        self.steps: list[tuple[str, int, Mapping[str, float]]] = []
        self.finished: list[str] = []

    def epoch(self, run: Run, epoch: int, numbers: Mapping[str, float]) -> None:
        self.epochs.append((run.id, epoch, numbers))

    def step(self, run: Run, step: int, numbers: Mapping[str, float]) -> None:
        self.steps.append((run.id, step, numbers))

    def finish(self, run: Run, record: Record) -> None:
        self.finished.append(record.id)


class Failing(Noting):
    """Fails at once."""

    def epoch(self, run: Run, epoch: int, numbers: Mapping[str, float]) -> None:
        raise RuntimeError("mine")


class OfEpochs:
    """Knows of no steps, as callbacks did before there were any."""

    def __init__(self, folder: Path) -> None:
        self.finished: list[str] = []

    def epoch(self, run: Run, epoch: int, numbers: Mapping[str, float]) -> None:
        pass

    def finish(self, run: Run, record: Record) -> None:
        self.finished.append(record.id)


def trained(folder: Path, observed: Observed, record_every: int | None = None) -> dict[str, Record]:
    options = replace(EAGER, record_every=record_every)
    return execute(a_plan(Pack(tuple(RUNS))), Store(folder / "records"), options, observed).records


def test_a_callback_is_told_each_epoch_of_each_run_and_a_failing_one_is_dropped(tmp_path: Path) -> None:
    sys.modules["mine_for_test"] = sys.modules[__name__]
    callbacks = callbacks_of(["mine_for_test:Noting", "mine_for_test:Failing"], tmp_path)
    noting = callbacks["mine_for_test:Noting"]
    assert isinstance(noting, Noting)
    watcher = Watcher()
    observed = Observed(watcher, callbacks)
    records = trained(tmp_path, observed)
    assert list(observed.callbacks) == ["mine_for_test:Noting"]
    assert len(watcher.told) == 3
    assert watcher.closed
    assert sorted(noting.finished) == sorted(records)
    for run in RUNS:
        mine = [(epoch, numbers) for id_, epoch, numbers in noting.epochs if id_ == run.id]
        assert [epoch for epoch, _ in mine] == [1, 2, 3]
        assert [numbers["train_loss"] for _, numbers in mine] == records[run.id].metrics["train_loss"]
        assert [numbers["1.alpha"] for _, numbers in mine] == records[run.id].hyperparameters["1.alpha"]


def test_a_callback_that_takes_steps_is_told_what_is_recorded(tmp_path: Path) -> None:
    sys.modules["mine_for_test"] = sys.modules[__name__]
    callbacks = callbacks_of(["mine_for_test:Noting", "mine_for_test:OfEpochs"], tmp_path)
    noting, of_epochs = callbacks.values()
    assert isinstance(noting, Noting)
    assert isinstance(of_epochs, OfEpochs)
    watcher = Watcher()
    records = trained(tmp_path, Observed(watcher, callbacks), 4)
    assert len(watcher.steps) == 2
    for run in RUNS:
        mine = [(step, numbers) for id_, step, numbers in noting.steps if id_ == run.id]
        told = records[run.id].by_step
        assert [float(step) for step, _ in mine] == told["step"] == [4.0, 8.0]
        for name, series in told.items():
            assert name == "step" or [numbers[name] for _, numbers in mine] == series
    assert sorted(of_epochs.finished) == sorted(records)


@pytest.mark.parametrize("record_every", [None, 2])
def test_tensorboard_live_ends_as_its_export(record_every: int | None, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    observed = Observed(Watcher(), callbacks_of(["tensorboard"], tmp_path))
    records = trained(tmp_path, observed, record_every)
    files = {path.parent.name: path.read_bytes() for path in (tmp_path / "tensorboard").rglob("events*")}
    write_events(tmp_path / "exported", [of_record(record) for record in records.values()])
    exported = {path.parent.name: path.read_bytes() for path in (tmp_path / "exported").rglob("events*")}
    assert {name: exported[name] for name in files} == files
    assert len(files) == 2


def test_trackio_live_has_every_epoch_once(tmp_path: Path) -> None:
    pytest.importorskip("trackio")
    callbacks = callbacks_of(["trackio"], tmp_path)
    records = trained(tmp_path, Observed(Watcher(), callbacks), 2)
    from trackio.sqlite_storage import SQLiteStorage

    names = SQLiteStorage.get_runs("hyperopt")
    assert len(names) == 4
    for record in records.values():
        [name] = [name for name in names if name.endswith(record.id)]
        logs = SQLiteStorage.get_logs("hyperopt", name)
        assert [row["train_loss"] for row in logs] == record.metrics["train_loss"]
        logs = SQLiteStorage.get_logs("hyperopt", f"{name}, by step")
        assert [row["train_loss"] for row in logs] == record.by_step["train_loss"]
        assert [row["step"] for row in logs] == record.by_step["step"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("tensorbord", "did you mean tensorboard"),
        ("nosuch_module:X", "cannot be created"),
        ("hyperopt.records:nosuch", "cannot be created"),
    ],
)
def test_what_is_no_callback_is_refused(name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=says):
        callbacks_of([name], tmp_path)
