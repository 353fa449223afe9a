"""Cells of figures and heat maps: their numbers, and whether the report's agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fake_records import SMALL, page_of, records
from figures_fake import (
    ALONG_ALPHA,
    ALONG_EPOCHS,
    CAP,
    ERRORS,
    GRID,
    LOSSES,
    NEVER,
    alpha_records,
    crossings,
    diverged,
    epoch_records,
    written,
)

from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.measurements import Measured, measure
from hyperopt.findings.tally import tally_of


@pytest.fixture
def grid(tmp_path: Path) -> Experiment:
    return written(tmp_path, GRID)


def test_reading_error_widens_the_interval(tmp_path: Path):
    # Adam's mean is 1.0, its interval .5032 to 1.4968: the report's 1.55 lies .0532 above.
    text = ALONG_EPOCHS.replace("{3: 1}", "{3: 1.55}")
    for error, agrees in ((0.05, False), (0.06, True)):
        figure = written(tmp_path, f"{text}reading_error: {error}\n")
        cells = measure(figure, epoch_records(figure, LOSSES), (0, 1, 2))
        assert cells["Adam", "epoch 3"].agrees is agrees


def test_along_a_setting_the_curve_is_one_number(tmp_path: Path):
    figure = written(tmp_path, ALONG_ALPHA)
    records = alpha_records(figure, ERRORS)
    cells = measure(figure, records, (0, 1))
    assert cells["one", "α 1"].by_seed == {0: 20, 1: 30}
    assert cells["one", "range"].by_seed == {0: 12, 1: 20}
    assert cells["two", "mean"].by_seed == {0: 7, 1: 7}
    page = page_of(figure, records, seeds=2)
    # Ranges 12 - 4 and 20 - 2: the effects are 8 and 18.
    assert re.search(r"\| +1 \| +\| +two \| +> 0 \| +13\.00 \|", page.markdown)
    lost = figure.cell("two", "α 1").run(1).id
    without = {id_: record for id_, record in records.items() if id_ != lost}
    assert measure(figure, without, (0, 1))["two", "range"].by_seed == {0: 4}
    gone = records | {lost: diverged(records[lost], 1)}
    assert measure(figure, gone, (0, 1))["two", "range"].diverged == {1}


def test_a_cell_agrees_in_the_range_over_seeds(grid: Experiment) -> None:
    cells = measure(grid, crossings(grid), (0, 1, 2))
    assert cells["tuned, α 0.1", "β 0.1"].agrees is False, "16 is above 10"
    assert cells["tuned, α 0.1", "β 1"].agrees is False, "25 is above 20"
    assert cells["tuned, α 0.01", "β 0.1"].agrees is False, "26 is below 40"
    assert cells["plain, α 0.01", "any β"].agrees is True, "some seed never got there either"
    assert cells["plain, α 0.1", "any β"].agrees is True
    assert cells["tuned, α 0.01", "β 1"].agrees is None
    assert cells["tuned, α 0.1", "worst"].by_seed == {0: 25, 1: 30, 2: 35}
    assert cells["tuned, α 0.01", "worst"].by_seed == {0: 300, 1: NEVER, 2: NEVER}
    assert cells["plain, α 0.01", "any β"].most == CAP
    assert cells["plain, α 0.1", "any β"].summary.median == 50


def test_a_finite_number_agrees_with_runs_that_were_too_short(tmp_path: Path) -> None:
    for report, agrees in ((470, True), (460, False)):
        grid = written(tmp_path, GRID.replace("[40, .inf]", f"[40, {report}]"))
        records = crossings(grid)
        for seed in (0, 1, 2):
            records[grid.cell("plain, α 0.01", "any β").run(seed).id].final["crossed_at"] = NEVER
        assert measure(grid, records, (0, 1, 2))["plain, α 0.01", "any β"].agrees is agrees


@pytest.mark.parametrize("report", [6, 7])
def test_three_equal_runs_are_compared_with_nothing_either_way(tmp_path: Path, report: float) -> None:
    """They tell no spread, so that neither their own number agrees nor another does not; ten do tell."""
    text = SMALL.replace("report: [6, 4]", f"report: [{report}, 4]")
    equal = beside_clip(tmp_path, text, [6.0] * 3)
    assert (equal.agrees, equal.telling, equal.least_visible, equal.prediction) == (None, None, None, None)
    assert equal.comparable, "it is counted as left out"
    assert tally_of([([], {("0.1", "no clip"): equal})]).left_out == {"equal": 1}
    assert beside_clip(tmp_path, text, [6.0]).obstacle == "single"
    assert beside_clip(tmp_path, text, [6.0, 6.0, 6.1]).obstacle is None
    assert beside_clip(tmp_path, text, [6.0, 6.0, 6.1]).agrees is not None
    assert beside_clip(tmp_path, text, [6.0] * 10).agrees is (report == 6)


@pytest.mark.parametrize(("rival", "tells"), [(6, False), (6.5, False), (9, True), (".nan", True)])
def test_a_number_is_not_told_from_an_equal_rival(tmp_path: Path, rival: object, tells: bool) -> None:
    """However little our runs spread: 5.9, 6 and 6.1 predict the mean of three to 0.35, 5 to 7 to 3.51.

    Without a number in the other column the rivals are half the spread of the column's numbers away: 27.
    """
    text = SMALL.replace("report: [6, 4]", f"report: [6, {rival}]")
    wide, close = [5.0, 6.0, 7.0], [5.9, 6.0, 6.1]
    assert beside_clip(tmp_path, text, wide).telling is (tells and rival != 9)
    assert beside_clip(tmp_path, text, close).telling is (rival != 6)
    page = page_of(written(tmp_path, text), records(written(tmp_path, text), {("0.1", "no clip"): close}))
    assert ("| yes, not tellingly |" in page.markdown) is (rival == 6)


def beside_clip(tmp_path: Path, text: str, errors: list[float | None]) -> Measured:
    """The cell without clipping at 0.1, with these errors by seed."""
    experiment = written(tmp_path, text)
    found = records(experiment, {("0.1", "no clip"): errors})
    return measure(experiment, found, tuple(range(len(errors))))["0.1", "no clip"]
