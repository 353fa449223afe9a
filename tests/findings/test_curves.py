"""Curves over seeds: their middle, band and gaps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from figures_fake import (
    ALONG_EPOCHS,
    LOSSES,
    curves_in,
    diverged,
    drawings,
    epoch_records,
    written,
)

from hyperopt.experiments.experiment import Experiment
from hyperopt.figures.draw import side_by_side


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return written(tmp_path, ALONG_EPOCHS)


def test_lines_are_means_with_the_middle_of_the_seeds(experiment: Experiment):
    panel, second = experiment.figure.panels
    records = epoch_records(experiment, LOSSES)
    sgd, adam = curves_in(panel, experiment, records, (0, 1, 2))
    assert sgd.label == "SGD"
    assert sgd.x.tolist() == [1, 2, 3]
    assert sgd.middle == pytest.approx([3.0, 2.5, 2.0])
    assert sgd.high == pytest.approx(
        np.quantile([[3.0, 2.5, 2.0], [3.1, 2.4, 2.1], [2.9, 2.6, 1.9]], 0.95, axis=0)
    )
    assert sgd.report_y.tolist() == [3, 2.5, 2]
    assert (adam.report_x.tolist(), adam.report_y.tolist()) == ([3], [1])
    accuracy = curves_in(second, experiment, records, (0, 1, 2))
    assert accuracy[0].middle == pytest.approx([70, 75, 80])
    rate = replace(panel, metric="0.alpha")
    assert curves_in(rate, experiment, epoch_records(experiment, LOSSES), (0,))[0].middle == pytest.approx(
        [0.1, 0.2, 0.3]
    )


def test_a_logarithmic_axis_leaves_gaps_and_says_so(experiment: Experiment):

    records = epoch_records(
        experiment, {"SGD": [[3.0, -1.0, 2.0], [3.0, 0.5, 1.0]], "Adam": [[1.0, 1.0, 0.5]]}
    )
    told = {}
    for log in (True, False):
        panel = replace(experiment.figure.panels[0], log=log)
        drawn = curves_in(panel, experiment, records, (0, 1))
        assert drawn[0].middle == pytest.approx([3.0, np.nan if log else -0.25, 1.5], nan_ok=True)
        assert [line.cut for line in drawn] == [log, False]
        legend = side_by_side(experiment.figure, [(panel, drawn)], (2, 2)).axes[0].get_legend()
        told[log] = [text.get_text() for text in legend.get_texts()]
    assert told[True] == [*told[False], "gaps: 0 or less"]


def test_the_band_of_the_mean_is_students(tmp_path: Path):
    figure = written(tmp_path, ALONG_EPOCHS + "band: mean\n")
    sgd, _ = curves_in(figure.figure.panels[0], figure, epoch_records(figure, LOSSES), (0, 1, 2))
    assert sgd.low == pytest.approx(np.array([3.0, 2.5, 2.0]) - 0.24841, abs=1e-4)


def test_where_a_run_diverged_the_median_stands(experiment: Experiment):
    records = epoch_records(experiment, {"SGD": [[3.0, 2.0, 1.0], [3.0, 2.0, 1.2], [3.0, np.nan, np.nan]]})
    last = experiment.cell("SGD", "epoch 3").run(2).id
    records[last] = diverged(records[last], 2)
    sgd, adam = curves_in(experiment.figure.panels[0], experiment, records, (0, 1, 2))
    assert sgd.diverged.tolist() == [False, True, True]
    assert sgd.middle == pytest.approx([3.0, 2.0, 1.1])
    assert len(adam.x) == 0
    assert drawings(experiment, records, (0, 1, 2))["png"]
