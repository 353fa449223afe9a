"""A heat map from its file."""

from __future__ import annotations

from pathlib import Path

import pytest
from figures_fake import (
    GRID,
    NEVER,
    written,
)

from hyperopt.experiments.experiment import Experiment, ExperimentError


@pytest.fixture
def grid(tmp_path: Path) -> Experiment:
    return written(tmp_path, GRID)


def test_a_map_is_a_table_and_its_cells_are_runs(grid: Experiment) -> None:
    assert [table.heading for table in grid.tables] == ["plain", "tuned"]
    assert {(cell.row, cell.column): cell.report for cell in grid.cells()} == {
        ("plain, α 0.1", "any β"): 40,
        ("plain, α 0.01", "any β"): NEVER,
        ("tuned, α 0.1", "β 0.1"): 10,
        ("tuned, α 0.1", "β 1"): 20,
        ("tuned, α 0.1", "worst"): 20,
        ("tuned, α 0.01", "β 0.1"): 40,
        ("tuned, α 0.01", "β 1"): None,
        ("tuned, α 0.01", "worst"): None,
    }
    assert grid.cell("tuned, α 0.01", "β 1").run(0).label == "sgd(0.01)/sgd(1)"
    assert grid.cell("plain, α 0.01", "any β").run(0).label == "sgd(0.01)"
    assert len(grid.runs([0])) == 6
    assert grid.kind == "figure"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[40, .inf]", "[40]", "1 rows; 2 are expected"),
        ("[10, 20]", "[10, 20, 30]", "a row of 3 numbers; 2 are expected"),
        ("of: max", "of: maximum", "did you mean max"),
        ("along: [0.1, 1]}", "along: [0.1, 2]}", "along=2"),
        ("values: [0.1, 1]", "values: [1, 0.5, 2]", "distinct values in ascending order"),
        ('row: "plain, α {}"', 'row: "plan, α {}"', "no row 'plan, α 0.1'"),
        ("label: steps to a loss of 1\n", "", "no label"),
    ],
)
def test_a_bad_grid_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GRID
    with pytest.raises(ExperimentError, match=says):
        written(tmp_path, GRID.replace(old, new, 1))
