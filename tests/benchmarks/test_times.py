"""Every row of a table timed, round by round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fake_records import lines, page_of
from timings_fake import measured, written

from benchmarks import rounds
from benchmarks.times import times
from benchmarks.workers import Sample
from hyperopt.experiments import load
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings import timings


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return written(tmp_path / "experiments")


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
    assert "Microseconds per step" in page
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
    assert "In each round 3 steps of a run were timed" in page
    assert "`make times ONLY=report/table9 STEPS=3`" in page
    assert "steps of a run were timed" not in page_of(experiment, measured(experiment)).markdown
