"""Draws figures with many curves: a column per group, a row per panel, a legend of colours and styles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hyperopt.experiments.figure import LINE_STYLES, Curve, Figure, Panel
from hyperopt.figures.style import COLOURS, LEGEND, band_of, gaps, over_seeds, scale

if TYPE_CHECKING:
    from hyperopt.findings.curves import MeasuredCurve

# Inches.
WIDTH, HEIGHT = 4.2, 2.5
LEFT, RIGHT, BOTTOM, TOP, BETWEEN = 0.95, 0.15, 0.5, 0.85, 0.25
LEGEND_ROW = 0.24


def groups_of(
    figure: Figure,
    panels: Sequence[tuple[Panel, Sequence[MeasuredCurve]]],
    seeds: tuple[int, int],
    *,
    complete: bool = True,
) -> Drawing:
    """Return the drawing of a figure with groups.

    Args:
        figure: the figure.
        panels: each panel with its curves, of all groups.
        seeds: the smallest and largest number of seeds of a point.
        complete: whether all runs are finished.
    """
    curves = {curve.label: curve for curve in figure.curves if curve.drawn}
    across, down = len(figure.groups), len(panels)
    whole, tall = across * (LEFT + WIDTH) + RIGHT, TOP + down * (HEIGHT + BETWEEN) - BETWEEN + BOTTOM
    drawing = Drawing(figsize=(whole, tall))
    FigureCanvasAgg(drawing)
    for row, (panel, drawn) in enumerate(panels):
        bottom = BOTTOM + (down - 1 - row) * (HEIGHT + BETWEEN)
        for column, group in enumerate(figure.groups):
            left = LEFT + column * (LEFT + WIDTH)
            axes = drawing.add_axes((left / whole, bottom / tall, WIDTH / whole, HEIGHT / tall))
            _draw(axes, figure, panel, [line for line in drawn if curves[line.label].group == group])
            if row == 0:
                axes.set_title(group, loc="left", fontsize=9.5, fontweight="bold")
            if row == down - 1:
                axes.set_xlabel(figure.x.label)
            else:
                axes.tick_params(labelbottom=False)
    every = [line for _, drawn in panels for line in drawn]
    for row, entries in enumerate((_colours(figure), _lines(figure, every, seeds, complete=complete))):
        handles, names = zip(*entries, strict=True)
        drawing.legend(
            handles,
            names,
            loc="upper left",
            bbox_to_anchor=(LEFT / 2 / whole, 1 - (0.05 + row * LEGEND_ROW) / tall),
            ncols=len(names),
            handlelength=2.2,
            borderaxespad=0,
            handler_map={tuple: HandlerTuple(ndivide=None, pad=0.6)},
            **LEGEND,
        )
    return drawing


def _draw(axes: Axes, figure: Figure, panel: Panel, drawn: Sequence[MeasuredCurve]) -> None:
    curves = {curve.label: curve for curve in figure.curves}
    for line in drawn:
        colour, style = _colour_and_style(figure, curves[line.label])
        axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.12, linewidth=0)
        axes.plot(line.x, line.middle, color=colour, linestyle=style, linewidth=1.4)
        lost = line.diverged & np.isfinite(line.middle)
        axes.plot(line.x[lost], line.middle[lost], "x", color=colour, markersize=5, zorder=4)
    axes.margins(x=0.02)
    scale(axes, figure.x, panel)


def _colour_and_style(figure: Figure, curve: Curve) -> tuple[str, str]:
    """Return the colour and line style of a curve."""
    colours, styles = _named(figure, "colour"), _named(figure, "line")
    return COLOURS[colours.index(curve.colour)], LINE_STYLES[styles.index(curve.line)]


def _named(figure: Figure, key: str) -> list[str]:
    """Return the distinct names that the drawn curves have for their "colour" or "line", in order."""
    return list(dict.fromkeys(getattr(curve, key) for curve in figure.curves if curve.drawn))


def _colours(figure: Figure) -> list[tuple[Any, str]]:
    names = _named(figure, "colour")
    return [
        (Line2D([], [], color=colour, linewidth=2), name)
        for colour, name in zip(COLOURS, names, strict=False)
    ]


def _lines(
    figure: Figure, every: Sequence[MeasuredCurve], seeds: tuple[int, int], *, complete: bool
) -> list[tuple[Any, str]]:
    grey = "#555555"
    entries: list[tuple[Any, str]] = [
        (Line2D([], [], color=grey, linewidth=1.4, linestyle=style), name)  # type: ignore[arg-type]
        for style, name in zip(LINE_STYLES, _named(figure, "line"), strict=False)
    ]
    lines = tuple(handle for handle, _ in entries)
    entries.append((lines, over_seeds(seeds, complete=complete)))
    if seeds[1] > 1:
        entries.append((Patch(color=grey, alpha=0.2), band_of(figure.band, seeds[0])))
    if any(line.diverged.any() for line in every):
        entries.append((Line2D([], [], color=grey, marker="x", linestyle="none"), "a run diverged (median)"))
    return entries + gaps(every)
