"""What a figure adds to an experiment: its axes, panels and curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Axis:
    """What runs along x: the epochs of each run where there are no `values`, else a setting.

    `settings` are further ones of the runs at some of the values.
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
        drawn: whether we draw it; the others are there for claims.
        report: by metric the report's own curve, y by x.
    """

    label: str
    shown_as: str | None
    drawn: bool
    report: Mapping[str, Mapping[float, float]]


@dataclass(frozen=True)
class Figure:
    """The picture of an experiment, whose rows are the curves, and its columns points of comparison.

    `band` is what lies around a curve: "seeds", the middle 90 % of them, or "mean", its 95 % interval.
    """

    x: Axis
    panels: tuple[Panel, ...]
    curves: tuple[Curve, ...]
    band: str
