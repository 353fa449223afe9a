"""`seeds=auto` on the command line: the plan, the budget, and where an interrupted command ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_records import MADE, SMALL
from small_runs import small_run

from hyperopt.cli import looks, main
from hyperopt.config import Run
from hyperopt.engine.costs import Forecast
from hyperopt.engine.execute import Outcome
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import Plan
from hyperopt.experiments import load
from hyperopt.records import Record, working

COMMAND = ["tables", "report/table9", "seeds=auto", "budget=10m", "workers=1", "pack=4"]


@pytest.fixture(autouse=True)
def _the_only_experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its second sentence takes more than three seeds."""
    path = tmp_path / "experiments/report/table9.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(SMALL.replace('mean_of: ["0.1", "10"]', 'each_of: ["10"]'))
    module = "hyperopt.experiments.reading.experiment_keys.experiments_dir"
    monkeypatch.setattr(module, lambda: tmp_path / "experiments")


def trained(run: Run) -> Record:
    """A record whose error depends on the run alone."""
    spread = 8.0 if run.alpha[-1] == 10 else 0.1
    helped = 5.0 if any(run.clip) else 9.0
    error = 20 + helped + spread * np.random.default_rng(int(run.id, 16)).normal()
    metrics = {"test_error": [error], "train_loss": [error / 10], "test_loss": [error / 10]}
    return Record(run.id, run.canonical(), metrics, {}, {}, diverged=False, seconds=1.0, steps=235, made=MADE)


def training(packs_at_once: int | None) -> Callable[[Plan, Mapping[str, Any]], Outcome]:
    """Training that is interrupted after so many packs."""

    def train(plan: Plan, process: Mapping[str, Any]) -> Outcome:
        for i, pack in zip(count(), plan.packs, strict=False):
            if i == packs_at_once:
                raise KeyboardInterrupt
            working().write([trained(run) for run in pack.runs], f"{pack.first.id}-{len(pack.runs)}")
        return Outcome()

    return train


def to_the_end(home: Path, packs_at_once: int | None, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Give the same command until it is done; what is there then."""
    monkeypatch.setenv("HYPEROPT_HOME", str(home))
    monkeypatch.setattr(looks, "train", training(packs_at_once))
    given = next(i for i in count(1) if main(COMMAND) == 0)
    assert (given > 1) == (packs_at_once is not None)
    pages = {path.name: path.read_bytes() for path in (home / "pages/report").iterdir()}
    return {"runs": working().ids(), **pages}


def test_an_interrupted_command_ends_where_an_uninterrupted_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = to_the_end(tmp_path / "whole", None, monkeypatch)
    assert "every look that could decide a sentence has its runs" in capsys.readouterr().out
    assert len(whole["runs"]) > 15, "it went beyond three seeds"  # type: ignore[arg-type]
    assert to_the_end(tmp_path / "parts", 3, monkeypatch) == whole


def test_a_plan_says_what_the_next_look_takes_and_trains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "home"))
    assert main([*COMMAND, "--plan"]) == 0
    assert "report/table9, 3 seeds: 15 runs to train in" in capsys.readouterr().out
    assert working().ids() == set()
    monkeypatch.setattr(looks, "train", training(None))
    assert main([word.replace("10m", "1s") for word in COMMAND]) == 0
    assert "no pack of the next looks fits into the budget" in capsys.readouterr().out
    assert working().ids() == set()


@pytest.mark.parametrize(
    ("budget", "chosen", "packs"), [(None, 0, 1), (200.0, 0, 1), (60.0, 2, 2), (35.0, 1, 1), (10.0, 0, 0)]
)
def test_a_sentence_that_fits_whole_into_the_budget_comes_first(
    budget: float | None, chosen: int, packs: int
) -> None:
    packed = tuple(Pack((small_run(seed=seed),)) for seed in range(2))
    costs = [(100.0,), (30.0, 40.0), (25.0, 30.0)]
    experiment = load("report/table9")[0]
    steps = [
        looks.Step(experiment, 3, Plan(packed[: len(each)], (), tuple(Forecast(0.0, t) for t in each)))
        for each in costs
    ]
    step, fitting = looks.that_fits(steps, budget)
    assert (steps.index(step), len(fitting.packs)) == (chosen, packs)
