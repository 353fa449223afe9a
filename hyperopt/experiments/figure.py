"""What a figure adds to an experiment: its axes, panels and curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LINE_STYLES = ("solid", "dashed", "dotted")
"""The line styles of curves that name their line, in the order in which the names come."""


@dataclass(frozen=True)
class Axis:
    """What runs along x: the values of a setting, or the epochs of each run where there are no `values`.

    `settings` are more settings of the runs at some of the values.
    """

    name: str
    label: str
    log: bool
    values: tuple[float, ...]
    settings: Mapping[float, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """One picture beside others: `metric` of every curve against x."""

    metric: str
    label: str
    log: bool


@dataclass(frozen=True)
class Curve:
    """One curve.

    Attributes:
        label: its true name, that of its row.
        shown_as: its name in the printed legend; None where the printed figure does not show it.
        drawn: whether we draw it; other curves are there for claims.
        report: the report's own curve, y by x, for each metric.
        group: the group in whose pictures it is drawn; groups stand side by side.
        colour: what its colour stands for, in a picture with more curves than can be labelled.
        line: what its line style stands for, in such a picture.
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
    """The picture of an experiment, whose rows are the curves, and its columns points of comparison.

    `band` says what is drawn around a curve: "seeds", the middle 90 % of them, or "mean", the 95 % interval
    of the mean.
    """

    x: Axis
    panels: tuple[Panel, ...]
    curves: tuple[Curve, ...]
    band: str

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of the curves that are drawn, in their order."""
        return tuple(dict.fromkeys(curve.group for curve in self.curves if curve.drawn))


@dataclass(frozen=True)
class Map:
    """One heat map, with the labels of its rows and of the columns that it has; `drawn` as in a curve."""

    label: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    drawn: bool


@dataclass(frozen=True)
class HeatMap:
    """The pictures of an experiment whose numbers depend on two settings: a colour for each cell.

    Attributes:
        metric: the metric of every cell. label: the label of the colours. rows: the setting that runs down.
        columns: the setting that runs to the right. maps: one per table of the experiment. A map that does
        not depend on the second setting has one column,
            and stands to the left of the next map.
    """

    metric: str
    label: str
    rows: Axis
    columns: Axis
    maps: tuple[Map, ...]
