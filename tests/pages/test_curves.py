"""A page of a figure, against numbers worked out by hand."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from fake_records import page_of
from figures_fake import (
    ALONG_ALPHA,
    ALONG_EPOCHS,
    LOSSES,
    alpha_records,
    drawings,
    epoch_records,
    written,
)

from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.origin import config_hash

PAGE = (Path(__file__).parents[1] / "figure9.md").read_text(encoding="utf-8")


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return written(tmp_path, ALONG_EPOCHS)


def test_a_page_in_full(experiment: Experiment):
    # tests/figure9.md was worked out by hand. SGD at epoch 3: 2.0, 2.1, 1.9: mean 2, sd .1; t(.975, 2) =
    # 4.30265 gives ± .2484, and with m = 1 ± .4968. The effects are 1, 1, 1 and -1, -1, -1. Adam settles at
    # epoch 2 for seed 0 (1.02 is within 5 % of 1), else at 3.
    expected = PAGE.replace("HASH", config_hash(run.id for run in experiment.runs()))
    assert page_of(experiment, epoch_records(experiment, LOSSES)).markdown == expected


def test_points_beyond_the_epochs_are_missing(experiment: Experiment):
    quick = experiment.changed({"epochs": 1})
    short = {label: [curve[:1] for curve in by_seed] for label, by_seed in LOSSES.items()}
    page = page_of(quick, epoch_records(quick, short))
    assert "| SGD     | Adam         |    3.0000 |         – |" in page.markdown
    assert "make figures ONLY=report/figure9 EPOCHS=1\n" in page.markdown
    assert drawings(quick, epoch_records(quick, short), (0, 1, 2))["svg"]


def test_none_of_three_is_no_certainty_on_the_page_or_in_its_csv(tmp_path: Path):
    """0 of 3 is a share of 0 to 71 %, without a spread of its own."""
    shares = ALONG_ALPHA.replace("metric: test_error", "metric: diverged").replace("range, mean", "range")
    experiment = written(tmp_path, shares)
    three = {(label, "α 1"): [8.0, 9.0, 10.0] for label in ("one", "two")}
    page = page_of(experiment, alpha_records(experiment, three))
    frame = pd.read_csv(StringIO(page.csv))
    [cell] = frame[(frame["row"] == "one") & (frame["column"] == "α 1")].to_dict("records")
    assert (cell["mean"], cell["low"]) == (0, 0)
    assert cell["high"] == pytest.approx(70.76, abs=0.01)
    assert pd.isna(cell["sd"])
    assert "| 0 to 71 |" in " ".join(page.markdown.split())
