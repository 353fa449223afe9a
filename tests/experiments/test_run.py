"""Shipped experiments from file to page, shrunken: generated data, tiny nets, one seed and epoch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_records import page_of
from shipped import SHIPPED
from small_runs import EAGER, Watcher

from hyperopt.engine.execute import execute
from hyperopt.engine.plan import plan
from hyperopt.experiments.experiment import Experiment
from hyperopt.records import Store

TINY: dict[str, Any] = {"dataset.generated": True, "dataset.train": 40, "batch_size": 32, "epochs": 1}
MANY = 200
OF_DATASET: dict[str, dict[str, Any]] = {"iris": {}, "height_weight": {}, "tinyshakespeare": {}}
OF_MODEL: dict[str, dict[str, Any]] = {
    "cnn": {"model.channels": [2], "model.hidden": [4]},
    "logistic": {},
    "linear": {},
    "unet": {"model.filters": 2},
    "transformer": {"model.width": 4, "model.heads": 2, "model.layers": 1},
}


def shrunken(experiment: Experiment) -> Experiment:
    run = experiment.runs()[0]
    test_rows = OF_DATASET.get(run.dataset["name"], {"dataset.test": 20})
    net = OF_MODEL.get(run.model["name"], {"model.hidden": [4]})
    return experiment.changed({**TINY, **test_rows, **net})


def fewer(experiment: Experiment) -> Experiment:
    """With some rows of a grid that has hundreds of cells and no claims, of one column each."""
    tables = tuple(replace(t, rows=t.rows[:1] + t.rows[-1:]) for t in experiment.tables)
    whole = sum(len(t.rows) for t in experiment.tables) * len(experiment.columns)
    if whole < MANY or experiment.claims:
        return experiment
    rows = [tuple(replace(row, report=row.report[:1]) for row in t.rows) for t in tables]
    tables = tuple(replace(t, rows=of) for t, of in zip(tables, rows, strict=True))
    return replace(experiment, tables=tables, columns=experiment.columns[4:5])


@pytest.mark.parametrize("name", [name for name, experiment in SHIPPED.items() if experiment.figure is None])
def test_a_shipped_experiment_runs_end_to_end(name: str, tmp_path: Path) -> None:
    experiment = SHIPPED[name]
    if experiment.lists:
        assert "rows are run as printed" in page_of(experiment, {}).verdicts
        return
    small = shrunken(fewer(experiment))
    store = Store(tmp_path / "records")
    runs = small.runs(1)
    assert not execute(plan(runs, set(), EAGER), store, EAGER, Watcher()).failures
    page = page_of(small, store.load(), seeds=1)
    assert f"{len(runs)} of {len(runs)} runs" in page.markdown
    metric = small.columns[0].metric
    values = [line.rsplit(",", 1)[1] for line in page.csv.splitlines()[1:] if f",{metric}," in line]
    assert len(values) == sum(cell.metric == metric for cell in small.cells())
    assert "–" not in values
