"""A page of heat maps."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_records import page_of
from figures_fake import (
    GRID,
    crossings,
    written,
)

from hyperopt.experiments.experiment import Experiment
from hyperopt.pages import heatmaps


@pytest.fixture
def grid(tmp_path: Path) -> Experiment:
    return written(tmp_path, GRID)


def test_the_page_lists_every_cell_and_tells_no_mean(grid: Experiment) -> None:
    page = page_of(grid, crossings(grid)).markdown
    cells = {tuple(part.strip() for part in line.split("|")[1:-1]) for line in page.splitlines()}
    assert ("plain", "0.01", "any", "never", "> 470", "400 to > 470", "2", "3", "yes, not tellingly") in cells
    assert ("tuned", "0.1", "0.1", "10", "20", "16 to 30", "", "3", "**no**") in cells
    assert ("tuned", "0.01", "1", "–", "> 470", "300 to > 470", "2", "3", "–") in cells
    assert "**2 of 5 cells are inside (40 %).** Of runs like ours 50 % would be" in page
    assert "Furthest outside: tuned, α 0.1, β 0.1 (10; ours 16 to 30)" in page
    assert "## Comparison with the authors" in page
    assert "inf" not in page
    assert "nan" not in page
    assert "0 of 18 runs" in page_of(grid, {}).markdown


def test_cells_outside_are_named_as_far_as_a_reader_follows(
    grid: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The furthest stand in the line, by how many times they are off; the others are in the table."""
    monkeypatch.setattr(heatmaps, "FEW", 2)
    page = page_of(grid, crossings(grid)).markdown
    line = next(line for line in page.splitlines() if "Furthest outside" in line)
    assert line.endswith("tuned, α 0.1, β 0.1 (10; ours 16 to 30); tuned, α 0.01, β 0.1 (40; ours 20 to 26).")
