"""Drawings of many curves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from figures_fake import (
    GROUPS,
    LOSSES,
    curves_in,
    epoch_records,
    written,
)
from overlaps import overlapping

from hyperopt.figures.groups import groups_of


def test_many_curves_are_told_apart_by_group_colour_and_line(tmp_path: Path) -> None:
    experiment = written(tmp_path, GROUPS)
    assert experiment.figure.groups == ("sgd", "adam")
    assert experiment.cell("Adam 0.001", "epoch 3").run(0).label == "adam(0.001)"
    records = epoch_records(experiment, {row.label: LOSSES["SGD"] for row in experiment.tables[0].rows})
    panels = [(panel, curves_in(panel, experiment, records, (0, 1, 2))) for panel in experiment.figure.panels]
    picture = groups_of(experiment.figure, panels, (3, 3))
    assert [axes.get_title(loc="left") for axes in picture.axes] == ["sgd", "adam", "", ""]
    drawn = ([line for line in axes.get_lines() if np.size(line.get_xdata())] for axes in picture.axes)
    sgd, adam, *_ = drawn
    assert [line.get_linestyle() for line in sgd] == ["-", "-", "--"]
    assert sgd[0].get_color() == sgd[2].get_color() == adam[0].get_color() != sgd[1].get_color()
    assert overlapping(picture) == []
    words = [text.get_text() for legend in picture.legends for text in legend.get_texts()]
    assert words == [
        "α 0.1",
        "α 0.001",
        "alone",
        "tuned",
        "mean of 3 seeds",
        "middle 90 % of seeds (of 3 nearly all)",
    ]
    partial = groups_of(experiment.figure, panels, (3, 3), complete=False)
    words = [text.get_text() for text in partial.legends[1].get_texts()]
    assert words[2:] == ["mean of 3 seeds, some runs missing", "middle 90 % of seeds (of 3 nearly all)"]
