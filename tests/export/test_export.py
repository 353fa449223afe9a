"""What is exported is read back, by the library that it is for, as it was in the records."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_records import a_record
from refusals import refusals

from hyperopt.cli import main
from hyperopt.config import resolve
from hyperopt.export.series import group_of
from hyperopt.records import Record, working

EPOCHS = 3
STEPS = [5.0, 10.0, 15.0, 20.0]


def records() -> dict[str, Record]:
    """Two seeds of two stacks; steps were recorded of one stack."""
    runs = [resolve({"stack": stack, "seed": seed}) for stack in ("adam", "adam/sgd") for seed in range(2)]
    return {
        run.id: a_record(
            id=run.id,
            config=run.canonical(),
            metrics={"test_error": [10.0 * run.seed + epoch for epoch in range(EPOCHS)]},
            hyperparameters={
                f"{level}.alpha": [rate * 2**epoch for epoch in range(EPOCHS)]
                for level, rate in enumerate(run.alpha)
            },
            diverged=False,
            made={"started": "2026-11-26T10:00:00+00:00"},
            by_step=by_step(run.seed) if len(run.stack) > 1 else {},
        )
        for run in runs
    }


def by_step(seed: int) -> dict[str, list[float]]:
    return {"step": STEPS, "train_loss": [seed + 1 / step for step in STEPS], "1.alpha": [1e-5] * len(STEPS)}


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    working().write(list(records().values()), "pack")


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def read_tensorboard(folder: Path) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """Steps and values by folder and tag, as TensorBoard's own reader has them."""
    reader: Any = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = {}
    for run in sorted({path.parent for path in folder.rglob("events*")}):
        events = reader.EventAccumulator(str(run)).Reload()
        found[run.relative_to(folder).as_posix()] = {
            tag: [(event.step, event.value) for event in events.Scalars(tag)]
            for tag in events.Tags()["scalars"]
        }
    return found


def test_tensorboard_reads_every_number_of_every_level_and_the_mean_over_seeds(tmp_path: Path) -> None:
    folder = tmp_path / "tb"
    assert main(["export", "tensorboard", str(folder)]) == 0
    found = read_tensorboard(folder)
    assert len(found) == 6
    for record in records().values():
        [scalars] = [scalars for name, scalars in found.items() if name.endswith(record.id)]
        for tag, series in {
            "test_error": record.metrics["test_error"],
            "level 0/alpha": record.hyperparameters["0.alpha"],
        }.items():
            assert [step for step, _ in scalars[tag]] == [1, 2, 3]
            assert [value for _, value in scalars[tag]] == pytest.approx(series)
        assert ("level 1/alpha" in scalars) == (record.config["stack"] == "adam/sgd")
        assert ("by step/train_loss" in scalars) == bool(record.by_step)
        if record.by_step:
            assert [step for step, _ in scalars["by step/train_loss"]] == STEPS
            told = [value for _, value in scalars["by step/train_loss"]]
            assert told == pytest.approx(record.by_step["train_loss"])
            assert len(scalars["by step/level 1/alpha"]) == len(STEPS)
    for name, scalars in found.items():
        if name.endswith("mean over seeds"):
            assert scalars["test_error"] == [(1, 5.0), (2, 6.0), (3, 7.0)]
            for step, value in scalars.get("by step/train_loss", []):
                assert value == pytest.approx(0.5 + 1 / step)


def test_tensorboards_hyperparameters_are_all_settings(tmp_path: Path) -> None:
    plugin: Any = pytest.importorskip("tensorboard.plugins.hparams.plugin_data_pb2")
    reader: Any = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    assert main(["export", "tensorboard", str(tmp_path / "tb"), "stack=adam/sgd", "seed=0"]) == 0
    [file] = (tmp_path / "tb").rglob("events*")
    events = reader.EventAccumulator(str(file.parent)).Reload()
    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    told = plugin.HParamsPluginData.FromString(content).session_start_info.hparams
    assert told["stack"].string_value == "adam/sgd"
    assert told["beta1"].number_value == 0.9
    assert told["alpha"].string_value == "0.001/1e-05"


def test_tensorboards_files_are_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    assert main(["export", "tensorboard", str(tmp_path / "tb"), "seed=0"]) == 0
    before = contents(tmp_path / "tb")
    again = ["-m", "hyperopt", "export", "tensorboard", str(tmp_path / "tb"), "seed=0"]
    done = subprocess.run([sys.executable, *again], capture_output=True, text=True, check=True)
    assert ", 0 written" in done.stdout
    assert contents(tmp_path / "tb") == before


def test_the_file_that_another_program_has_for_tensorboard_is_refused_and_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    folder = tmp_path / "tb"
    assert main(["export", "tensorboard", str(folder), "seed=0"]) == 0
    ours = max(folder.rglob("events*"))
    with SummaryWriter(tmp_path / "other") as writer:
        writer.add_scalar("test_error", 1.0, 1)
    [theirs] = (tmp_path / "other").iterdir()
    theirs.replace(ours)
    before = contents(folder)
    assert main(["export", "tensorboard", str(folder)]) == 2
    assert f"{ours} is another program's" in capsys.readouterr().err
    assert contents(folder) == before


def test_trackio_reads_every_number_and_setting(tmp_path: Path) -> None:
    pytest.importorskip("trackio")
    folder = tmp_path / "trackio"
    assert main(["export", "trackio", str(folder)]) == 0
    from trackio.sqlite_storage import SQLiteStorage

    names = SQLiteStorage.get_runs("hyperopt")
    assert len(names) == 6
    for record in records().values():
        [name] = [name for name in names if name.endswith(record.id)]
        if record.by_step:
            logs = SQLiteStorage.get_logs("hyperopt", f"{name}, by step")
            assert [row["train_loss"] for row in logs] == record.by_step["train_loss"]
            assert [row["step"] for row in logs] == STEPS
        logs = SQLiteStorage.get_logs("hyperopt", name)
        assert [row["test_error"] for row in logs] == record.metrics["test_error"]
        assert [row["level 0/alpha"] for row in logs] == record.hyperparameters["0.alpha"]
        assert [row["step"] for row in logs] == [1, 2, 3]
        config = SQLiteStorage.get_run_config("hyperopt", name) or {}
        assert (config["stack"], config["seed"]) == (record.config["stack"], record.config["seed"])


def test_pandas_reads_every_number(tmp_path: Path) -> None:
    folder = tmp_path / "csv"
    assert main(["export", "csv", str(folder), "stack=adam/sgd"]) == 0
    runs, epochs, steps = (pd.read_csv(folder / f"{name}.csv") for name in ("runs", "epochs", "steps"))
    assert len(runs) == 2
    for record in (record for record in records().values() if record.config["stack"] == "adam/sgd"):
        row = runs[runs.run == record.id].iloc[0]
        assert math.isclose(row["level 0/alpha"], record.hyperparameters["0.alpha"][-1])
        mine = epochs[(epochs.run == record.id) & (epochs.name == "test_error")]
        assert mine.value.tolist() == record.metrics["test_error"]
        mine = steps[(steps.run == record.id) & (steps.name == "train_loss")]
        assert dict(zip(mine.step, mine.value, strict=True)) == dict(
            zip(STEPS, record.by_step["train_loss"], strict=True)
        )


def test_csv_replaces_its_own_files_and_no_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "csv", str(tmp_path)]) == 0
    assert main(["export", "csv", str(tmp_path), "stack=adam"]) == 0
    assert pd.read_csv(tmp_path / "steps.csv").empty, "steps of runs that were not selected"
    for name in ("runs.csv", "epochs.csv", "steps.csv"):
        kept = (tmp_path / name).read_bytes()
        for mine in (b"run,score\n1,2\n", b"", b"\x00\xff"):
            (tmp_path / name).write_bytes(mine)
            before = contents(tmp_path)
            assert main(["export", "csv", str(tmp_path)]) == 2
            assert f"{name} is another program's" in capsys.readouterr().err
            assert contents(tmp_path) == before
        (tmp_path / name).write_bytes(kept)


@pytest.mark.parametrize(
    ("kind", "name"), [("tensorboard", "events.out.tfevents.0.hyperopt"), ("trackio", "hyperopt.db")]
)
@pytest.mark.parametrize("mine", [b"mine\n", b"SQLite format 3\0" + b"mine" * 200])
def test_a_file_of_another_program_is_refused_and_stays(
    kind: str, name: str, mine: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip(kind)
    folder = tmp_path / "out"
    assert main(["export", kind, str(folder), "seed=0"]) == 0
    path = max(folder.rglob(name))
    path.write_bytes(mine)
    before = contents(folder)
    capsys.readouterr()
    assert main(["export", kind, str(folder)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{path} " in said
    assert said.endswith("another folder is expected.\n")
    assert path.read_bytes() == mine
    if kind == "tensorboard":
        assert contents(folder) == before


def test_a_group_has_a_name_that_a_file_system_takes(tmp_path: Path) -> None:
    """And of two settings with long names each its own."""
    long = "own:" + "Regel\u00fc" * 60
    names = {
        group_of({"stack": long, "alpha": [alpha], "dataset": "mnist", "model": "mlp"}) for alpha in (1, 2)
    }
    assert len(names) == 2
    for name in names:
        (tmp_path / name).mkdir()


@pytest.mark.parametrize("kind", ["tensorboard", "csv", "trackio"])
def test_to_export_again_changes_nothing_and_a_further_run_is_added(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if kind != "csv":
        pytest.importorskip(kind)
    folder = tmp_path / "out"
    assert main(["export", kind, str(folder), "seed=0"]) == 0
    before = contents(folder)
    assert main(["export", kind, str(folder), "seed=0"]) == 0
    assert {path.name for path in contents(folder)} == {path.name for path in before}
    if kind != "trackio":  # whose database notes when it was opened
        assert contents(folder) == before
        assert main(["export", kind, str(folder)]) == 0
    else:
        assert ", 0 written" in capsys.readouterr().out
        assert main(["export", kind, str(folder)]) == 0
        assert "4 runs of 2 settings, 2 written" in capsys.readouterr().out


test_bad_input_is_refused = refusals(
    ("export wandb x", "there is no kind of export 'wandb'"),
    ("export csv stack=adam", "a folder is expected"),
    ("export csv ''", "a folder is expected"),
    ("export csv x stack=sgd", "none of the 4 stored runs has it"),
    ("export csv", "the following arguments are required: DIR;"),
    (
        "export csv x --all",
        "--all: unknown; hyperopt export takes tensorboard|trackio|csv DIR [KEY=VALUE ...]",
    ),
)
