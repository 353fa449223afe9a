"""What `record_every` records: it changes nothing else, agrees with the epochs, and is never lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from small_runs import (
    EAGER,
    STEPS,
    InterruptionError,
    Watcher,
    a_plan,
    interrupt_after,
    measured,
    mixed_runs,
    small_run,
)

from hyperopt.engine.execute import execute
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.trainer import train_pack
from hyperopt.records import Record, Store, read_records, write_records

EPOCHS = 3


def every(steps: int) -> Options:
    return replace(EAGER, record_every=steps)


def test_recording_changes_nothing_else(tmp_path: Path) -> None:
    pack = Pack(tuple(mixed_runs()))
    without, recorded = (train_pack(pack, options, tmp_path) for options in (EAGER, every(2)))
    assert all(record.by_step for record in recorded)
    assert [measured(replace(record, by_step={})) for record in recorded] == [*map(measured, without)]
    assert not any(record.by_step for record in without)


def test_steps_agree_with_the_epochs(tmp_path: Path) -> None:
    """The mean of an epoch's steps is its loss; its last step has the hyperparameters after it, exactly."""
    for record in train_pack(Pack(tuple(mixed_runs())), every(1), tmp_path):
        assert record.by_step["step"] == [float(step + 1) for step in range(EPOCHS * STEPS)]
        losses = [record.by_step["train_loss"][i : i + STEPS] for i in range(0, EPOCHS * STEPS, STEPS)]
        assert [sum(epoch) / STEPS for epoch in losses] == pytest.approx(record.metrics["train_loss"])
        for name, series in record.hyperparameters.items():
            assert record.by_step[name][STEPS - 1 :: STEPS] == series


def test_once_an_epoch_is_the_epoch_and_a_step_across_epochs_begins_with_its_own(tmp_path: Path) -> None:
    (once,) = train_pack(Pack((small_run(stack="adam/sgd"),)), every(STEPS), tmp_path)
    assert once.by_step["train_loss"] == pytest.approx(once.metrics["train_loss"], rel=1e-6)
    (all_,) = train_pack(Pack((small_run(stack="adam/sgd"),)), every(1), tmp_path)
    (few,) = train_pack(Pack((small_run(stack="adam/sgd"),)), every(2), tmp_path)
    assert few.by_step["step"] == [2.0, 4.0, 6.0, 8.0]
    losses = all_.by_step["train_loss"]
    expected = [sum(losses[0:2]) / 2, losses[3], sum(losses[4:6]) / 2, sum(losses[6:8]) / 2]
    assert few.by_step["train_loss"] == pytest.approx(expected)
    assert few.by_step["0.alpha"] == all_.by_step["0.alpha"][1::2]


def test_each_run_of_a_pack_records_what_it_would_alone_also_once_others_stop(tmp_path: Path) -> None:
    runs = [small_run(stack="sgd/sgd", stop_at_loss=2.25, epochs=6, seed=seed) for seed in range(4)]
    together = train_pack(Pack(tuple(runs)), every(1), tmp_path)
    assert [record.steps for record in together] == [6, 3, 6, 6], "one stops first, and trains along"
    for run, record in zip(runs, together, strict=True):
        (alone,) = train_pack(Pack((run,)), every(1), tmp_path)
        assert record.by_step["step"] == alone.by_step["step"]
        assert len(record.by_step["step"]) == record.steps
        assert record.by_step["train_loss"] == pytest.approx(alone.by_step["train_loss"], rel=1e-4)


def test_what_was_recorded_before_a_stop_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = Pack((small_run(seed=0), small_run(seed=1)))
    uninterrupted = train_pack(pack, every(2), tmp_path / "a")
    with monkeypatch.context() as patched:
        interrupt_after(2, patched)
        with pytest.raises(InterruptionError):
            train_pack(pack, every(2), tmp_path / "b")
    trained = interrupt_after(99, monkeypatch)
    assert [*map(measured, train_pack(pack, every(2), tmp_path / "b"))] == [*map(measured, uninterrupted)]
    assert len(trained) == 1, "it started over"


def test_progress_is_told_each_step_once_as_the_records_have_it(tmp_path: Path) -> None:
    runs, watcher = [small_run(stack="adam/sgd", seed=seed) for seed in range(2)], Watcher()
    store = Store(tmp_path / "records")
    outcome = execute(a_plan(Pack(tuple(runs))), store, every(2), watcher)
    assert [step for step, _, _ in watcher.steps] == [2, 4, 6, 8]
    assert [epoch for _, epoch, _ in watcher.told] == [1, 2, 3]
    for record in outcome.records.values():
        told = [
            {name: each[ids.index(record.id)] for name, each in values.items()}
            for _, ids, values in watcher.steps
        ]
        assert told == [
            {name: series[i] for name, series in record.by_step.items() if name != "step"}
            for i in range(len(told))
        ]
    assert {id_: measured(record) for id_, record in store.load().items()} == {
        id_: measured(record) for id_, record in outcome.records.items()
    }


def test_a_file_has_a_column_of_steps_only_where_some_were_recorded(tmp_path: Path) -> None:
    """So that files of records are, byte for byte, what they were before there were steps."""
    path = tmp_path / "some.parquet"
    plain, recorded = (small_record(steps) for steps in ({}, {"step": [2.0], "train_loss": [0.5]}))
    assert "by_step" not in write_records(path, [plain]).column_names
    assert read_records(path) == [plain]
    other = replace(plain, id="other")
    assert "by_step" in write_records(path, [recorded, other]).column_names
    assert read_records(path) == sorted([recorded, other], key=lambda record: record.id)


def small_record(by_step: dict[str, list[float]]) -> Record:
    run = small_run()
    return Record(run.id, run.canonical(), {}, {}, {}, False, 1.0, 9, {"device": "cpu"}, by_step=by_step)
