"""Records of times."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_records import MADE
from timings_fake import written

from hyperopt.experiments.experiment import Experiment
from hyperopt.findings import timings


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return written(tmp_path / "experiments")


def test_times_of_a_step_are_those_of_all_steps_divided(experiment: Experiment) -> None:
    run = experiment.cell("Adam", "time").run(0)
    timing = timings.timing(run, "numpy", [0.5, 0.25], 0.9, 1000, MADE)
    assert timings.rounds(timing, per_step=True) == [500, 250]
    assert timings.rounds(timing, per_step=False) == [0.5, 0.25]
