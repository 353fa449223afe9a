"""A page of a figure, its numbers against plain arithmetic."""

from __future__ import annotations

import math
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
    diverged,
    drawings,
    epoch_records,
    written,
)
from plain_tables import beside_report, cells_of, p_of

from hyperopt.experiments.experiment import Experiment
from hyperopt.figures.draw import draw
from hyperopt.findings.origin import config_hash
from hyperopt.findings.view import views_of

PAGE = (Path(__file__).parents[1] / "figure9.md").read_text(encoding="utf-8")


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return written(tmp_path, ALONG_EPOCHS)


def test_a_page_in_full(experiment: Experiment):
    """tests/figure9.md is what the page looks like; the test below works out its numbers."""
    expected = PAGE.replace("HASH", config_hash(run.id for run in experiment.runs()))
    assert page_of(experiment, epoch_records(experiment, LOSSES)).markdown == expected


def test_the_numbers_of_the_page_are_those_of_plain_arithmetic():
    """From LOSSES: 100 less ten times the loss is the accuracy; a curve settles within 5 % of its end."""
    sgd, adam = LOSSES["SGD"], LOSSES["Adam"]

    def after(curves: list[list[float]], epoch: int) -> list[float]:
        return [losses[epoch - 1] for losses in curves]

    def settled(curves: list[list[float]]) -> list[float]:
        def far(losses: list[float]) -> list[int]:
            return [i for i, loss in enumerate(losses, 1) if abs(loss - losses[-1]) > 0.05 * losses[-1]]

        return [max(far(losses), default=0) + 1 for losses in curves]

    def accuracy(curves: list[list[float]]) -> list[float]:
        return [100 - 10 * loss for loss in after(curves, 3)]

    loss = "training loss, epoch {}".format
    # Rivals are half the spread of the column away, where one stands there alone that of all losses, 3 - 1.
    assert cells_of(PAGE, 10) == [
        ["SGD", loss(1), *beside_report(after(sgd, 1), 3, [2, 4], 1, 4)],
        ["SGD", loss(3), *beside_report(after(sgd, 3), 2, [1.5, 2.5], 1, 4)],
        ["SGD", "training loss, settling", *beside_report(settled(sgd), 3, [], 1, 1)],
        ["SGD", "test accuracy (%), epoch 3", *beside_report(accuracy(sgd), None, [], 1)],
        ["Adam", loss(1), *beside_report(after(adam, 1), None, [], 1, 4)],
        ["Adam", loss(3), *beside_report(after(adam, 3), 1, [0.5, 1.5], 1, 4)],
        ["Adam", "training loss, settling", *beside_report(settled(adam), None, [], 1, 1)],
        ["Adam", "test accuracy (%), epoch 3", *beside_report(accuracy(adam), 96, [], 1)],
    ]
    better = [round(a - b, 9) for a, b in zip(after(sgd, 3), after(adam, 3), strict=True)]
    two_sentences_at_three_looks = p_of(better, 0, 1, 2, 3)
    assert [row[4:10] for row in cells_of(PAGE, 11)] == [
        ["1.0000", "–", "3", *two_sentences_at_three_looks],
        ["-1.0000", "–", "3", *two_sentences_at_three_looks],
    ]


def test_what_is_not_random_has_neither_interval_nor_p(tmp_path: Path) -> None:
    """Two seeds of the same run give no sample: a number is what it is."""
    exact = written(tmp_path, ALONG_EPOCHS.replace("\nclaims:", "\nrandom: false\nlooks: [1]\nclaims:"))
    page = page_of(exact, epoch_records(exact, {label: curves[:1] * 3 for label, curves in LOSSES.items()}))
    assert ["1", "", "Adam", "> 0", "1.0000", "holds"] in cells_of(page.markdown, 6)
    assert ["SGD", "training loss, epoch 1", "3.0000", "3.0000", "yes"] in cells_of(page.markdown, 5)
    beside = page.markdown.partition("## Beside")[2]
    assert not [word for word in ("interval", "p alone", " p ", "least visible") if f"| {word}" in beside]
    assert "Adam | training loss, epoch 1" not in beside, "what the report does not print stands above"


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


def test_without_runs_and_without_curves_of_a_report_no_picture_is_linked(tmp_path: Path) -> None:
    for text, drawn in ((ALONG_ALPHA, True), (ALONG_ALPHA.replace(", report: [8, 12]", ""), False)):
        experiment = written(tmp_path, text)
        assert (".svg)" in page_of(experiment, {}).markdown) == drawn
        assert bool(draw(views_of(experiment, {})[-1])) == drawn


def test_a_run_that_ended_as_nan_counts_as_a_seed_and_its_numbers_are_named(experiment: Experiment) -> None:
    """It has no loss after the last epoch and none of its whole curve; with a run missing fewer are in."""
    made = epoch_records(experiment, {**LOSSES, "Adam": [*LOSSES["Adam"][:2], [2.0, math.nan, math.nan]]})
    run = experiment.cell("Adam", "epoch 3").run(2).id
    made[run] = diverged(made[run], 2)
    page = page_of(experiment, made).markdown
    assert "; 3 seeds." in page
    assert "Means over 3 seeds (0, 1, 2)." in page
    lack = "training loss (epoch 3, settling) and no test accuracy (%)"
    others = "means are over the other runs, or – if there are none."
    assert f"1 of 6 runs did. It has no {lack}: {others}" in page
    del made[run]
    assert "2 to 3 of 3 seeds" in page_of(experiment, made).markdown
