"""What commands print of runs and sweeps."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from small_runs import fake_record, record_of, small_run

from hyperopt.cli import main
from hyperopt.cli.results_text import run_lines, settings_table, sweep_table
from hyperopt.cli.run import json_record
from hyperopt.config import resolve
from hyperopt.records import working


def test_a_diverged_run_takes_mean_and_interval_from_its_row() -> None:
    runs = [resolve({"seed": seed}) for seed in (0, 1, 2)]
    records = {run.id: record_of(run, diverged=run.seed == 1) for run in runs}
    [row] = settings_table(runs, records)
    assert (row["mean"], row["sd"], row["low"]) == (None, None, None)
    assert (row["median"], row["min"], row["max"], row["diverged"]) == (4.0, 3.0, 5.0, 1)


def test_the_interval_of_an_error_stays_within_its_range() -> None:
    runs = [resolve({"seed": seed}) for seed in (0, 1)]
    records = {run.id: record_of(run, 1.0 + 98 * run.seed) for run in runs}
    [row] = settings_table(runs, records)
    assert (row["mean"], row["low"], row["high"]) == (50.5, 0, 100)


def test_a_sweeps_table_has_the_best_first_with_ids_and_fits_the_terminal() -> None:
    runs = [resolve({"alpha": alpha, "seed": seed}) for alpha in (0.1, 0.2, 0.3) for seed in range(4)]
    errors = {0.1: 9.0, 0.2: 5.0, 0.3: 7.0}
    records = {
        run.id: record_of(run, errors[run.alpha[-1]], diverged=run.alpha[-1] == 0.2 and run.seed == 0)
        for run in runs
    }
    rows = settings_table(runs, records)
    assert rows[0]["ids"] == [run.id for run in runs[:4]]
    text = sweep_table(rows)
    assert [line.split()[0] for line in text.splitlines()[2:]] == [
        "adam(0.001)/sgd(0.3)",
        "adam(0.001)/sgd(0.1)",
        "adam(0.001)/sgd(0.2)",
    ], "what diverged comes last"
    assert "test_error %" in text.splitlines()[0]
    assert " ".join(run.id[:7] for run in runs[8:11]) + " ..." in text
    widths = [max(map(len, sweep_table(rows, width).splitlines())) for width in (120, 90, 75)]
    assert widths == sorted(widths, reverse=True)
    assert all(found <= width for found, width in zip(widths, (120, 90, 75), strict=True))


@pytest.mark.parametrize(
    ("diverged", "squares", "says"),
    [
        (False, 4.0, "did not diverge"),
        (False, math.inf, "did not diverge, as no weight is infinite: their squares are"),
        (True, math.inf, "diverged"),
        (True, math.nan, "diverged"),
    ],
)
def test_infinite_squares_of_weights_are_told_from_infinite_weights(
    diverged: bool, squares: float, says: str
) -> None:
    ended = fake_record(small_run(), diverged=diverged, final={"squared_weights": squares})
    [line] = [line for line in run_lines(ended, cached=True) if line.startswith("result")]
    assert line.endswith(f"; {says}")


@pytest.mark.parametrize(
    ("epochs", "shown"),
    [
        (0, []),
        (1, [1]),
        (20, [*range(1, 21)]),
        (21, [1, *range(2, 21, 2), 21]),
        (1500, [1, *range(100, 1501, 100)]),
        (2001, [1, *range(200, 2001, 200), 2001]),
    ],
)
def test_of_a_long_run_some_epochs_are_printed_and_all_can_be_exported(
    epochs: int, shown: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = {"train_loss": [float(epoch) for epoch in range(1, epochs + 1)]}
    record = replace(fake_record(small_run(epochs=max(epochs, 1))), metrics=metrics)
    lines = [*run_lines(record, cached=True)]
    printed = [line for line in lines if line.startswith("epoch")]
    assert printed == [f"epoch {epoch}: train_loss {epoch}" for epoch in shown]
    [said] = [line for line in lines if "`" in line] or [""]
    assert said.startswith(f"{len(shown)} of {epochs} epochs; ") == (len(shown) < epochs)
    if said:
        monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path))
        working().write([record], "pack")
        assert main(said.split("`")[1].replace("DIR", str(tmp_path)).split()[1:]) == 0
        rows = (tmp_path / "epochs.csv").read_text().splitlines()
        assert len([row for row in rows if ",train_loss," in row]) == epochs


def test_trained_and_cached_runs_are_told_in_one_order_and_without_a_level_that_is_none() -> None:
    run = resolve({"stack": "sgd/sgd", "momentum": 0.9})
    record = record_of(run)
    hyper = {"0.alpha": [0.1], "0.momentum": [0.9], "0.dampening": [0.0], "1.alpha": [1e-5]}
    events = [{"step": 4, "epoch": 1, "event": "diverged", "level": None}]
    trained = replace(record, hyperparameters=hyper, events=events, final={"b": 1.0, "a": 2.0})
    read = replace(trained, hyperparameters=dict(sorted(hyper.items())), final={"a": 2.0, "b": 1.0})
    lines = list(run_lines(trained, cached=True))
    assert lines == list(run_lines(read, cached=True))
    assert json.dumps(json_record(trained, cached=True)) == json.dumps(json_record(read, cached=True))
    assert "level 0, sgd: alpha 0.1, dampening 0, momentum 0.9" in lines
    assert "diverged at step 4 (epoch 1)" in lines
