"""Draws figures as SVG and PNG; equal records give equal bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hyperopt.experiments.figure import Axis, Figure, Panel
from hyperopt.figures.groups import groups_of
from hyperopt.figures.heatmaps import heat_maps
from hyperopt.figures.labels import spread
from hyperopt.figures.style import COLOURS, LEGEND, STYLE, band_of, gaps, over_seeds, scale

if TYPE_CHECKING:
    from hyperopt.findings.curves import MeasuredCurve
    from hyperopt.findings.view import View

MOST_MARKERS = 60
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
DIVERGED: dict[str, Any] = {"color": "black", "marker": "x", "markersize": 7, "linestyle": "none"}
LAST: dict[str, Any] = {**DIVERGED, "marker": "o", "markersize": 8, "fillstyle": "none"}
"""The marks of points with diverged runs, and of the last point before all runs diverged."""

WITHOUT_DATE: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}

# Inches.
WIDTH, HEIGHT = {1: 4.9, 2: 3.5}, 3.7
LEFT, RIGHT, BOTTOM, TOP = 0.95, 0.15, 0.55, 0.45
LEADER = 0.25
LINE_HEIGHT = 1.35
DPI = 160
POINTS_PER_INCH = 72


def draw(view: View) -> dict[str, bytes]:
    """Return the drawing of a figure by file type, "svg" and "png"; {} if there is nothing to draw."""
    return files(lambda: _drawing(view))


def draw_panels(
    figure: Figure,
    panels: Sequence[tuple[Panel, Sequence[MeasuredCurve]]],
    seeds: tuple[int, int],
    kind: str,
) -> bytes:
    """Return the drawing of curves that are not compared with a report.

    Args:
        figure: the figure whose panels they are.
        panels: each panel with its curves.
        seeds: the smallest and largest number of seeds of a point.
        kind: the file type, "svg" or "png".
    """
    return files(lambda: side_by_side(figure, panels, seeds, ""), [kind])[kind]


def files(drawn: Callable[[], Drawing | None], kinds: Iterable[str] = WITHOUT_DATE) -> dict[str, bytes]:
    """Return a drawing, made with the common style, by file type; {} if `drawn` returns None."""
    found: dict[str, bytes] = {}
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        drawing = drawn()
        if drawing is None:
            return found
        for kind in kinds:
            buffer = BytesIO()
            drawing.savefig(buffer, format=kind, metadata=WITHOUT_DATE[kind], dpi=DPI)
            found[kind] = buffer.getvalue()
    return found


def _drawing(view: View) -> Drawing | None:
    experiment = view.experiment
    if experiment.heatmap:
        return heat_maps(experiment.heatmap, view.measurements)
    figure, seeds = experiment.figure, view.drawn_over
    panels = [(panel, curves) for panel, curves in view.curves.items() if curves]
    if figure is None or not panels:
        return None
    if any(figure.groups):
        return groups_of(figure, panels, seeds, complete=view.complete)
    return side_by_side(figure, panels, seeds, experiment.reference, complete=view.complete)


def side_by_side(
    figure: Figure,
    panels: Sequence[tuple[Panel, Sequence[MeasuredCurve]]],
    seeds: tuple[int, int],
    reference: str = "the report",
    *,
    complete: bool = True,
) -> Drawing:
    """Return a drawing of panels side by side, with labels at the curves' right ends and a legend above.

    Args:
        figure: the figure whose panels they are.
        panels: each panel with its curves.
        seeds: the smallest and largest number of seeds of a point.
        reference: whose numbers are drawn beside ours; empty if there are none.
        complete: whether all runs are finished.
    """
    drawing = Drawing()
    canvas = FigureCanvasAgg(drawing)
    gutter = LEADER + RIGHT + _widest([_name(line) for _, drawn in panels for line in drawn], drawing, canvas)
    width = WIDTH.get(len(panels), WIDTH[2])
    whole = len(panels) * (LEFT + width + gutter)
    tall = BOTTOM + HEIGHT + TOP
    drawing.set_size_inches(whole, tall)
    kinds = {
        label: i for i, label in enumerate(dict.fromkeys(line.label for _, lines in panels for line in lines))
    }
    for i, (panel, drawn) in enumerate(panels):
        left = i * (LEFT + width + gutter) + LEFT
        axes = drawing.add_axes((left / whole, BOTTOM / tall, width / whole, HEIGHT / tall))
        _draw(axes, figure.x, panel, drawn, kinds)
        _label(axes, drawn, width, kinds)
        if i == 0:
            every = [line for _, lines_of in panels for line in lines_of]
            entries = _entries(figure, every, seeds, reference, complete=complete)
            _explain(axes, entries, drawing.bbox.x1)
    return drawing


def _draw(
    axes: Axes, x: Axis, panel: Panel, drawn: Sequence[MeasuredCurve], kinds: Mapping[str, int]
) -> None:
    """Draw the curves of a panel. `kinds` numbers the labels, so that colours are the same in all panels."""
    for line in drawn:
        i = kinds[line.label]
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.18, linewidth=0)
        every = max(1, len(line.x) // MOST_MARKERS)
        axes.plot(
            line.x, line.middle, color=colour, linewidth=1.9, marker=marker, markersize=3.6, markevery=every
        )
        lost = line.diverged & np.isfinite(line.middle)
        axes.plot(line.x[lost], line.middle[lost], **DIVERGED, zorder=4)
        if last := _broken(line):
            axes.plot(line.x[last], line.middle[last], **LAST, zorder=4)
        dark = _darker(colour)
        if _is_sparse(line):
            axes.plot(line.report_x, line.report_y, marker, color=dark, fillstyle="none", markersize=6.5)
        else:
            axes.plot(line.report_x, line.report_y, color=dark, linewidth=1.0, dashes=(4, 2), zorder=3)
    for line in drawn:  # even if no point is finite, so that all panels have the same x axis
        axes.dataLim.update_from_data_x(line.x, ignore=False)
    axes.set_xlabel(x.label)
    scale(axes, x, panel)


def _label(axes: Axes, drawn: Sequence[MeasuredCurve], width: float, kinds: Mapping[str, int]) -> None:
    """Label every curve at its right end; a thin line leads to a label that had to move."""
    axes.margins(x=0.02)
    axes.autoscale_view()
    ends = [_end(line) or (float(line.x[-1]), axes.get_ylim()[1]) for line in drawn]
    to_axes = axes.transAxes.inverted()
    wanted = [float(to_axes.transform(axes.transData.transform(end))[1]) for end in ends]
    gap = LINE_HEIGHT * mpl.rcParams["font.size"] / POINTS_PER_INCH / HEIGHT
    for i, (line, place) in enumerate(zip(drawn, spread(wanted, gap, 0.0, 1.0), strict=True)):
        from_x = float(to_axes.transform(axes.transData.transform(ends[i]))[0])
        at = 1 + LEADER / width
        colour = COLOURS[kinds[line.label] % len(COLOURS)]
        if _ended(line):  # a line to the label would look like values, so a marker says why the curve ends
            x, y, sign = [at - 0.08 / width], [place], "_" if _ends_in_a_gap(line) else "x"
            axes.plot(x, y, sign, transform=axes.transAxes, color=colour, markersize=5.0, clip_on=False)
        else:
            x, y = [from_x, 1 + 0.3 * LEADER / width, at - 0.03 / width], [wanted[i], place, place]
            axes.plot(x, y, transform=axes.transAxes, color=colour, linewidth=0.8, clip_on=False)
        axes.text(at, place, _name(line), transform=axes.transAxes, va="center", ha="left", color="#222222")


def _entries(
    figure: Figure, every: Sequence[MeasuredCurve], seeds: tuple[int, int], reference: str, *, complete: bool
) -> list[tuple[Any, str]]:
    """Return the legend's handles and texts."""
    entries: list[tuple[Any, str]] = []
    if any(len(line.x) for line in every):
        ours = Line2D([], [], color="#555555", linewidth=1.9)
        entries.append((ours, f"{'ours, ' * bool(reference)}{over_seeds(seeds, complete=complete)}"))
        if seeds[1] > 1:
            entries.append((Patch(color="#555555", alpha=0.25), band_of(figure.band, seeds[0])))
    reported = {_is_sparse(line) for line in every if len(line.report_x)}
    if False in reported:
        entries.append((Line2D([], [], color="#222222", linewidth=1.0, dashes=(4, 2)), reference))
    elif reported:
        points = Line2D([], [], color="#222222", marker="o", fillstyle="none", linestyle="none")
        entries.append((points, reference))
    if any(line.diverged.any() for line in every):
        entries.append((Line2D([], [], **DIVERGED), "a run diverged (median)"))
    if any(map(_broken, every)):
        entries.append((Line2D([], [], **LAST), "beyond it all runs diverged"))
    return entries + gaps(every)


def _explain(axes: Axes, entries: Sequence[tuple[Any, str]], right: float) -> None:
    """Draw the legend above the first panel, no further right than `right`, in pixels."""
    handles, names = zip(*entries, strict=True)
    for rows in (1, 2):  # two if one is too wide
        legend = axes.legend(
            handles,
            names,
            loc="lower left",
            bbox_to_anchor=(-0.02, 1.0),
            ncols=-(-len(names) // rows),
            handlelength=1.8,
            borderaxespad=0.2,
            **LEGEND,
        )
        if legend.get_window_extent().x1 <= right:
            break


def _ended(line: MeasuredCurve) -> bool:
    """Return whether a curve has no value at its last point."""
    return len(line.x) > 0 and not np.isfinite(line.middle[-1])


def _ends_in_a_gap(line: MeasuredCurve) -> bool:
    """Return whether a curve ends because its value is not positive on a logarithmic axis."""
    return _ended(line) and line.cut and not line.diverged[-1]


def _name(line: MeasuredCurve) -> str:
    """Return a curve's label; it says why the curve ends if no marker does."""
    return f"{line.label} (0 or less)" if _ends_in_a_gap(line) else line.label


def _broken(line: MeasuredCurve) -> list[int]:
    """Return the last point of a curve that ends because all runs then diverged; [] if it does not."""
    finite = np.flatnonzero(np.isfinite(line.middle))
    ends = len(finite) > 0 and bool(line.diverged[finite[-1] + 1 :].any())
    return [int(finite[-1])] if ends else []


def _is_sparse(line: MeasuredCurve) -> bool:
    """Return whether the report's curve is known at few points only, which no line should join."""
    return len(line.report_x) < len(line.x)


def _end(line: MeasuredCurve) -> tuple[float, float] | None:
    """Return the last finite point of our curve, or else of the report's; None if there is none."""
    finite = np.flatnonzero(np.isfinite(line.middle))
    if len(finite):
        return float(line.x[finite[-1]]), float(line.middle[finite[-1]])
    return (float(line.report_x[-1]), float(line.report_y[-1])) if len(line.report_x) else None


def _widest(texts: Sequence[str], drawing: Drawing, canvas: FigureCanvasAgg) -> float:
    """Return the width of the widest text, in inches."""
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    widths = []
    for text in texts:
        artist = drawing.text(0, 0, text)
        widths.append(artist.get_window_extent(renderer).width / drawing.dpi)
        artist.remove()
    return max(widths, default=0.0)


def _darker(colour: str) -> tuple[float, ...]:
    return tuple(0.55 * part for part in mpl.colors.to_rgb(colour))
