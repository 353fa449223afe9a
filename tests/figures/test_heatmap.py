"""Heat maps, and pictures of many curves: from a file to its cells, its page and its picture."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from fake_records import page_of
from figures_fake import LOSSES, blank, curves_in, drawings, epoch_records
from matplotlib.figure import Figure as Picture

from hyperopt.experiments import read
from hyperopt.experiments.experiment import Experiment, ExperimentError
from hyperopt.figures.groups import groups_of
from hyperopt.figures.heatmaps import heat_maps
from hyperopt.findings.measurements import measure
from hyperopt.findings.verdicts import verdicts
from hyperopt.records import Record

GRID = """
title: Steps to a loss
source: A report, figure 8
reference: the authors
settings: {dataset: mnist, model: mlp, epochs: 2, stop_at_loss: 1}
metric: crossed_at
label: steps to a loss of 1
x: {name: β, values: [0.1, 1]}
y: {name: α, label: initial α, values: [0.1, 0.01]}
reductions: [{name: worst, of: max, along: [0.1, 1]}]
maps:
  - {label: plain, settings: {stack: sgd, alpha: "{y}"}, report: [40, .inf]}
  - {label: tuned, settings: {stack: sgd_hd, alpha: "{y}/{x}"}, report: [[10, 20], [40, null]]}
claims:
  - says: Tuned is faster.
    ratio: {from: {row: "tuned, α {}", column: worst}, to: {row: "plain, α {}", column: any β}}
    each_of: ["0.1", "0.01"]
    at_most: 1
"""
NEVER, CAP = math.inf, 470

# By row and column, the step of each of three seeds.
STEPS = {
    ("plain, α 0.1", "any β"): [50, 40, 70],
    ("plain, α 0.01", "any β"): [NEVER, 400, NEVER],
    ("tuned, α 0.1", "β 0.1"): [16, 20, 30],
    ("tuned, α 0.1", "β 1"): [25, 30, 35],
    ("tuned, α 0.01", "β 0.1"): [26, 20, 22],
    ("tuned, α 0.01", "β 1"): [300, NEVER, NEVER],
}


def written(folder: Path, text: str) -> Experiment:
    path = folder / "figure8.yaml"
    path.write_text(text)
    return read(path, "report/figure8")


@pytest.fixture
def grid(tmp_path: Path) -> Experiment:
    return written(tmp_path, GRID)


def crossings(experiment: Experiment) -> dict[str, Record]:
    made = {}
    for cell, by_seed in STEPS.items():
        for seed, step in enumerate(by_seed):
            run = experiment.cell(*cell).run(seed)
            record = blank(run.id, run.canonical(), {})
            record.final["crossed_at"] = float(step)
            made[run.id] = Record(**{**record.__dict__, "steps": CAP})
    return made


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


def test_a_cell_agrees_in_the_range_over_seeds_widened(grid: Experiment) -> None:
    cells = measure(grid, crossings(grid), (0, 1, 2))
    assert cells["tuned, α 0.1", "β 0.1"].agrees is False, "16 / 1.5 is above 10"
    assert cells["tuned, α 0.1", "β 1"].agrees is True, "25 / 1.5 is below 20"
    assert cells["tuned, α 0.01", "β 0.1"].agrees is False, "26 x 1.5 is below 40"
    assert cells["plain, α 0.01", "any β"].agrees is True, "some seed never got there either"
    assert cells["plain, α 0.1", "any β"].agrees is True
    assert cells["tuned, α 0.01", "β 1"].agrees is None
    assert cells["tuned, α 0.1", "worst"].by_seed == {0: 25, 1: 30, 2: 35}
    assert cells["tuned, α 0.01", "worst"].by_seed == {0: 300, 1: NEVER, 2: NEVER}
    assert cells["plain, α 0.01", "any β"].most == CAP
    assert cells["plain, α 0.1", "any β"].summary.median == 50


def test_a_finite_number_agrees_with_runs_that_were_too_short(tmp_path: Path) -> None:
    for report, agrees in ((320, True), (310, False)):
        grid = written(tmp_path, GRID.replace("[40, .inf]", f"[40, {report}]"))
        records = crossings(grid)
        for seed in (0, 1, 2):
            records[grid.cell("plain, α 0.01", "any β").run(seed).id].final["crossed_at"] = NEVER
        assert measure(grid, records, (0, 1, 2))["plain, α 0.01", "any β"].agrees is agrees


def test_a_claim_on_steps_is_judged_by_median_and_range(grid: Experiment) -> None:
    first, second = verdicts(grid, measure(grid, crossings(grid), (0, 1, 2)))
    assert first.effects == {0: 25 / 50, 1: 30 / 40, 2: 35 / 70}
    assert (first.center, first.interval.low, first.interval.high) == (0.5, 0.5, 0.75)
    assert (first.outcome, first.rows, first.by_rank, first.p) == ("reproduced", ("0.1",), True, None)
    # 300 / inf is 0, inf / 400 infinite; neither where both never got there.
    assert second.effects == {0: 0, 1: NEVER, 2: 1}
    assert (second.center, second.outcome) == (1, "undecided")


def test_the_page_lists_every_cell_and_tells_no_mean(grid: Experiment) -> None:
    page = page_of(grid, crossings(grid)).markdown
    cells = {tuple(part.strip() for part in line.split("|")[1:-1]) for line in page.splitlines()}
    assert ("plain", "0.01", "any", "never", "> 470", "400 to > 470", "2", "3", "yes") in cells
    assert ("tuned", "0.1", "0.1", "10", "20", "16 to 30", "", "3", "**no**") in cells
    assert ("tuned", "0.01", "1", "–", "> 470", "300 to > 470", "2", "3", "–") in cells
    assert "**3 of 5 cells are inside (60 %).**" in page
    assert "tuned, α 0.1, β 0.1 (10; ours 16 to 30)" in page
    assert "## Beside the authors" in page
    assert "inf" not in page
    assert "nan" not in page
    assert "may never get there" in page
    assert "0 of 18 runs" in page_of(grid, {}).markdown


def overlapping(picture: Picture) -> list[tuple[str, str]]:
    """Texts of a picture, but numbers along scales, that overlap or are cut off at its edge."""
    picture.canvas.draw()
    texts = [text for legend in picture.legends for text in legend.get_texts()]
    for axes in picture.axes:
        texts += [*axes.texts, axes._left_title, axes.xaxis.label, axes.yaxis.label]
    texts = [text for text in texts if text.get_text()]
    boxes = [(t.get_text(), t.get_window_extent(picture.canvas.get_renderer())) for t in texts]
    found = [
        (name, other)
        for i, (name, box) in enumerate(boxes)
        for other, beside in boxes[i + 1 :]
        if box.overlaps(beside)
    ]
    whole = picture.bbox
    return found + [
        (name, "edge")
        for name, box in boxes
        if not (whole.x0 <= box.x0 and box.x1 <= whole.x1 and whole.y0 <= box.y0 and box.y1 <= whole.y1)
    ]


def test_a_cell_has_its_median_and_what_never_got_there(grid: Experiment) -> None:
    picture = heat_maps(grid.heatmap, measure(grid, crossings(grid), (0, 1, 2)))
    plain, tuned, _ = picture.axes
    assert [text.get_text() for text in plain.texts] == ["50", "> 470\n2 of 3 never"]
    assert [text.get_text() for text in tuned.texts] == ["20", "30", "22", "> 470\n2 of 3 never"]
    grey = plain.patches[1].get_facecolor()[:3]
    assert len(set(grey)) == 1
    dark, light = (sum(tuned.patches[i].get_facecolor()[:3]) for i in (1, 0))
    assert dark < light, "more steps are darker"
    assert plain.get_position().x1 < tuned.get_position().x0
    assert overlapping(picture) == []
    assert set(drawings(grid, crossings(grid), (0, 1, 2))) == {"svg", "png"}
    assert drawings(grid, {}, (0, 1, 2)) == {}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[40, .inf]", "[40]", "1 rows, 2 are expected"),
        ("[10, 20]", "[10, 20, 30]", "a row of 3 numbers, 2 are expected"),
        ("of: max", "of: maximum", "did you mean max"),
        ("along: [0.1, 1]}", "along: [0.1, 2]}", "along=2"),
        ("values: [0.1, 1]", "values: [1, 0.5, 2]", "each once"),
        ('row: "plain, α {}"', 'row: "plan, α {}"', "no row 'plan, α 0.1'"),
        ("label: steps to a loss of 1\n", "", "no label"),
    ],
)
def test_a_bad_grid_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GRID
    with pytest.raises(ExperimentError, match=says):
        written(tmp_path, GRID.replace(old, new, 1))


GROUPS = """
title: Two rules
source: A report, figure 9
settings: {dataset: mnist, model: mlp, epochs: 3}
panels:
  - {metric: train_loss, label: training loss, scale: log, points: [3]}
  - {metric: test_error, label: test error (%), points: [3]}
curves:
  - each: [0.1, 0.001]
    label: "SGD {}"
    group: sgd
    colour: "α {}"
    line: alone
    settings: {stack: sgd, alpha: "{}"}
  - each: [0.1, 0.001]
    label: "Adam {}"
    group: adam
    colour: "α {}"
    line: alone
    settings: {stack: adam, alpha: "{}"}
  - {label: SGD_HD, group: sgd, colour: α 0.1, line: tuned, settings: {stack: sgd_hd}}
  - {label: other, settings: {stack: rmsprop}, drawn: false}
claims:
  - says: As the report.
    effect: {from: epoch 3, to: {reported: epoch 3}}
    each_of: [SGD 0.1]
    within: 0.5
"""


def test_many_curves_are_told_apart_by_group_colour_and_line(tmp_path: Path) -> None:
    experiment = written(tmp_path, GROUPS)
    assert experiment.figure.groups == ("sgd", "adam")
    assert experiment.cell("Adam 0.001", "epoch 3").run(0).label == "adam(0.001)"
    records = epoch_records(experiment, {row.label: LOSSES["SGD"] for row in experiment.tables[0].rows})
    panels = [(panel, curves_in(panel, experiment, records, (0, 1, 2))) for panel in experiment.figure.panels]
    picture = groups_of(experiment.figure, panels, 3)
    assert [axes.get_title(loc="left") for axes in picture.axes] == ["sgd", "adam", "", ""]
    sgd, adam = ([line for line in axes.get_lines() if len(line.get_xdata())] for axes in picture.axes[:2])
    assert [line.get_linestyle() for line in sgd] == ["-", "-", "--"]
    assert sgd[0].get_color() == sgd[2].get_color() == adam[0].get_color() != sgd[1].get_color()
    assert overlapping(picture) == []
    words = [text.get_text() for legend in picture.legends for text in legend.get_texts()]
    assert words == ["α 0.1", "α 0.001", "alone", "tuned", "mean of 3 seeds", "middle 90 % of seeds"]
    partial = groups_of(experiment.figure, panels, 3, complete=False)
    words = [text.get_text() for text in partial.legends[1].get_texts()]
    assert words[2:] == ["mean of 3 seeds, some runs missing", "middle 90 % of seeds"]


def test_a_distance_from_the_reports_number_is_an_effect(tmp_path: Path) -> None:
    experiment = written(
        tmp_path, GROUPS.replace("    group: sgd\n", "    group: sgd\n    report: {3: 2.2}\n")
    )
    records = epoch_records(experiment, {"SGD 0.1": LOSSES["SGD"]})
    [verdict] = verdicts(experiment, measure(experiment, records, (0, 1, 2)))
    assert verdict.effects == pytest.approx({0: -0.2, 1: -0.1, 2: -0.3})
    assert verdict.outcome == "reproduced"
    assert "(epoch 3) − (epoch 3 of the report)" in page_of(experiment, records).markdown


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("group: sgd, colour: α 0.1,", "group: sgd,", "'SGD_HD' needs a colour and a group"),
        ("group: sgd, colour: α 0.1,", "colour: α 0.1,", "'SGD_HD' needs a colour and a group"),
        ("each: [0.1, 0.001]", "each: 3", "each=3"),
        ("each: [0.1, 0.001]", "each: [1, 2, 3, 4, 5, 6, 7, 8, 9]", "11 colours, 8 are the most"),
    ],
)
def test_bad_groups_are_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GROUPS
    with pytest.raises(ExperimentError, match=says):
        written(tmp_path, GROUPS.replace(old, new, 1))
