"""The common style of all figures, including those of the site, which are not drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hyperopt.experiments.figure import Axis, Panel
from hyperopt.statistics import FEWEST_RUNS
from hyperopt.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hyperopt.findings.curves import MeasuredCurve

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000", "#7F7F7F")
"""The palette of Okabe and Ito for colour-blind readers, with grey instead of yellow, which is too faint."""

BANDS = {"seeds": "middle 90 % of seeds", "mean": "95 % interval of the mean"}
"""The legend's text for each kind of band around a curve."""

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "svg.hashsalt": "hyperopt",
    "svg.fonttype": "path",
}

LEGEND: dict[str, Any] = {"frameon": False, "fontsize": 8, "columnspacing": 1.2}


def over_seeds(seeds: tuple[int, int], *, complete: bool) -> str:
    """Return the legend's text for a curve.

    Args:
        seeds: the smallest and largest number of seeds of a point.
        complete: whether all runs are finished.
    """
    low, high = seeds
    mean = "mean of " if high > 1 else ""
    return (
        f"{mean}{f'{low} to ' * (low < high)}{counted(high, 'seed')}{', some runs missing' * (not complete)}"
    )


def band_of(kind: str, fewest: int) -> str:
    """Return the legend's text for a band; of few seeds the middle 90 % are nearly all."""
    few = kind == "seeds" and fewest < FEWEST_RUNS
    return f"{BANDS[kind]}{f' (of {fewest} nearly all)' * few}"


def scale(axes: Axes, x: Axis, panel: Panel) -> None:
    """Label the y axis and set the scales of both; epochs have ticks at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axes.set_ylabel(panel.label)
    if x.log:
        axes.set_xscale("log")
    elif not x.values:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if panel.log:
        axes.set_yscale("log")


def gaps(lines: Sequence[MeasuredCurve]) -> list[tuple[Any, str]]:
    """Return the legend's entry about gaps in curves, if there are any."""
    from matplotlib.lines import Line2D

    nothing = Line2D([], [], linestyle="none")
    return [(nothing, "gaps: 0 or less")] if any(line.cut for line in lines) else []
