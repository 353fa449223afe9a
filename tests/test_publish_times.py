"""Times and lists of alphas are published with the runs they are of."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_records import lines, page_of
from timings_fake import STACKS, measured, written

from hyperopt import publish as publishing
from hyperopt.experiments import load
from hyperopt.experiments.experiment import Experiment
from hyperopt.publish import publish, render
from hyperopt.records import Store


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "experiments"
    written(root)
    monkeypatch.setattr(publishing, "load", lambda **told: load(root=root, **told))
    return root


@pytest.fixture
def experiment(root: Path) -> Experiment:
    [experiment] = load("report/table9", root=root)
    return experiment


def test_times_are_published_with_the_page(experiment: Experiment, tmp_path: Path) -> None:
    store, results = Store(tmp_path / "runs"), tmp_path / "results"
    store.write(list(measured(experiment).values()), "pack")
    published = publish([experiment], store, results)["report/table9"]
    assert published == page_of(experiment, measured(experiment))
    assert Store(results / "records").ids() == set(measured(experiment))
    assert render([experiment], results)["report/table9"] == published


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


def test_runs_that_another_experiment_published_do_not_publish_this_one(
    root: Path, experiment: Experiment, tmp_path: Path
) -> None:
    (root / "report/table8.yaml").write_text(STACKS)
    store = Store(tmp_path / "runs")
    store.write(list(measured(experiment).values()), "pack")
    publish([experiment], store, tmp_path / "results")
    assert set(render(load(root=root), tmp_path / "results")) == {"report/table9", "report/table10"}
