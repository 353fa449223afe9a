"""Heat maps drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from figures_fake import (
    GRID,
    crossings,
    drawings,
    written,
)
from matplotlib.colors import to_rgb
from overlaps import overlapping

from hyperopt.experiments.experiment import Experiment
from hyperopt.figures.heatmaps import heat_maps
from hyperopt.findings.measurements import measure


@pytest.fixture
def grid(tmp_path: Path) -> Experiment:
    return written(tmp_path, GRID)


def test_a_cell_has_its_median_and_what_never_got_there(grid: Experiment) -> None:
    picture = heat_maps(grid.heatmap, measure(grid, crossings(grid), (0, 1, 2)))
    plain, tuned, _ = picture.axes
    assert [text.get_text() for text in plain.texts] == ["50", "> 470\n2 of 3 never"]
    assert [text.get_text() for text in tuned.texts] == ["20", "30", "22", "> 470\n2 of 3 never"]
    grey = plain.patches[1].get_facecolor()[:3]
    assert len(set(grey)) == 1
    dark, light = (sum(to_rgb(tuned.patches[i].get_facecolor())) for i in (1, 0))
    assert dark < light, "more steps are darker"
    assert plain.get_position().x1 < tuned.get_position().x0
    assert overlapping(picture) == []
    assert set(drawings(grid, crossings(grid), (0, 1, 2))) == {"svg", "png"}
    assert drawings(grid, {}, (0, 1, 2)) == {}
