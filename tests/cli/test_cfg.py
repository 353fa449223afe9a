"""What --cfg prints is the run: cfg=FILE gives the same id, and says where every value comes from."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml

from hyperopt.cli import main
from hyperopt.cli.cfg import taken, written
from hyperopt.config import Run, resolve
from hyperopt.config.sweep import one, parse
from hyperopt.experiments import load

SETTINGS = [
    {},
    {"stack": "adam_hd"},
    {"stack": "sgd", "momentum": 0.9, "nesterov": True},
    {"stack": "adam/sgd/sgd", "clip": "false/true", "alpha": "0.01/1e-5/1e-7", "tune": ["alpha", "beta1"]},
    {"stack": "rkl2", "form": "textbook", "model.hidden": [64, 32], "dataset.train": 1000},
    {"dataset": "iris", "epochs": 3, "batch_size": 10, "seed": 7, "stop_at_loss": 0.1},
    {"stack": "rmsprop/sgd", "tune_root_alpha": False, "dtype": "float64", "l2": 1e-4},
]


def read_back(run: Run, folder: Path, *more: str) -> Run:
    file = folder / "run.yaml"
    file.write_text(written(run, {}), encoding="utf-8")
    overrides, _ = taken([f"cfg={file}", *more])
    return one(parse(overrides)[0])


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_run_that_is_read_back_has_its_id(settings: dict, tmp_path: Path) -> None:
    run = resolve(settings)
    assert read_back(run, tmp_path).id == run.id
    assert read_back(run, tmp_path, "seed=11").id == run.at(11).id


def test_so_have_the_runs_of_the_reports(tmp_path: Path) -> None:
    draw = random.Random(5)
    for experiment in load("*"):
        for run in draw.sample(experiment.runs(1), 1) if experiment.runs(1) else []:
            assert read_back(run, tmp_path).id == run.id, experiment.id


def test_every_value_says_where_it_comes_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "half.yaml"
    file.write_text("epochs: 2\nseed: 4\nmodel: {name: mlp, hidden: [32]}\n", encoding="utf-8")
    assert main(["run", f"cfg={file}", "seed=1", "form=textbook", "--cfg"]) == 0
    printed = capsys.readouterr().out
    run = resolve({"epochs": 2, "seed": 1, "model.hidden": [32], "form": "textbook"})
    assert printed.startswith(f"# run {run.id}: adam(0.001)/sgd(1e-05)\n")
    told = {line.partition(":")[0]: line.partition("# ")[2] for line in printed.splitlines()[1:]}
    assert (told["seed"], told["form"], told["epochs"]) == ("command line", "command line", str(file))
    assert (told["stack"], told["beta1"], told["adam_start"]) == ("default", "rule adam", "form=textbook")
    assert (told["alpha"], told["batch_size"]) == ("default of adam/sgd", "dataset mnist")
    assert (told["model.hidden"], told["dataset.divisor"]) == (str(file), "dataset mnist")
    assert yaml.safe_load(printed)["seed"] == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sede: 1", "there is no key 'sede'"),
        ("- 1", "keys and values are expected"),
        ("", "keys and values are expected"),
        ("a: [", "it cannot be read as YAML"),
        ("? [a]\n: 1", "it cannot be read as YAML"),
        ("stack: adam\nstack: sgd", "stack is given twice"),
        ("model: {hidden: [8], hidden: [9]}", "hidden is given twice"),
        ("model: {hidden: [8]}\nmodel.hidden: [9]", "model.hidden is given twice"),
        ("alpha: [1, 2, 3]", "alpha="),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_run_is_refused(
    text: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    assert main(["run", f"cfg={tmp_path / 'x.yaml'}", "--cfg"]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert len(said.splitlines()) == 1


def test_a_file_after_cfg_is_refused_with_the_word_that_reads_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--cfg", "run.yaml"]) == 2
    assert "did you mean cfg=run.yaml?" in capsys.readouterr().err


def test_a_sweep_has_no_cfg(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "-m", "--cfg", "seed=0,1"]) == 2
    assert "one run is expected" in capsys.readouterr().err
