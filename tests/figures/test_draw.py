"""Drawings of figures: the same records give the same bytes, and what a legend says."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from figures_fake import (
    ALONG_ALPHA,
    ALONG_EPOCHS,
    ERRORS,
    LOSSES,
    alpha_records,
    curves_in,
    drawings,
    epoch_records,
    written,
)

from hyperopt.experiments.experiment import Experiment
from hyperopt.figures.draw import _broken, _ended, _ends_in_a_gap, _name, draw, side_by_side
from hyperopt.findings.curves import MeasuredCurve
from hyperopt.findings.view import view_of


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return written(tmp_path, ALONG_EPOCHS)


def test_a_picture_says_that_runs_are_missing(experiment: Experiment):
    records = epoch_records(experiment, LOSSES)
    missing = {experiment.cell("SGD", "epoch 3").run(2).id}
    partly = {id_: record for id_, record in records.items() if id_ not in missing}
    words = "mean of 3 seeds", "mean of 3 seeds, some runs missing"
    for there, said in zip((records, partly), words, strict=True):
        assert f"<!-- ours, {said} -->".encode() in drawings(experiment, there, (0, 1, 2))["svg"]


@pytest.mark.parametrize("text", [ALONG_EPOCHS, ALONG_ALPHA])
def test_pictures_are_the_same_bytes_every_time(tmp_path: Path, text: str):
    figure = written(tmp_path, text)
    records = epoch_records(figure, LOSSES) if text == ALONG_EPOCHS else alpha_records(figure, ERRORS)
    first, second = (drawings(figure, records, (0, 1)) for _ in range(2))
    assert first == second
    assert set(first) == {"svg", "png"}
    assert b"<dc:date>" not in first["svg"]
    image = matplotlib.image.imread(BytesIO(first["png"]))
    assert image.shape[0] > 500
    assert image[..., :3].std() > 0.05, "the picture is empty"


def test_pictures_leave_the_settings_of_matplotlib_alone(experiment: Experiment):
    before = dict(matplotlib.rcParams)
    drawings(experiment, epoch_records(experiment, LOSSES), (0, 1, 2))
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(("panels", "name"), [(2, "curve number"), (1, "")])
def test_no_text_of_a_picture_overlaps(experiment: Experiment, panels: int, name: str):
    """Curves that end at one point, their names side by side; also a narrow picture that explains much."""

    x, y = np.array([1.0, 2.0]), np.array([2.0, 1.0])
    lost = np.array([False, panels == 1])
    drawn = [MeasuredCurve(f"{name} {i}", x, y + i / 1e3, y, y, lost, x, y) for i in range(8)]
    panel = experiment.figure.panels[0]
    picture = side_by_side(experiment.figure, [(panel, drawn)] * panels, (3, 10))
    picture.canvas.draw()
    texts: list[Any] = [text for axes in picture.axes for text in axes.texts]
    texts += [axes.get_legend() for axes in picture.axes if axes.get_legend()]
    texts += [axes.yaxis.label for axes in picture.axes] + [axes.xaxis.label for axes in picture.axes]
    boxes = [text.get_window_extent(picture.canvas.get_renderer()) for text in texts]
    whole = picture.bbox
    for i, box in enumerate(boxes):
        assert whole.x0 <= box.x0
        assert box.x1 <= whole.x1
        assert whole.y0 <= box.y0
        assert box.y1 <= whole.y1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_the_axis_reaches_to_where_every_run_diverged(tmp_path: Path):

    figure = written(tmp_path, ALONG_ALPHA.replace(", report: [8, 12]", ""))
    errors = {(label, column): [math.nan] for label in ("one", "two") for column in ("α 0.01", "α 1")}
    errors |= {("one", "α 0.01"): [5.0]}
    (panel,) = figure.figure.panels
    drawn = curves_in(panel, figure, alpha_records(figure, errors), (0,))
    (axes,) = side_by_side(figure.figure, [(panel, drawn)], (1, 1)).axes
    assert axes.get_xlim()[0] < 0.01
    assert axes.get_xlim()[1] > 1
    assert [text.get_text() for text in axes.texts] == ["one", "two"], (
        "a curve of which nothing is left is named"
    )


def test_a_curve_has_its_colour_in_every_panel(experiment: Experiment):
    """Also in one where a curve before it has nothing."""
    x = y = np.array([1.0, 2.0])
    curves = [MeasuredCurve(name, x, y, y, y, np.array([False, False]), x[:0], y[:0]) for name in "abc"]
    panel = experiment.figure.panels[0]
    picture = side_by_side(experiment.figure, [(panel, curves), (panel, curves[1:])], (3, 3))
    whole, part = (
        [line.get_color() for line in axes.lines if np.size(line.get_xdata()) == 2] for axes in picture.axes
    )
    assert part == [colour for colour in whole if colour != whole[0]]


def test_without_a_run_the_reports_curves_stand_alone(tmp_path: Path):
    """No legend of ours, and no panel of which the report has no curve."""
    panel = "  - {metric: test_error, label: error, points: [3]}\n"
    figure = written(tmp_path, ALONG_EPOCHS.replace("curves:\n", panel + "curves:\n"))
    words = re.findall("<!-- (.*?) -->", drawings(figure, {}, (0, 1))["svg"].decode())
    assert {"the report", "training loss", "test accuracy (%)"} <= set(words)
    assert not {"error", "middle 90 % of seeds"} & set(words)
    assert not any(word.startswith("ours") for word in words)


def test_nothing_to_draw_is_no_picture(tmp_path: Path, experiment: Experiment):
    assert drawings(written(tmp_path, ALONG_ALPHA.replace(", report: [8, 12]", "")), {}, (0, 1)) == {}
    assert drawings(replace(experiment, figure=None), {}, (0, 1)) == {}


def test_a_curve_ends_with_a_mark_where_every_run_has_diverged() -> None:
    x, lost = np.arange(1.0, 5.0), np.array([False, False, True, True])
    middle = np.array([3.0, 2.0, np.nan, np.nan])
    curve = MeasuredCurve("SGD", x, middle, middle, middle, lost, np.array([]), np.array([]))
    assert _broken(curve) == [1]
    assert _broken(replace(curve, diverged=np.zeros(4, dtype=bool))) == []
    assert _broken(replace(curve, middle=x)) == []


def test_only_points_with_diverged_runs_have_a_cross(experiment: Experiment) -> None:
    """The last point before all diverged has a circle, and each sign its words."""
    x, nan = np.arange(1.0, 4.0), np.nan
    panel = experiment.figure.panels[0]
    signs = {}
    for middle, lost in (([3.0, 2.0, nan], [0, 0, 1]), ([3.0, 2.0, 1.0], [0, 1, 1])):
        y = np.array(middle)
        curve = MeasuredCurve("SGD", x, y, y, y, np.array(lost, dtype=bool), x[:0], x[:0])
        axes = side_by_side(experiment.figure, [(panel, [curve])], (3, 3)).axes[0]
        marked = [line for line in axes.lines if line.get_color() == "black" and np.size(line.get_xdata())]
        words = [text.get_text() for text in axes.get_legend().get_texts()]
        signs[tuple(lost)] = {line.get_marker(): [*np.asarray(line.get_xdata())] for line in marked}
        assert "a run diverged (median)" in words
        assert ("beyond it all runs diverged" in words) == (not lost[1])
    assert signs == {(0, 0, 1): {"o": [2.0]}, (0, 1, 1): {"x": [2.0, 3.0]}}


def test_a_legend_has_the_seeds_of_the_drawn_curves(experiment: Experiment) -> None:
    """Looks give them to some cells only; of few seeds the middle 90 % are nearly all."""
    records = epoch_records(experiment, {"SGD": LOSSES["SGD"] * 4, "Adam": LOSSES["Adam"]})
    view = view_of(experiment, records, tuple(range(12)))
    assert b"mean of 12 seeds, some runs missing" in draw(view)["svg"]
    view = replace(view, origin=replace(view.origin, missing=0))
    assert view.complete
    svg = draw(view)["svg"]
    assert b"<!-- ours, mean of 3 to 12 seeds -->" in svg
    assert b"<!-- middle 90 % of seeds (of 3 nearly all) -->" in svg
    sgd = {panel: [one for one in drawn if one.label == "SGD"] for panel, drawn in view.curves.items()}
    one = replace(view, curves=sgd)
    assert b"<!-- ours, mean of 12 seeds -->" in draw(one)["svg"]
    assert b"<!-- middle 90 % of seeds -->" in draw(one)["svg"]


def test_a_curve_that_ends_at_0_or_less_is_not_named_as_if_it_had_diverged() -> None:
    x, none = np.arange(1.0, 5.0), np.array([])
    middle = np.array([3.0, 2.0, 1.0, np.nan])
    gap = MeasuredCurve("SGD", x, middle, middle, middle, np.zeros(4, dtype=bool), none, none, cut=True)
    assert (_ends_in_a_gap(gap), _name(gap)) == (True, "SGD (0 or less)")
    lost = replace(gap, diverged=np.array([False, False, False, True]))
    assert (_ended(lost), _ends_in_a_gap(lost), _name(lost)) == (True, False, "SGD")
    assert not _ended(replace(gap, middle=x))
