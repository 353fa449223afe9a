"""Reads the heat maps of an experiment's file; docs/add_an_experiment.md explains the keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hyperopt.errors import shown, unknown
from hyperopt.experiments.experiment import ExperimentError
from hyperopt.experiments.figure import Axis, HeatMap, Map
from hyperopt.experiments.grid import Column, Row, Table
from hyperopt.experiments.reading.figure_keys import axis
from hyperopt.experiments.reading.keys import NUMBER, Keys, checked, filled
from hyperopt.experiments.reductions import REDUCTIONS


def heatmap_of(keys: Keys, metric: str) -> tuple[HeatMap, tuple[Column, ...], tuple[Table, ...]]:
    """Return heat maps, their columns (along x), and a table for each map, whose rows run along y.

    Args:
        keys: the keys of the experiment, of which `x`, `y`, `maps`, `reductions` and `label` are taken.
        metric: the metric of every cell.

    Raises:
        ConfigError: a key or value is invalid.
    """
    x, y = axis(keys.take("x", dict)), axis(keys.take("y", dict), may_fall=True)
    any_x = Column(f"any {x.name}", f"any {x.name}", metric, {})
    along = [Column(name, name, metric, {}, x=value) for name, value in zip(_names(x), x.values, strict=True)]
    reduced = [_reduced(given, metric, x) for given in keys.take("reductions", list, [])]
    columns = (any_x, *along, *reduced)
    maps, tables = [], []
    for item in keys.take("maps", list):
        one, table = _map(Keys("map", item), columns, y)
        maps.append(one)
        tables.append(table)
    return HeatMap(metric, keys.take("label", str), y, x, tuple(maps)), columns, tuple(tables)


def _names(given: Axis) -> list[str]:
    if not given.values:
        raise ExperimentError(f"{given.name} has no values")
    return [f"{given.name} {shown(value)}" for value in given.values]


def _reduced(given: Any, metric: str, x: Axis) -> Column:
    """Return the column of a reduction, which makes one number of several cells of a row."""
    keys = Keys("reduction", given)
    name, of = keys.take("name", str), keys.take("of", str)
    if of not in REDUCTIONS:
        raise unknown("reduction", of, REDUCTIONS)
    along = tuple(float(checked("along", value, NUMBER)) for value in keys.take("along", list))
    for value in along:
        if value not in x.values:
            raise ExperimentError(f"along={shown(value)}: the values of {x.name} are {shown(list(x.values))}")
    return keys.nothing_left(Column(name, name, metric, {}, reduction=of, along=along))


def _map(keys: Keys, columns: Sequence[Column], y: Axis) -> tuple[Map, Table]:
    label, settings = keys.take("label", str), keys.take("settings", dict)
    several = "{x}" in json.dumps(settings)
    own = columns[1:] if several else columns[:1]
    report = keys.take("report", list, [None] * len(y.values))
    if len(report) != len(y.values):
        raise ExperimentError(f"map {label!r}: report has {len(report)} rows; {len(y.values)} are expected")
    rows = [
        Row(
            label=f"{label}, {name}",
            settings=filled(settings, "{y}", shown(value)),
            report=_reported(label, numbers if several else [numbers], columns, own),
            columns=frozenset(column.name for column in own),
        )
        for name, value, numbers in zip(_names(y), y.values, report, strict=True)
    ]
    cells = tuple(column.name for column in own if not column.reduction)
    one = Map(label, tuple(row.label for row in rows), cells, keys.take("drawn", bool, True))
    return keys.nothing_left(one), Table(heading=label, settings={}, rows=tuple(rows))


def _reported(
    label: str, given: Any, columns: Sequence[Column], own: Sequence[Column]
) -> tuple[float | None, ...]:
    """Return the report's numbers of a row, for every column; None: not reported, infinite: never reached."""
    points = [column for column in own if not column.reduction]
    numbers = [None] * len(points) if given is None else list(checked("report", given, list))
    if len(numbers) != len(points):
        raise ExperimentError(
            f"map {label!r} has a row of {len(numbers)} numbers; {len(points)} are expected"
        )
    known = {
        column.x: None if number is None else float(checked("report", number, NUMBER))
        for column, number in zip(points, numbers, strict=True)
    }
    by_name = {column.name: known[column.x] for column in points}
    for column in own:
        if column.reduction:
            behind = [value for at in column.along if (value := known[at]) is not None]
            whole = len(behind) == len(column.along)
            by_name[column.name] = REDUCTIONS[column.reduction].of(behind) if whole else None
    return tuple(by_name.get(column.name) for column in columns)
