"""Reads a figure of an experiment's file; docs/add_an_experiment.md explains the keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hyperopt.errors import shown, unknown
from hyperopt.experiments.experiment import ExperimentError
from hyperopt.experiments.figure import LINE_STYLES, Axis, Curve, Figure, Panel
from hyperopt.experiments.grid import Column, Row, Table
from hyperopt.experiments.metrics import metric_of
from hyperopt.experiments.reading.keys import NUMBER, Keys, checked, filled, some
from hyperopt.experiments.reductions import REDUCTIONS

SCALES = ("linear", "log")
BANDS = ("seeds", "mean")
MOST_CURVES = 8
"""The number of colours of the palette, which colour-blind readers can distinguish (figures/style.py)."""


def figure_of(keys: Keys, *, read_off: bool) -> tuple[Figure, tuple[Column, ...], tuple[Table, ...]]:
    """Return a figure, its columns (points on curves), and a table whose rows are the curves.

    Args:
        keys: the keys of the experiment, of which `x`, `panels`, `curves` and `band` are taken.
        read_off: whether the report's numbers were read off a picture. They are then too coarse for reducing
            the report's curves.

    Raises:
        ConfigError: a key or value is invalid.
    """
    x = axis(keys.take("x", dict, {}))
    given = [Keys("panel", panel) for panel in some(keys, "panels", list)]
    panels: list[Panel] = []
    columns: list[Column] = []
    for place, panel in enumerate(given):
        panels.append(_panel(panel))
        columns += _columns(panel, panels[-1], x, first=place == 0)
        panel.nothing_left(panel)
    curves, rows = [], []
    for item in _each(some(keys, "curves", list)):
        curve, settings = _curve(Keys("curve", item), panels, x)
        curves.append(curve)
        report = tuple(_reported(column, curve, x, read_off=read_off) for column in columns)
        rows.append(Row(curve.label, settings, report))
    _check_drawn([curve for curve in curves if curve.drawn])
    table = Table(heading="", settings={}, rows=tuple(rows))
    band = _one_of(keys, "band", BANDS)
    return Figure(x, tuple(panels), tuple(curves), band), tuple(columns), (table,)


def _each(given: list[Any]) -> Iterator[Any]:
    """Yield the curves; one with `each` yields a copy per value, in which the value replaces {}."""
    for item in given:
        if not isinstance(item, dict) or "each" not in item:
            yield item
            continue
        template = {key: value for key, value in item.items() if key != "each"}
        for value in checked("each", item["each"], list):
            yield filled(template, "{}", shown(value))


def _check_drawn(curves: Sequence[Curve]) -> None:
    """Check that there are enough colours, and line styles, to distinguish the curves."""
    colours = {curve.colour for curve in curves}
    if colours == {""}:
        if len(curves) > MOST_CURVES:
            raise ExperimentError(f"{len(curves)} curves are drawn; at most {MOST_CURVES} are allowed")
        return
    for curve in curves:
        if not curve.colour or not curve.group:
            raise ExperimentError(
                f"curve {curve.label!r} needs a colour and a group, because other drawn curves have them"
            )
    if len(colours) > MOST_CURVES:
        raise ExperimentError(
            f"curves are drawn in {len(colours)} colours; at most {MOST_CURVES} are allowed"
        )
    if len(lines := {curve.line for curve in curves}) > len(LINE_STYLES):
        raise ExperimentError(
            f"curves are drawn in {len(lines)} line styles; at most {len(LINE_STYLES)} are allowed"
        )


def axis(given: dict[str, Any], *, may_fall: bool = False) -> Axis:
    """Return the axis that a mapping describes.

    Args:
        given: the mapping in the file.
        may_fall: whether the values may also be in descending order.

    Raises:
        ConfigError: a key or value is invalid, or the values are not in order.
    """
    keys = Keys("x", given)
    values = tuple(float(checked("values", value, NUMBER)) for value in keys.take("values", list, []))
    if list(values) != sorted(set(values), reverse=may_fall and values[:1] > values[-1:]):
        raise ExperimentError(
            f"x has values={shown(list(values))}: distinct values in ascending order are expected"
        )
    name = keys.take("name", str, "x" if values else "epoch")
    settings = {
        float(checked("settings", at, NUMBER)): more for at, more in keys.take("settings", dict, {}).items()
    }
    if stray := settings.keys() - set(values):
        raise ExperimentError(f"x has settings for {shown(min(stray))}, which is not one of its values")
    return keys.nothing_left(Axis(name, keys.take("label", str, name), _log(keys), values, settings))


def _panel(keys: Keys) -> Panel:
    metric = keys.take("metric", str)
    metric_of(metric)
    return Panel(metric, keys.take("label", str), _log(keys))


def _columns(keys: Keys, panel: Panel, x: Axis, *, first: bool) -> Iterator[Column]:
    """Yield a column for each point at which curves are compared, and for each reduction of a curve."""
    before = "" if first else f"{panel.metric}, "
    if x.values:
        for value in x.values:
            name = f"{before}{x.name} {shown(value)}"
            yield Column(name, name, panel.metric, x.settings.get(value, {}), x=value)
    else:
        for epoch in keys.take("points", list, []):
            if checked("points", epoch, int) < 1:
                raise ExperimentError(f"points={epoch}: epochs are counted from 1")
            name = f"{before}epoch {epoch}"
            yield Column(name, name, panel.metric, {}, epoch=epoch)
    for reduction in keys.take("reductions", list, []):
        if reduction not in REDUCTIONS:
            raise unknown("reduction", str(reduction), REDUCTIONS)
        if x.settings:
            raise ExperimentError(
                f"reductions={reduction}: an x with settings of its own allows no reductions"
            )
        name = f"{before}{reduction}"
        yield Column(name, name, panel.metric, {}, reduction=reduction, along=x.values)


def _curve(keys: Keys, panels: Sequence[Panel], x: Axis) -> tuple[Curve, Mapping[str, Any]]:
    label, settings = keys.take("label", str), keys.take("settings", dict, {})
    shown_as = label
    if "shown_as" in keys:
        shown_as = keys.take("shown_as", (str, type(None)))
    given = keys.take("report", (list, dict), [])
    if isinstance(given, list) or not all(isinstance(key, str) for key in given):
        given = {panels[0].metric: given}
    metrics = [panel.metric for panel in panels]
    for metric in given:
        if metric not in metrics:
            raise unknown("panel with the metric", metric, metrics)
    report = {metric: _points(label, values, x) for metric, values in given.items()}
    names = {key: keys.take(key, str, "") for key in ("group", "colour", "line")}
    curve = Curve(label, shown_as, keys.take("drawn", bool, True), report, **names)
    return keys.nothing_left(curve), settings


def _points(label: str, given: list[Any] | dict[Any, Any], x: Axis) -> dict[float, float]:
    """Return the report's curve as y by x, from a list along x (null: unknown) or from y by x."""
    if isinstance(given, dict):
        pairs = list(given.items())
    else:
        along = (x.values if given else ()) or range(1, len(given) + 1)
        if len(along) != len(given):
            raise ExperimentError(
                f"curve {label!r} has {len(given)} numbers of the report, but x has {len(along)} values"
            )
        pairs = list(zip(along, given, strict=True))
    return {
        float(checked("report", at, NUMBER)): float(checked("report", y, NUMBER))
        for at, y in pairs
        if y is not None
    }


def _reported(column: Column, curve: Curve, x: Axis, *, read_off: bool) -> float | None:
    points = curve.report.get(column.metric, {})
    if column.reduction is None:
        at = column.x if column.x is not None else column.epoch
        return None if at is None else points.get(float(at))
    whole = list(x.values) or [float(epoch) for epoch in range(1, len(points) + 1)]
    if read_off or list(points) != whole:
        return None
    return REDUCTIONS[column.reduction].of(list(points.values()))


def _log(keys: Keys) -> bool:
    return _one_of(keys, "scale", SCALES) == "log"


def _one_of(keys: Keys, key: str, allowed: Sequence[str]) -> str:
    """Return the value of a key, which must be one of the allowed names; the first is the default."""
    given: str = keys.take(key, str, allowed[0])
    if given not in allowed:
        raise unknown(key, given, allowed)
    return given
