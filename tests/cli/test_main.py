import json
import math
import signal
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_runs import record_of

from hyperopt.cli import main, pages
from hyperopt.config import Run, resolve
from hyperopt.engine.execute import Outcome
from hyperopt.engine.pack import Pack
from hyperopt.experiments import load
from hyperopt.files import experiments_dir
from hyperopt.records import Store, published, working


@dataclass(frozen=True)
class FakePlan:
    runs: Sequence[Run]
    packs: tuple = ((),)
    cached: tuple = ()
    seconds: float = 1.0

    def describe(self) -> str:
        return f"{len(self.runs)} runs to train"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def engine(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The runs that a fake engine trained; at alpha 1000 they diverge, at alpha 666 they fail."""
    trained: list[Run] = []

    def train(plan: FakePlan, process: dict) -> Outcome:
        trained.extend(plan.runs)
        good = [run for run in plan.runs if run.alpha[-1] != 666]
        records = [record_of(run, diverged=run.alpha[-1] == 1000) for run in good]
        if records:
            working().write(records, "pack")
        failures = [(Pack((run,)), "it is 666") for run in plan.runs if run not in good]
        return Outcome({record.id: record for record in records}, failures)

    def planner(store: Store, process: dict) -> Callable[[Sequence[Run], Collection[str]], FakePlan]:
        return lambda runs, have: FakePlan([run for run in runs if run.id not in have])

    monkeypatch.setattr("hyperopt.cli.train.train", train)
    monkeypatch.setattr("hyperopt.cli.train.planner", planner)
    return trained


def test_one_run_then_the_same_from_the_store(engine: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "stack=adam/sgd", "clip=true"]) == 0
    first = capsys.readouterr().out
    assert first.startswith("adam(0.001)/sgd(1e-05)\nepoch 1: train_loss 0.5, test_error 3 %")
    assert "level 0, adam: alpha 0.002" in first
    assert f"run {engine[0].id}, trained" in first
    assert main(["run", "clip=true"]) == 0
    assert f"run {engine[0].id}, cached" in capsys.readouterr().out
    assert len(engine) == 1


def test_json_of_one_run_is_its_record_with_null_for_what_is_not_finite(
    engine: list[Run], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "alpha=1000", "format=json"]) == 0
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert printed["id"] == engine[0].id
    assert printed["config"] == engine[0].canonical()
    assert printed["metrics"]["train_loss"] == [None]
    assert (printed["diverged"], printed["cached"]) == (True, False)


def test_json_of_a_sweep(engine: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [
                "run",
                "seed=0,1,2",
                "-m",
                "stack=sgd/sgd,adam/sgd",
                "clip=false,true",
                "epochs=1",
                "format=json",
            ]
        )
        == 0
    )
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(printed) == {"runs", "table"}
    assert len(printed["runs"]) == 12
    assert [(row["stack"], row["clip"], row["n"]) for row in printed["table"]] == [
        ("sgd(0.01)/sgd(0.01)", "false", 3),
        ("sgd(0.01)/sgd(0.01)", "true", 3),
        ("adam(0.001)/sgd(1e-05)", "false", 3),
        ("adam(0.001)/sgd(1e-05)", "true", 3),
    ]
    row = printed["table"][0]
    assert (row["mean"], row["sd"]) == (4.0, 1.0)
    assert row["high"] - row["mean"] == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    assert "tune" not in row, "it follows from the stack"


def test_options_may_follow_overrides_and_plan_trains_nothing(
    engine: list[Run], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "seed=0,1", "-m", "epochs=1", "--plan"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 runs to train"
    assert engine == []


@pytest.mark.parametrize(
    "line",
    [
        "run --plan",
        "tables clipping/table1 seeds=1 epochs=1 --plan",
        "figures steroids/fig1 from=published --plan",
    ],
)
def test_a_plan_of_nothing_says_so(line: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [resolve({}), *(load("clipping/table1")[0].changed({"epochs": 1}).runs(1))]
    working().write(list(map(record_of, runs)), "pack")
    assert main(line.split()) == 0
    assert "nothing to train" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["tag=good"], ["note=odd", "--plan"]])
def test_remarks_that_cannot_be_kept_are_refused_before_training(
    words: list[str], home: Path, engine: list[Run], capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "remarks.json").mkdir(parents=True)
    assert main(["run", *words]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"hyperopt: {home / 'remarks.json'} cannot be read")
    assert said.out == ""
    assert not engine


def test_a_failure_shows_in_the_exit_code_and_the_rest_is_there(
    engine: list[Run], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "-m", "alpha=1e-3,666"]) == 1
    assert "1 of 2 runs" in capsys.readouterr().out


def test_interruption_has_its_own_exit_code(monkeypatch: pytest.MonkeyPatch, engine: list[Run]) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hyperopt.cli.train.train", interrupt)
    assert main(["run"]) == 130


def test_a_command_told_to_end_is_interrupted(
    monkeypatch: pytest.MonkeyPatch, engine: list[Run], capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("hyperopt.cli.train.train", lambda *_: signal.raise_signal(signal.SIGTERM))
    try:
        assert main(["run"]) == 143
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "interrupted; the same command resumes" in capsys.readouterr().err


def test_show_accepts_the_start_of_an_id(engine: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 0
    assert main(["show", engine[0].id[:5]]) == 0
    assert "command: hyperopt run" in capsys.readouterr().out
    assert main(["show", ""]) == 2
    assert "the start of it, is expected" in capsys.readouterr().err
    assert main(["show", "zzz"]) == 2
    searched = f"1 run stored here and {len(published().ids())} published ones"
    said = capsys.readouterr().err
    assert said == f"hyperopt: show zzz: none of {searched} has an id that starts so.\n"


def test_list_counts_what_is_there(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    assert "clipping/table2" in printed
    assert "rules: sgd, adam, " in printed


def test_tables_train_what_is_missing_and_write_the_page(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trained: list[Run] = []

    def train(plan: FakePlan, process: dict) -> Outcome:
        trained.extend(plan.runs)
        records = [record_of(run) for run in plan.runs]
        working().write(records, "pack")
        return Outcome({record.id: record for record in records})

    def planner(store: Store, process: dict) -> Callable[[Sequence[Run], Collection[str]], FakePlan]:
        return lambda runs, have: FakePlan([run for run in runs if run.id not in have])

    monkeypatch.setattr(pages, "train", train)
    monkeypatch.setattr(pages, "planner", planner)
    monkeypatch.setattr(pages, "lacking_data", lambda plans: set())
    command = ["tables", "clipping/table2", "seeds=0,1", "epochs=1"]
    assert main(command) == 0
    first = capsys.readouterr().out
    assert len(trained) == 42
    assert {run.epochs for run in trained} == {1}
    assert (home / "pages" / "clipping" / "table2.md").read_text() in first
    assert (home / "pages" / "clipping" / "table2.csv").is_file()
    assert main(command) == 0
    assert len(trained) == 42, "the second time there is nothing to train"


def test_a_file_that_is_no_experiment_is_named_and_the_others_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "experiments" / "report"
    folder.mkdir(parents=True)
    (folder / "table1.yaml").write_text("title: [")
    (folder / "table2.yaml").write_text((experiments_dir() / "clipping" / "table2.yaml").read_text())
    module = "hyperopt.experiments.reading.experiment_keys.experiments_dir"
    monkeypatch.setattr(module, lambda: tmp_path / "experiments")
    assert main(["list"]) == 0
    said = capsys.readouterr()
    assert "report/table2" in said.out
    assert "report/table1" not in said.out
    assert "table1.yaml cannot be read as YAML" in said.err
