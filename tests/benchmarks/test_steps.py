"""The page of a step beside its peers, workers and arithmetic; no time is asserted."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from counting import Counting
from gradient_descent_the_ultimate_optimizer import gdtuo

from benchmarks.__main__ import main
from benchmarks.goals import goals
from benchmarks.numpy_loop import Descent
from benchmarks.results import Results, Series, WholeTable, ratios, spread
from benchmarks.rounds import steps_lasting
from benchmarks.steps import series_of
from benchmarks.steps_page import page
from benchmarks.subjects import GDTUO_LOOPS, Subject, runs_of, side_by_side, tower
from benchmarks.workers import NOTHING, Sample, Worker, at_once
from hyperopt.cli import main as hyperopt
from hyperopt.config import resolve

CNN_ROLES = ["ours", "alone", "documented", "gdtuo"]
ROLES = ["ours", "alone", "without", *GDTUO_LOOPS, "fused", "torch", "floor"]
GENERATED: dict[str, object] = {"dataset": "mnist", "dataset.generated": True}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a quick benchmark wrote."""
    folder = tmp_path_factory.mktemp("bench")
    assert main(["pages", "steps", "--quick", "--out", str(folder)]) == 0
    return folder


def test_quick_page_has_every_section_and_subject(folder: Path) -> None:
    text = (folder / "bench.md").read_text()
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "Goals, Adam/SGD on a CPU",
        "SGD/SGD: milliseconds per run and step",
        "Adam/SGD: milliseconds per run and step",
        "The cost of the hyper level",
        "What the machine allows",
        "Instructions and cache misses",
        "Adam/SGD, convolutional net: milliseconds per run and step",
        "Packs of several sizes, Adam/SGD",
        "Memory",
        "What `hyperopt tables --plan` assumes",
    ]
    assert "generated data" in text
    assert "Its times are meaningless" in text
    for role, name in GDTUO_LOOPS.items():
        assert text.count(f"| {name} ") == 2 + 2 + (role in CNN_ROLES)
    assert "nan" not in text.lower()


def test_csv_has_a_row_per_subject_and_json_every_sample(folder: Path) -> None:
    with (folder / "bench.csv").open() as file:
        rows = list(csv.DictReader(file))
    found = json.loads((folder / "bench.json").read_text())["series"]
    assert [row["role"] for row in rows if row["section"] == "step" and row["stack"] == "adam/sgd"] == ROLES
    assert [row["role"] for row in rows if row["section"] == "cnn"] == CNN_ROLES
    assert [(row["runs"], row["workers"]) for row in rows if row["section"] == "packs"] == [
        ("1", "1"), ("1", "2"), ("2", "1"), ("2", "2"),
    ]  # fmt: skip
    assert [len(series["ms"]) for series in found] == [2] * len(rows)
    for row, series in zip(rows, found, strict=True):
        assert float(row["ms_median"]) == pytest.approx(sum(series["ms"]) / 2)


def test_times_are_per_run_and_step_and_rates_of_workers_add_up() -> None:
    subject = Subject("ours", "pack of 4", runs_of("adam/sgd", 4, GENERATED), "cpu", None)  # type: ignore[arg-type]
    one, half = Sample(10, 2.0, 1.0, 7), Sample(10, 1.0, 1.0, 9)
    assert series_of("packs", "adam/sgd", subject, [[one], [half]]).ms == (50.0, 25.0)
    two = series_of("packs", "adam/sgd", subject, [[one, one]])
    assert two.ms == (25.0,)
    assert two.core == (0.5,)
    assert two.workers == 2


def test_spread_and_ratios() -> None:
    found = spread([4.0, 1.0, 2.0, 3.0, 5.0])
    assert (found.median, found.low, found.high) == (3, 2, 4)
    assert spread([2.0]).high == 2
    assert ratios(series("gdtuo", 6, 8), series("ours", 2, 4)) == [3, 2]


def series(role: str, *ms: float, steps: int = 3) -> Series:
    memory = tuple(2**20 * (100 + i) for i in range(len(ms)))
    return Series("step", "adam/sgd", role, f"the {role}", "cpu", 1, 1, steps, ms, (1.0,) * len(ms), memory)


def squeezed(text: str) -> str:
    """One blank where there are many."""
    return " ".join(text.split())


@pytest.mark.parametrize("as_reported", [False, True])
def test_the_numpy_loops_find_the_reports_weights(as_reported: bool) -> None:
    settings = {"dataset": "height_weight", "model": "linear", "stack": "hellinger1", "alpha": 0.01}
    descent = Descent(resolve(settings), as_reported=as_reported)
    for _ in range(10):
        descent.step()
    assert descent.w == pytest.approx([3.05753, 1.14585], abs=1e-5)
    stochastic = Descent(resolve({**settings, "batch_size": 1}), as_reported=as_reported)
    rows: Iterator[Any] = stochastic.rows
    seen = [int(next(rows)[0]) for _ in range(5)]
    assert len(set(seen)) == 5


def test_goals_are_judged_by_the_interval_of_the_median() -> None:
    measured = {role: series(role, *[8.0] * 6) for role in ROLES} | {
        "ours": series("ours", *[2.0] * 6),
        "floor": series("floor", *[0.5] * 6),
        "fused": series("fused", *[2.0] * 3, *[3.0] * 3),
    }
    verdicts = {goal.what: goal.verdict() for goal in goals(measured)}
    assert verdicts == {
        "times faster than gdtuo in memory, create_graph=True": "met",
        "times faster than gdtuo in memory, no create_graph": "goal reached",
        "times faster than gdtuo's README loop": "missed",
        "times faster than fused torch.optim.Adam": "cannot be told here",
        "times the matrix products": "missed",
        "with the hyper level / without": "goal reached",
    }


def test_memory_is_compared_after_ten_times_the_steps_and_a_table_is_shown_if_measured() -> None:
    measured = [
        replace(series(role, *range(1, 13)), stack=stack)
        for stack in ("sgd/sgd", "adam/sgd")
        for role in ROLES
    ]
    measured += [replace(series(role, 4.0), section="cnn") for role in CNN_ROLES]
    assumed = (("step", "cpu", 0.002), ("cnn", "cpu", 0.05))
    results = Results((("processor", "one"),), "real", False, tuple(measured), (), assumed)
    assert "the ours | CPU | 100 after 3 | 109 after 30 | 1.090 |" in squeezed(page(results))
    assert "convolutional net | CPU | 50 | 4.00 |" in squeezed(page(results))
    whole = WholeTable(
        "clipping/table2", "hyperopt tables clipping/table2", 63, 74025, 100.0, 2, {"readme": 3000.0}
    )
    text = squeezed(page(replace(results, table=whole)))
    assert "Its times are meaningless" not in text
    assert "## A whole table: clipping/table2" in text
    assert "| gdtuo, its README's loop | extrapolated | 25 min | 15.0 |" in text


def test_the_subjects_of_a_stack_are_what_they_say() -> None:
    subjects = {s.role: s for s in side_by_side("adam/sgd", "cpu", 3, GENERATED, compiled=False)}
    assert list(subjects) == ROLES
    assert [len(subjects[role].runs) for role in ROLES] == [3, 1, 3, 1, 1, 1, 1, 1, 1]
    assert {s.runs[0].stack for role, s in subjects.items() if role in ("without", "fused", "torch")} == {
        ("adam",)
    }
    built = tower(subjects["gdtuo"].runs[0])
    assert isinstance(built, gdtuo.Adam)
    assert isinstance(built.optimizer, gdtuo.SGD)
    assert built.optimizer.parameters["alpha"].item() == pytest.approx(1e-5)


def test_a_worker_answers_in_its_own_environment_and_says_what_failed() -> None:
    worker = Worker(Counting(limit=5), {**NOTHING, "BENCH_TEST": "its environment"})
    try:
        worker.ready()
        [sample] = at_once([worker], 3)
        assert sample.steps == 3
        assert sample.memory > 2**20
        assert steps_lasting(0.0, worker) == steps_lasting(1e-9, worker, tried=1) == 1
        assert sample.peak >= sample.memory
        with pytest.raises(RuntimeError, match="8 steps in its environment"):
            at_once([worker], 4)
    finally:
        worker.close()
    assert "BENCH_TEST" not in os.environ


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_hyperopt_bench_shows_alone_and_packed(dtype: str, capsys: pytest.CaptureFixture[str]) -> None:
    process, run = ["pack=2", "compile=false", "device=cpu"], ["model.hidden=[8]", "batch_size=16"]
    assert hyperopt(["bench", *process, *run, f"dtype={dtype}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "adam/sgd, mlp, mnist, batch 16, cpu"
    assert [line.split()[0] for line in lines[3:5]] == ["1", "2"]
    assert lines[-1].startswith("plans assume ")
