"""Draws heat maps: each cell shows its median as a number and as a colour on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, to_hex
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Rectangle

from hyperopt.errors import shown
from hyperopt.experiments.figure import HeatMap, Map
from hyperopt.wording import steps_or_more

if TYPE_CHECKING:
    from hyperopt.findings.measurements import Measured, Measurements

COLOURS = "viridis_r"
NEVER, MISSING, INK = "#DDDDDD", "#FFFFFF", "#222222"
DARK = 0.45
"""The luminance below which a colour gets white text."""

# Inches.
CELL_WIDTH, CELL_HEIGHT = 0.78, 0.44
LEFT, TITLE, AXIS, BETWEEN, BAR, RIGHT = 0.85, 0.35, 0.5, 0.3, 0.16, 0.95


def heat_maps(figure: HeatMap, measurements: Measurements) -> Drawing | None:
    """Return the drawing; None if no cell has a number.

    A cell is grey if at least half of its runs never reached the target. If only some did not, its text says
    how many.
    """
    rows = list(_rows([one for one in figure.maps if one.drawn]))
    if not any(measured.by_seed for measured in measurements.values()):
        return None
    scale = scale_of(measurements)
    columns = max(sum(len(one.columns) for one in row) + _gap(row) for row in rows)
    block = TITLE + CELL_HEIGHT * len(figure.rows.values) + AXIS
    whole, tall = LEFT + columns * CELL_WIDTH + BETWEEN + BAR + RIGHT, block * len(rows) + 0.1
    drawing = Drawing(figsize=(whole, tall))
    FigureCanvasAgg(drawing)
    for i, row in enumerate(rows):
        bottom, left = (len(rows) - 1 - i) * block + AXIS, LEFT
        for one in row:
            width, height = len(one.columns) * CELL_WIDTH, CELL_HEIGHT * len(one.rows)
            axes = drawing.add_axes((left / whole, bottom / tall, width / whole, height / tall))
            _draw(axes, figure, one, measurements, scale, first=one is row[0])
            left += width + BETWEEN
    bar = drawing.add_axes((1 - (RIGHT + BAR) / whole, AXIS / tall, BAR / whole, 1 - (AXIS + TITLE) / tall))
    drawing.colorbar(ScalarMappable(scale, COLOURS), cax=bar, label=figure.label)
    bar.grid(visible=False)
    return drawing


def scale_of(measurements: Measurements) -> LogNorm:
    """Return the colour scale, from the smallest median to the largest."""
    medians = [
        measured.summary.median
        for measured in measurements.values()
        if measured.summary and not measured.cell.reduction and math.isfinite(measured.summary.median)
    ]
    return LogNorm(max(1.0, min(medians, default=1.0)), max(medians, default=10.0) + 1)


def text_and_colours(measured: Measured, scale: LogNorm) -> tuple[str, str, str]:
    """Return a cell's text, its background colour and its text's colour."""
    if measured.summary is None:
        return "–", MISSING, INK
    median = measured.summary.median
    text, never = steps_or_more(median, measured.most), sum(map(math.isinf, measured.by_seed.values()))
    if 0 < never < len(measured.by_seed):
        text += f"\n{never} of {len(measured.by_seed)} never"
    if not math.isfinite(median):
        return text, NEVER, INK
    colour = colormaps[COLOURS](scale(median))
    return text, to_hex(colour), "white" if _luminance(colour) < DARK else INK


def _rows(maps: Sequence[Map]) -> Iterator[list[Map]]:
    """Yield the maps that stand side by side; a map with a single column is left of the next map."""
    row: list[Map] = []
    for one in maps:
        row.append(one)
        if len(one.columns) > 1 or one is maps[-1]:
            yield row
            row = []


def _gap(row: Sequence[Map]) -> float:
    return (len(row) - 1) * BETWEEN / CELL_WIDTH


def _draw(
    axes: Axes, figure: HeatMap, one: Map, measurements: Measurements, scale: LogNorm, *, first: bool
) -> None:
    for down, row in enumerate(one.rows):
        for right, column in enumerate(one.columns):
            _cell(axes, right, down, measurements[row, column], scale)
    axes.set_xlim(0, len(one.columns))
    axes.set_ylim(len(one.rows), 0)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(one.label, loc="left", fontsize=9.5, fontweight="bold")
    several = len(one.columns) > 1
    names = [shown(value) for value in figure.columns.values] if several else [one.columns[0]]
    axes.set_xticks([i + 0.5 for i in range(len(names))], names)
    if several:
        axes.set_xlabel(figure.columns.label)
    axes.set_yticks([i + 0.5 for i in range(len(one.rows))], [shown(value) for value in figure.rows.values])
    if first:
        axes.set_ylabel(figure.rows.label)
    else:
        axes.tick_params(labelleft=False)


def _cell(axes: Axes, right: int, down: int, measured: Measured, scale: LogNorm) -> None:
    """Draw a cell."""
    text, colour, ink = text_and_colours(measured, scale)
    axes.add_patch(Rectangle((right, down), 1, 1, facecolor=colour, edgecolor="white", linewidth=1))
    axes.text(
        right + 0.5, down + 0.5, text, ha="center", va="center", color=ink, fontsize=7, linespacing=1.25
    )


def _luminance(colour: tuple[float, ...]) -> float:
    red, green, blue, *_ = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue
