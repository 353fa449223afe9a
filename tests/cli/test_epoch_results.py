"""What an epoch ends with is told once, in order, and fits a line."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from small_runs import EAGER, SMALL, Watcher, a_plan, fake_record, small_run

from hyperopt.cli import main
from hyperopt.cli.epoch_results import in_words, main_metric, means, sparkline
from hyperopt.cli.progress import Plain
from hyperopt.engine.execute import execute
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles, Told
from hyperopt.records import Store, working


def test_progress_is_told_what_every_epoch_of_every_run_ended_with_as_the_records_have_it(
    tmp_path: Path,
) -> None:
    runs = [small_run(stack="adam/sgd", seed=seed) for seed in range(2)]
    watcher = Watcher()
    outcome = execute(a_plan(Pack(tuple(runs))), Store(tmp_path / "records"), EAGER, watcher)
    assert [epoch for _, epoch, _ in watcher.told] == [1, 2, 3]
    for place, run in enumerate(runs):
        record = outcome.records[run.id]
        for name, series in {**record.metrics, **record.hyperparameters}.items():
            assert [values[name][place] for _, _, values in watcher.told] == series
    assert not list((tmp_path / "progress").iterdir())


def test_a_line_that_is_half_there_is_read_the_next_time(tmp_path: Path) -> None:
    files = PackFiles(tmp_path, "pack")
    files.numbers.parent.mkdir()
    files.tell(1, {"train_loss": [0.5, math.nan]})
    with files.numbers.open("a") as file:
        file.write('[2, {"train_l')
    [(epoch, values, _)], place = files.told(0)
    assert (epoch, values["train_loss"][0]) == (1, 0.5)
    assert files.told(place) == ([], place)
    with files.numbers.open("a") as file:
        file.write('oss": [0.25, 0.5]}]\n')
    assert files.told(place)[0] == [Told(2, {"train_loss": [0.25, 0.5]})]


def test_plain_lines_have_loss_error_and_the_rate_of_every_level() -> None:
    lines: list[str] = []
    plain = Plain(lines.append)
    pack = Pack((small_run(stack="adam/sgd"),))
    values = {
        "train_loss": [0.3125],
        "test_error": [3.25],
        "0.alpha": [0.002],
        "1.alpha": [1e-5],
        "0.beta1": [0.9],
    }
    plain.numbers(pack, 2, values)
    assert lines == ["adam/sgd x 1: epoch 2/3: train_loss 0.3125, test_error 3.25 %, alpha 0.002/1e-05"]


def test_runs_that_are_there_without_the_steps_asked_for_are_told_and_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path))
    runs = [small_run(seed=seed) for seed in range(3)]
    with_steps = {"step": [5.0, 10.0], "train_loss": [1.0, 0.5]}
    told = [fake_record(run, by_step=with_steps if run.seed else {}) for run in runs]
    working().write(told, "pack")
    words = ["run", "-m", "seed=0,1,2", *(f"{key}={value}" for key, value in SMALL.items())]
    for asked, lacking in (("record_every=5", runs[:1]), ("record_every=2", runs), ("workers=1", [])):
        assert main([*words, asked]) == 0
        said = capsys.readouterr()
        assert "3 of 3 runs, 3 cached" in said.out
        assert "to train" not in said.err
        ids = ",".join(sorted(run.id for run in lacking))
        sentence = f"stored without these steps: `hyperopt rm id={ids}` first"
        assert (sentence in said.err) == bool(lacking), said.err
    assert main([*words, "record_every=11"]) == 0
    assert not capsys.readouterr().err, "runs of 10 steps have none to record"


def test_means_leave_out_what_is_not_finite_and_bars_go_from_least_to_most() -> None:
    told = means({"train_loss": [1.0, math.nan, 3.0], "test_error": [math.nan]})
    assert told["train_loss"] == 2.0
    assert math.isnan(told["test_error"])
    assert main_metric(told) == "train_loss"
    assert in_words({"test_error": math.nan}) == "nothing finite"
    assert sparkline([1.0, 2.0, math.nan, 8.0]) == "▁▂█"
    assert sparkline([5.0, 5.0]) == "▁▁"
    assert len(sparkline(list(map(float, range(100))))) == 24
