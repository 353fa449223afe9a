"""The pictures of a table's runs: on its page, and drawn from the records alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pytest
from fake_records import ERRORS, SMALL, page_of, records
from PIL import Image

from hyperopt.experiments import load, read
from hyperopt.experiments.experiment import Experiment, ExperimentError
from hyperopt.figures import gallery as module
from hyperopt.figures.gallery import draw_gallery
from hyperopt.findings.view import view_of, views_of
from hyperopt.publish import write_drawings, write_page
from hyperopt.records import Record

GREY, RIGHT, FOUND = (90, 90, 90), (10, 200, 30), {"0.1": (200, 20, 40), "10": (20, 40, 200)}
KEPT = 3


def written(tmp_path: Path, text: str) -> Experiment:
    path = tmp_path / "table9.yaml"
    path.write_text(text)
    return read(path, "report/table9")


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return written(tmp_path, SMALL + "pictures: clip\n")


def strip(colour: tuple[int, int, int]) -> bytes:
    """Pictures of one colour side by side."""
    buffer = BytesIO()
    Image.fromarray(np.full((8, 8 * KEPT, 3), colour, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def pictured(experiment: Experiment, seed: int = 0) -> dict[str, Record]:
    """Records in which the two rows with clipping keep pictures at that seed."""
    found = records(experiment, ERRORS)
    for label, colour in FOUND.items():
        id_ = experiment.cell(label, "clip").run(seed).id
        kept = {"input": strip(GREY), "truth": strip(RIGHT), "prediction": strip(colour)}
        found[id_] = replace(found[id_], pictures=kept)
    return found


def squares(found: Mapping[str, bytes]) -> dict[tuple[int, ...], int]:
    """By colour, how many whole pictures of it are drawn."""
    image = (255 * matplotlib.image.imread(BytesIO(found["png"]))[..., :3]).round().astype(int)
    side = int(module.SIDE * module.DPI)
    colours, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)
    return {tuple(c.tolist()): round(n / side**2) for c, n in zip(colours, counts, strict=True)}


def test_input_truth_and_every_rows_prediction_are_drawn(experiment: Experiment) -> None:
    drawn = squares(draw_gallery(view_of(experiment, pictured(experiment), (0, 1, 2))))
    assert {c: drawn[c] for c in (GREY, RIGHT, *FOUND.values())} == dict.fromkeys(
        (GREY, RIGHT, *FOUND.values()), KEPT
    )


def test_a_row_whose_run_is_missing_is_left_out(experiment: Experiment) -> None:
    found = pictured(experiment)
    del found[experiment.cell("10", "clip").run(0).id]
    drawn = squares(draw_gallery(view_of(experiment, found, (0, 1, 2))))
    assert drawn[FOUND["0.1"]] == drawn[GREY] == KEPT
    assert FOUND["10"] not in drawn


def test_the_page_shows_the_picture_that_is_written(experiment: Experiment, tmp_path: Path) -> None:
    found = pictured(experiment)
    page = page_of(experiment, found)
    assert "![Two alphas](table9.png)" in page.markdown
    assert "with seed 0." in page.markdown
    path = write_page(tmp_path, experiment.id, page)
    assert write_drawings(tmp_path, views_of(experiment, found)) == [path.with_suffix(".png")]


def test_without_pictures_there_is_no_section(experiment: Experiment, tmp_path: Path) -> None:
    without = records(experiment, ERRORS)
    assert page_of(experiment, without).markdown == page_of(written(tmp_path, SMALL), without).markdown
    assert "## The pictures" not in page_of(experiment, pictured(experiment, seed=1)).markdown
    assert draw_gallery(view_of(experiment, without, (0, 1, 2))) == {}
    assert write_drawings(tmp_path, views_of(experiment, without)) == []


def test_the_same_records_give_the_same_bytes_and_leave_matplotlib_alone(experiment: Experiment) -> None:
    before = dict(mpl.rcParams)
    first, second = (draw_gallery(view_of(experiment, pictured(experiment), (0,))) for _ in range(2))
    assert first == second
    assert dict(mpl.rcParams) == before


def test_an_unknown_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=r"pictures=clap.*did you mean clip"):
        written(tmp_path, SMALL + "pictures: clap\n")


def test_no_text_of_table_3s_picture_overlaps() -> None:
    """Its labels, drawn in full."""
    [experiment] = load("adabelief_amsgrad/table3")
    images = [np.zeros((32, 32, 3), np.uint8)] * 4
    blocks = [
        (table.heading, dict.fromkeys(["input", "truth", *(row.label for row in table.rows)], images))
        for table in experiment.tables
    ]
    with mpl.rc_context(module.STYLE):
        picture = module._draw(blocks)
        picture.canvas.draw()
        boxes = [text.get_window_extent(picture.canvas.get_renderer()) for text in picture.texts]
    assert len(boxes) == 4 + 2 * 4 + 15
    boxes += [axes.get_window_extent() for axes in picture.axes]
    for i, box in enumerate(boxes):
        assert picture.bbox.x0 <= box.x0
        assert box.x1 <= picture.bbox.x1
        assert picture.bbox.y0 <= box.y0
        assert box.y1 <= picture.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
