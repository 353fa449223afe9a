"""Draws the predictions of a table's models for the first test images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing
from numpy.typing import NDArray
from PIL import Image

from hyperopt.errors import ImpossibleError
from hyperopt.experiments.grid import Table
from hyperopt.figures.draw import DPI, WITHOUT_DATE
from hyperopt.figures.style import STYLE
from hyperopt.findings.view import View

Pixels = NDArray[np.uint8]

# Inches.
SIDE, GAP, HEADING, EDGE, BETWEEN = 0.8, 0.05, 0.55, 0.1, 0.35
ACROSS = 2
"""The number of sub-tables side by side."""


def draw_gallery(view: View) -> dict[str, bytes]:
    """Return the images of the first seed as one "png"; {} if none of its runs has stored any.

    Each sub-table is a block. It has a line per test image, with columns for the input, the target and the
    prediction of each row of the sub-table.
    """
    tables = view.experiment.tables
    blocks = [(table.heading, found) for table in tables if (found := _columns(table, view.pictures))]
    if not blocks:
        return {}
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        buffer = BytesIO()
        _draw(blocks).savefig(buffer, format="png", metadata=WITHOUT_DATE["png"], dpi=DPI)
    return {"png": buffer.getvalue()}


def _columns(table: Table, pictures: Mapping[str, Mapping[str, bytes]]) -> dict[str, list[Pixels]]:
    """Return the images [height, width, 3] of each column of a block, by the column's name."""
    found = {row.label: pictures[row.label] for row in table.rows if row.label in pictures}
    if not found:
        return {}
    first = next(iter(found.values()))
    columns = {"input": first["input"], "truth": first["truth"]}
    columns |= {label: kept["prediction"] for label, kept in found.items()}
    return {name: _apart(strip) for name, strip in columns.items()}


def _apart(strip: bytes) -> list[Pixels]:
    """Return the square images that a PNG file has side by side."""
    try:
        with Image.open(BytesIO(strip), formats=("PNG",)) as image:
            pixels = np.asarray(image.convert("RGB"))
        return np.split(pixels, pixels.shape[1] // pixels.shape[0], axis=1)
    except (OSError, ValueError, ZeroDivisionError, Image.DecompressionBombError) as error:
        raise ImpossibleError(
            f"the stored images of a run are not squares side by side in a PNG file: {error}"
        ) from error


def _draw(blocks: Sequence[tuple[str, Mapping[str, Sequence[Pixels]]]]) -> Drawing:
    wide = max(len(columns) for _, columns in blocks) * (SIDE + GAP)
    tall = HEADING + max(len(p) for _, columns in blocks for p in columns.values()) * (SIDE + GAP)
    lines = -(-len(blocks) // ACROSS)
    across = min(ACROSS, len(blocks))
    width = 2 * EDGE + across * wide + (across - 1) * BETWEEN
    height = 2 * EDGE + lines * tall + (lines - 1) * BETWEEN
    drawing = Drawing(figsize=(width, height))
    FigureCanvasAgg(drawing)
    for i, (heading, columns) in enumerate(blocks):
        left = EDGE + i % ACROSS * (wide + BETWEEN)
        top = height - EDGE - i // ACROSS * (tall + BETWEEN)
        drawing.text(left / width, top / height, heading, va="top", ha="left", weight="bold")
        for j, (name, images) in enumerate(columns.items()):
            x = left + j * (SIDE + GAP)
            below = top - HEADING
            middle = (x + SIDE / 2) / width
            label = name.replace(" / ", " /\n")
            drawing.text(middle, (below + GAP) / height, label, va="bottom", ha="center", size=8)
            for k, pixels in enumerate(images):
                y = below - (k + 1) * SIDE - k * GAP
                axes = drawing.add_axes((x / width, y / height, SIDE / width, SIDE / height))
                axes.imshow(pixels, interpolation="nearest")
                axes.set_axis_off()
    return drawing
