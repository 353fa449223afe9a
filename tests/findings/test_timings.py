"""Times of single runs: kept, published and shown beside the report's; the order of rows; lists of alphas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fake_records import MADE, lines, page_of, record

from benchmarks import rounds
from benchmarks.times import times
from benchmarks.workers import Sample
from hyperopt import publish as publishing
from hyperopt.experiments import load
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings import timings
from hyperopt.publish import publish, render
from hyperopt.records import Record, Store

STACKS = """
title: Stacks
source: A report
settings: {dataset: mnist, model: mlp, epochs: 5}
corner: Optimizer / Hyper
columns:
  time: {label: Time(s), metric: time}
  gdtuo: {label: gdtuo, metric: gdtuo_time}
  error: {label: Test Error, metric: test_error}
order: error
tables:
  - heading: (a) Adam
    rows:
      - {label: Adam, settings: {stack: adam}, report: [40, 40, 5]}
      - {label: Adam / SGD, settings: {stack: adam/sgd}, report: [44, 44, 3]}
      - {label: Adam / Adam, settings: {stack: adam/adam}, report: [38, 38, 4]}
  - heading: As printed
    rows:
      - {label: "Adam / SGD, 0.01", settings: {stack: adam/sgd, alpha: 0.01/1e-5}}
claims:
  - says: The time is that of the baseline.
    ratio: {from: time, to: {row: Adam, column: time}}
    each_of: [Adam / SGD, Adam / Adam]
    between: [0.9, 1.1]
"""
LISTING = """
title: Alphas
source: A report, table 10
corner: Optimizer / Hyper
lists: report/table9
tables:
  - heading: (a) Adam
    rows:
      - {label: Adam, printed: "0.001"}
      - {label: Adam / SGD, printed: "0.01 / 1e-5"}
"""
SECONDS = {"Adam": [10.0, 11.0, 12.0], "Adam / SGD": [20.0, 22.0, 24.0], "Adam / Adam": [10.1, 11.0, 11.9]}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "experiments"
    (root / "report").mkdir(parents=True)
    (root / "report/table9.yaml").write_text(STACKS)
    (root / "report/table10.yaml").write_text(LISTING)
    monkeypatch.setattr(publishing, "load", lambda: load(root=root))
    return root


@pytest.fixture
def experiment(root: Path) -> Experiment:
    [experiment] = load("report/table9", root=root)
    return experiment


def measured(experiment: Experiment) -> dict[str, Record]:
    """Times in hyperopt as above, in gdtuo of Adam alone, and errors of three seeds."""
    runs = {label: experiment.cell(label, "time").run(0) for label in SECONDS}
    found = [timings.timing(runs[k], "hyperopt", s, 0.97, 1175, MADE) for k, s in SECONDS.items()]
    found.append(timings.timing(runs["Adam"], "gdtuo", [30.0, 30.0, 30.0], 0.99, 1175, MADE))
    errors = {"Adam": [5.0, 5.1, 4.9], "Adam / SGD": [4.0, 4.1, 4.2], "Adam / Adam": [3.9, 4.2, 4.1]}
    found += [
        record(experiment, k, "error", seed, e) for k, by in errors.items() for seed, e in enumerate(by)
    ]
    return {r.id: r for r in found}


def test_times_are_beside_the_reports_with_their_ratios(experiment: Experiment) -> None:
    page = page_of(experiment, measured(experiment)).markdown
    times_section = page[page.index("## Times") : page.index("## Claims")]
    assert lines(times_section, "Adam / SGD") == [
        "| Adam / SGD | 44.00 | 1.10 | 22.00 | 2.00 | 2.00 to 2.00 | – | – | – |"
    ]
    assert lines(times_section, "Adam |") == ["| Adam | 40.00 | 1.00 | 11.00 | 1.00 |  | 30.00 | 1.00 |  |"]
    assert "in 3 rounds; a run had 0.97 of a core at least" in times_section
    assert "As printed" not in times_section, "the report gives no time for it"


def test_a_claim_about_times_is_judged_by_ratio_and_round(experiment: Experiment) -> None:
    verdicts = page_of(experiment, measured(experiment)).markdown.partition("## Claims")[2]
    assert lines(verdicts, "1 ") == [
        "| 1 | Adam / SGD | 0.9 to 1.1 | 2.00 | 2.00 to 2.00 | 3 |  | **not reproduced** |",
        "| 1 | Adam / Adam | 0.9 to 1.1 | 1.00 | 0.98 to 1.02 | 3 |  | reproduced |",
    ]


def test_seconds_of_another_machine_neither_agree_nor_disagree(experiment: Experiment) -> None:
    page = page_of(experiment, measured(experiment))
    assert page.verdicts.startswith("9 of 12 runs, 3 missing; 2 of 3 cells agree"), (
        "3 is far from 4.1; times do not count"
    )


def test_what_is_not_timed_is_said_to_be_missing(experiment: Experiment) -> None:
    assert "Not timed yet: `make times ONLY=report/table9`" in page_of(experiment, {}).markdown


def test_times_are_published_with_the_page(experiment: Experiment, tmp_path: Path) -> None:
    store, results = Store(tmp_path / "runs"), tmp_path / "results"
    store.write(list(measured(experiment).values()), "pack")
    published = publish([experiment], store, results)["report/table9"]
    assert published == page_of(experiment, measured(experiment))
    assert Store(results / "records").ids() == set(measured(experiment))
    assert render([experiment], results)["report/table9"] == published


def test_the_order_of_rows_is_compared(experiment: Experiment) -> None:
    page = page_of(experiment, measured(experiment)).markdown
    order = page[page.index("## Order") :].partition("## Times")[0]
    # Means 5.0, 4.1, 4.07: only the two hyperoptimized rows, which are not apart, change places.
    theirs, ours = "Adam / SGD < Adam / Adam < Adam", "Adam / Adam < Adam / SGD < Adam"
    assert lines(order, "(a)") == [f"| (a) Adam | {theirs} | {ours} | 2 of 3 | 2 of 2 |"]


def test_equal_means_are_in_no_order(experiment: Experiment) -> None:
    found = measured(experiment)
    for seed in range(3):
        same = experiment.cell("Adam / SGD", "error").run(seed).id
        adam = experiment.cell("Adam / Adam", "error").run(seed).id
        found[same] = replace(found[same], metrics=found[adam].metrics)
    order = page_of(experiment, found).markdown.partition("## Order")[2].partition("## Times")[0]
    ours = "Adam / SGD = Adam / Adam < Adam"
    assert lines(order, "(a)") == [
        f"| (a) Adam | Adam / SGD < Adam / Adam < Adam | {ours} | 2 of 3 | 2 of 2 |"
    ]


def test_a_list_of_alphas_marks_what_differs(root: Path) -> None:
    [listing] = load("report/table10", root=root)
    page = page_of(listing, {})
    assert page.verdicts == "1 of 2 rows are run as printed"
    assert lines(page.markdown, "Adam") == [
        "| Adam | 0.001 | 0.001 |  |",
        "| Adam / SGD | 0.01 / 1e-5 | 0.001 / 1e-5 | **differs** |",
    ]


def test_a_list_is_published_with_what_it_lists(root: Path, experiment: Experiment, tmp_path: Path) -> None:
    results = tmp_path / "results"
    [listing] = load("report/table10", root=root)
    assert publish([listing], Store(tmp_path / "nothing"), results) == {}
    store = Store(tmp_path / "runs")
    store.write(list(measured(experiment).values()), "pack")
    publish([experiment], store, results)
    assert set(render([listing], results)) == {"report/table10"}
    assert (results / "report/table10.md").is_file()


def test_each_row_is_timed_round_by_round_in_both_libraries() -> None:
    [table1] = load("adabelief_amsgrad/table1")
    tiny = {
        "dataset.generated": True,
        "dataset.train": 64,
        "model.hidden": [4],
        "batch_size": 32,
        "epochs": 1,
    }
    small = table1.changed(tiny)
    said: list[str] = []
    found = times(small, 2, said.append, inline=True)
    assert {r.id for r in found} == timings.ids(small)
    assert len(found) == 2 * 17
    for timing in found:
        assert len(timing.metrics[timings.SECONDS]) == 2
        assert min(timing.metrics[timings.SECONDS]) > 0
        assert timing.steps == 2
    assert {r.made["library"] for r in found} == {"hyperopt", "gdtuo 1.0"}
    assert sum("round 2 of 2" in line for line in said) == 2 * 4, "four sub-tables in two libraries"


def test_times_of_a_step_are_those_of_all_steps_divided(experiment: Experiment) -> None:
    run = experiment.cell("Adam", "time").run(0)
    timing = timings.timing(run, "numpy", [0.5, 0.25], 0.9, 1000, MADE)
    assert timings.rounds(timing, per_step=True) == [500, 250]
    assert timings.rounds(timing, per_step=False) == [0.5, 0.25]


def test_the_times_of_the_linear_regression_from_its_file_to_its_page() -> None:
    [table1] = load("hyper_regularization/table1")
    small = table1.changed({"dataset.train": 20})
    few = replace(
        small,
        tables=tuple(
            replace(t, settings={**t.settings, **({"epochs": 3} if "shuffle" in t.settings else {})})
            for t in small.tables
        ),
    )
    found = {timing.id: timing for timing in times(few, 2, lambda _: None, inline=True)}
    assert found.keys() == timings.ids(few)
    assert {r.made["library"] for r in found.values()} == {"hyperopt", "numpy", "numpy-fsolve"}
    assert {r.steps for r in found.values()} == {3, 20}
    page = page_of(few, found).markdown
    assert "Microseconds per iteration" in page
    assert lines(page, "SGD new LR | 512.00 | 1.34 |")


def test_of_a_long_run_a_part_is_timed_and_the_page_says_so(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def at_once(workers: Sequence[object], steps: int) -> list[Sample]:
        asked.append(steps)
        return [Sample(steps, 2.0 * steps, 2.0 * steps, 0) for _ in workers]

    monkeypatch.setattr(rounds, "at_once", at_once)
    tiny = {"dataset.generated": True, "dataset.train": 64, "model.hidden": [4], "batch_size": 32}
    small = experiment.changed(tiny)
    found = times(small, 2, print, steps=3, inline=True)
    assert set(asked) == {1, 3}, "one step warms up"
    for timing in found:
        assert timing.steps == 10
        assert timing.metrics[timings.SECONDS] == [20.0, 20.0]
    page = page_of(small, {r.id: r for r in found}).markdown
    assert "Of a run's steps 3 were timed in each round" in page
    assert "`make times ONLY=report/table9 STEPS=3`" in page
    assert "were timed in each round" not in page_of(experiment, measured(experiment)).markdown


def test_runs_that_another_experiment_published_do_not_publish_this_one(
    root: Path, experiment: Experiment, tmp_path: Path
) -> None:
    (root / "report/table8.yaml").write_text(STACKS)
    store = Store(tmp_path / "runs")
    store.write(list(measured(experiment).values()), "pack")
    publish([experiment], store, tmp_path / "results")
    assert set(render(load(root=root), tmp_path / "results")) == {"report/table9", "report/table10"}
