"""The order of rows, here and in the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_records import lines, page_of
from timings_fake import measured, written

from hyperopt.experiments.experiment import Experiment


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return written(tmp_path / "experiments")


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
