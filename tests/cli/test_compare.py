"""`hyperopt compare` and `hyperopt plot` say what is in them, and draw it."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_records import a_record
from refusals import refusals

from hyperopt.cli import main
from hyperopt.config import resolve
from hyperopt.records import working


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three seeds of adam and of adam/sgd, the latter better by one; one of ten stacks more each."""
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    runs = [resolve({"stack": stack, "seed": seed}) for stack in ("adam", "adam/sgd") for seed in range(3)]
    runs += [resolve({"stack": "sgd", "alpha": 10.0**-place}) for place in range(9)]
    records = [
        a_record(
            id=run.id,
            config=run.canonical(),
            metrics={"test_error": [9.0, 5.0 + 0.5 * run.seed - len(run.stack) - (run.stack[0] == "adam")]},
            hyperparameters={"0.alpha": [0.1, 0.2]},
            diverged=run.stack == ("sgd",),
            events=[],
        )
        for run in runs
    ]
    working().write(records, "pack")


def test_compare_tells_settings_effect_and_curves(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "stack=adam", "stack=adam/sgd", "dataset=mnist", "plot=both.svg"]) == 0
    printed = capsys.readouterr().out
    assert "A: stack=adam dataset=mnist: 3 runs, seeds 0, 1, 2" in printed
    assert [line.split() for line in printed.splitlines() if line.startswith("test_error")] == [
        ["test_error", "3.5", "2.5", "-1", "*", "-1", "to", "-1", "3"]
    ]
    assert "test_error, mean over runs, by epoch" in printed
    assert printed.splitlines()[-1] == "both.svg: 2 curves of 6 runs"
    assert Path("both.svg").read_text().startswith("<?xml")


def test_compare_lists_what_is_the_same_in_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "stack=adam", "stack=adam/sgd"]) == 0
    told = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("0.alpha")]
    assert told == [["0.alpha", "0.2", "0.2", "0", "0", "to", "0", "3"]]


def test_compare_tells_seeds_from_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "stack=sgd", "stack=adam"]) == 0
    said = capsys.readouterr().out
    assert "A: stack=sgd: 9 runs, seed 0; 9 settings (alpha), of which means are taken" in said


def test_compare_with_runs_that_diverged_tells_medians(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "stack=sgd alpha=1", "stack=adam"]) == 0
    printed = capsys.readouterr().out
    assert "test_error †" in printed
    assert "†: runs diverged" in printed


def test_plot_draws_a_picture(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", "stack=adam*", "metric=test_error,0.alpha", "file=a.png"]) == 0
    assert capsys.readouterr().out == "a.png: 2 curves of 6 runs\n"
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_whose_name_is_too_long_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", "stack=adam", f"file={'x' * 300}.png"]) == 1
    assert "cannot be written: File name too long." in capsys.readouterr().err


test_bad_input_is_refused = refusals(
    ("compare stack=adam", "two selections are expected"),
    ("compare stack=adam stack=adam", "the same selection"),
    ("compare stack=adam stack=adam,adam", "select the same 3 runs"),
    ("plot metric=nope", "there is no metric 'nope'; known: test_error,"),
    ("compare stack=adam stack=nadam", "stack=nadam: none of the 15 stored runs has it"),
    ("compare stack=adam stack=adam/sgd metric=nope", "there is no metric 'nope'; known: test_error,"),
    ("compare stack=adam stack=adam/sgd metric=dataset", "metric=dataset: there is no metric 'dataset'"),
    ("compare stack=adam stack=adam/sgd metric=test_error,train_loss", "no seed has it in both"),
    ("compare stack=adam stack=adam/sgd metric=train_loss", "no seed has it in both"),
    ("compare stack=adam stack=adam/sgd plot=x.gif", ".png or .svg is expected"),
    ("plot stack=sgd", "these runs are 9 curves"),
    ("plot stack=adam metric=0.alpha,9.alpha", "none of 3 runs has it; they have 0.alpha."),
    ("plot stack=adam fle=x.svg", "did you mean file?"),
    ("compare stack=adam stack=adam/sgd metrc=test_error", "did you mean metric?"),
    ("plot stack=adam log=z", "one of x, y, xy is expected"),
    ("plot stack=adam file=x", ".png or .svg is expected"),
)
