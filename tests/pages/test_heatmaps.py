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
from hyperopt.findings.view import views_of
from hyperopt.pages import answer, heatmaps
from hyperopt.pages.contents import contents
from hyperopt.pages.page import render


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
    assert "If only some did not, the text below the number says how many, in grey cells too." in page
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


def test_the_expected_share_is_the_mean_over_cells_of_their_own_numbers_of_seeds(grid: Experiment) -> None:
    """Of n runs one more is inside with a probability of (n - 1)/(n + 1), which n raises."""
    records = crossings(grid)
    few = {grid.cell("tuned, α 0.1", column).run(2).id for column in ("β 0.1", "β 1")}
    [view] = views_of(grid, {id_: record for id_, record in records.items() if id_ not in few})
    compared = [len(one.by_seed) for one in view.measurements.values() if one.agrees is not None]
    assert {2, 3} == {*compared}
    expected = round(sum(100 * (n - 1) / (n + 1) for n in compared) / len(compared))
    assert expected not in (33, 50)
    page = heatmaps.comparison(view, [], grid.heatmap)[1] if grid.heatmap else ""
    assert f"Of runs like ours {expected} % would be" in str(page)
    fewer = compared.count(2)
    assert f"0 of {fewer} with 2 seeds, where 33 % are expected; " in str(page)
    opening = str(answer.section(view))
    assert f"for runs like ours {expected} % are expected" in opening
    listed = contents({"clipping/grid": render([view])}, {"clipping/grid": view})
    assert "[clipping/grid](clipping/grid.md) are single runs, compared on their page only." in listed
