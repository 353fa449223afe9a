"""Draws the study which_stack: loss against initial rate for each workload, and a performance profile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import cycle

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import LogFormatter

from hyperopt.figures.draw import files
from hyperopt.figures.style import COLOURS, LEGEND
from hyperopt.findings.advice import OF_THE_PACKAGE, named, picks
from hyperopt.findings.methods import BASELINE, Workload
from hyperopt.findings.standings import compared, standings
from hyperopt.findings.to_target import FACTORS, TARGET, profiles

SIDE = 2.6
"""The width and height of a panel, in inches."""
ACROSS = 3
"""The number of panels side by side."""
DASHES = ("-", (0, (4, 2)))
"""Line styles that alternate, so that both of two overlapping lines are visible."""


class _Decimal(LogFormatter):
    """Labels the ticks that matplotlib labels on a logarithmic axis, in decimals."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:g}" if super().__call__(x, pos) else ""


def draw_study(workloads: Sequence[Workload], target: float = TARGET) -> dict[str, bytes]:
    """Return the drawing by file type, "svg" and "png"; {} while no workload has runs of the baseline."""
    there = compared(workloads)
    return files(lambda: _drawing(there, target) if there else None)


def drawn_methods(workloads: Sequence[Workload]) -> list[str]:
    """Return the methods to draw.

    These are the baseline, the methods that answers name, the package's default, and as far as there are
    colours, the method with the least mean over rates under each other heading.
    """
    means, of = standings(workloads), compared(workloads)[0].methods
    chosen = [BASELINE, *named(picks(workloads)), OF_THE_PACKAGE]
    chosen = [label for label in dict.fromkeys(chosen) if label in means]
    best: dict[str, str] = {}
    for label in sorted(means, key=lambda label: means[label].blind):
        best.setdefault(of[label].heading, label)
    there = {of[label].heading for label in chosen}
    return [*chosen, *(label for heading, label in best.items() if heading not in there)][: len(COLOURS)]


def _drawing(workloads: Sequence[Workload], target: float) -> Drawing:
    labels = drawn_methods(workloads)
    colours = dict(zip(labels, COLOURS, strict=False))
    panels = len(workloads) + 1
    down = math.ceil(panels / ACROSS)
    drawing = Drawing(figsize=(SIDE * min(panels, ACROSS) + 0.6, SIDE * down + 0.7), layout="constrained")
    FigureCanvasAgg(drawing)
    axes = drawing.subplots(down, min(panels, ACROSS), squeeze=False).ravel()
    for workload, place in zip(workloads, axes, strict=False):
        for label, dashes in zip(labels, cycle(DASHES), strict=False):
            place.plot(
                workload.rates,
                workload.methods[label].losses,
                marker=".",
                linestyle=dashes,
                color=colours[label],
                label=label,
            )
        place.set(xscale="log", yscale="log", title=workload.name, xlabel="initial rate", ylabel="test loss")
        place.yaxis.set_major_formatter(_Decimal())
        place.yaxis.set_minor_formatter(_Decimal())
    _profile(axes[len(workloads)], workloads, colours, target)
    for place in axes[panels:]:
        place.remove()
    handles, names = axes[0].get_legend_handles_labels()
    drawing.legend(handles, names, loc="outside lower center", ncols=3, **LEGEND)
    return drawing


def _profile(axes: Axes, workloads: Sequence[Workload], colours: dict[str, str], target: float) -> None:
    found = profiles(workloads, standings(workloads), target)
    finite = [factor for factor in FACTORS if math.isfinite(factor)]
    for label, colour in colours.items():
        shares = [100 * found[label][factor] for factor in finite]
        axes.step(finite, shares, where="post", color=colour)
    axes.set(
        title="time to the target", xlabel="times the fewest epochs", ylabel="workloads (%)", ylim=(-5, 105)
    )
