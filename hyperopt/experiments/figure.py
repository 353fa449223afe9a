"""The axes, panels and curves of an experiment's figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LINE_STYLES = ("solid", "dashed", "dotted")
"""The line styles that distinct values of `Curve.line` get, in order of their first appearance."""


@dataclass(frozen=True)
class Axis:
    """An axis: the values of a setting, or the epochs of each run if `values` is empty.

    `settings` are additional settings of the runs at some of the values.
    """

    name: str
    label: str
    log: bool
    values: tuple[float, ...]
    settings: Mapping[float, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """One of several plots side by side: `metric` of every curve against x."""

    metric: str
    label: str
    log: bool


@dataclass(frozen=True)
class Curve:
    """One curve.

    Attributes:
        label: the label of its row, which says what the curve really is.
        shown_as: its name in the report's legend; None if the report's figure does not show it.
        drawn: whether we draw it; other curves exist for claims only.
        report: the report's curve, y by x, for each metric.
        group: the group in whose plots it is drawn; groups stand side by side.
        colour: what its colour stands for, in a plot with too many curves to label each.
        line: what its line style stands for, in such a plot.
    """

    label: str
    shown_as: str | None
    drawn: bool
    report: Mapping[str, Mapping[float, float]]
    group: str = ""
    colour: str = ""
    line: str = ""


@dataclass(frozen=True)
class Figure:
    """A line plot. The experiment's rows are its curves; the columns are points at which they are compared.

    `band` is what surrounds a curve: "seeds", the middle 90 % of the seeds, or "mean", the 95 % confidence
    interval of the mean.
    """

    x: Axis
    panels: tuple[Panel, ...]
    curves: tuple[Curve, ...]
    band: str

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of the drawn curves, in order of first appearance."""
        return tuple(dict.fromkeys(curve.group for curve in self.curves if curve.drawn))


@dataclass(frozen=True)
class Map:
    """One heat map: the labels of its rows, and the names of its columns; `drawn` as in `Curve`."""

    label: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    drawn: bool


@dataclass(frozen=True)
class HeatMap:
    """The heat maps of an experiment whose numbers depend on two settings.

    Attributes:
        metric: the metric of every cell.
        label: the label of the colour bar.
        rows: the vertical axis.
        columns: the horizontal axis.
        maps: one per table of the experiment. A map that does not depend on the horizontal setting has one
            column, and stands to the left of the next map.
    """

    metric: str
    label: str
    rows: Axis
    columns: Axis
    maps: tuple[Map, ...]
