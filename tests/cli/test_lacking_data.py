"""Tables whose data sets cannot be had: told before anything is trained; the others are trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fake_records import SMALL

from hyperopt.cli import looks, main, pages
from hyperopt.data import DATASETS, DataError
from hyperopt.engine.execute import Outcome
from hyperopt.engine.plan import Plan

WHY = "mnist cannot be had here."


@pytest.fixture(autouse=True)
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Two tables of MNIST and one of Iris, where MNIST cannot be had.

    Each call of training adds its data sets, and that it came after what is missing was told.
    """
    folder = tmp_path / "experiments/report"
    folder.mkdir(parents=True)
    for name in ("table7", "table9"):
        (folder / f"{name}.yaml").write_text(SMALL)
    long = SMALL.replace("mnist", "iris").replace("epochs: 2", "epochs: 9999")  # the cheapest are first
    (folder / "table8.yaml").write_text(long)
    module = "hyperopt.experiments.reading.experiment_keys.experiments_dir"
    monkeypatch.setattr(module, lambda: tmp_path / "experiments")
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "home"))

    def prepare(root: Path, *, refetch: bool = False) -> None:
        raise DataError(WHY)

    monkeypatch.setattr(DATASETS["mnist"], "prepare", prepare)
    given: list[str] = []

    def train(plan: Plan, process: Mapping[str, Any]) -> Outcome:
        given.extend(["told"] * (WHY in capsys.readouterr().err))
        given.extend(sorted({pack.first.dataset["name"] for pack in plan.packs}))
        return Outcome(left=[*plan.packs])

    monkeypatch.setattr(pages, "train", train)
    monkeypatch.setattr(looks, "train", train)
    return given


@pytest.mark.parametrize("seeds", ["1", "auto"])
def test_the_others_are_trained_and_the_command_fails(seeds: str, trained: list[str]) -> None:
    assert main(["tables", "report/*", f"seeds={seeds}"]) == 1
    assert trained == ["told", "iris"]


def test_looks_that_lack_their_data_are_not_called_done(
    trained: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tables", "report/table9", "seeds=auto"]) == 1
    said = capsys.readouterr()
    assert "not trained without mnist: report/table9" in said.err
    assert "every look" not in said.out
    assert trained == []


@pytest.mark.parametrize(
    ("asked", "named"), [("report/*", "report/table7, report/table9"), ("report/table9", "report/table9")]
)
def test_what_is_not_trained_is_named_once(
    asked: str, named: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "train", lambda plan, process: Outcome())
    assert main(["tables", asked, "seeds=1"]) == 1
    told = capsys.readouterr().err
    assert told == f"hyperopt: {WHY}\nhyperopt: not trained without mnist: {named}\n"
