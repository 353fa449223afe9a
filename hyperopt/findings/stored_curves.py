"""Curves of any stored runs: one for each setting, over its seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hyperopt.errors import ConfigError, shown, typed
from hyperopt.experiments.figure import Axis, Figure, Panel
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings.curves import MeasuredCurve, Numbers, along_epochs, measured_curve
from hyperopt.findings.measurements import series, value
from hyperopt.records import Record, published, working
from hyperopt.selection.checks import check_key, check_metric
from hyperopt.selection.criteria import PerLevel, of_top_level
from hyperopt.selection.rows import varied
from hyperopt.selection.stored import Selection

ALONG = ("epoch", "step")
MOST_CURVES = 8
LOG_FROM = 20.0
"""The ratio of a setting's largest to its smallest value from which its axis is logarithmic."""


def load_records(chosen: Selection) -> dict[str, Record]:
    """Return the records of runs by id; local ones take precedence over published ones."""
    here = working().load(chosen.ids)
    left = set(chosen.ids) - here.keys()
    return (published().load(left) if left else {}) | here


def figure_of(chosen: Selection, metrics: Sequence[str], x: str, logarithmic: str = "") -> Figure:
    """Return the figure of metrics against x.

    Args:
        chosen: the runs.
        metrics: the metrics, each for one panel.
        x: "epoch", "step" or the key of a numeric setting.
        logarithmic: the logarithmic axes, "x", "y" or "xy". An x with a wide range is always logarithmic.

    Raises:
        ConfigError: no run has a metric, or x is not numeric.
    """
    for metric in metrics:
        check_metric(metric, chosen)
    places: tuple[float, ...] = ()
    if x not in ALONG:
        check_key(x, chosen, given=f"x={x}")
        places = tuple(sorted({at for at in _places(chosen, x) if at is not None}))
        if not places:
            raise ConfigError(f"{typed('x', x)}: epoch, step or a setting that is a number is expected.")
    wide = bool(places) and places[0] > 0 and places[-1] / places[0] >= LOG_FROM
    name = "α of the top level" if x == "alpha" else x
    panels = tuple(Panel(metric, _label(metric), "y" in logarithmic) for metric in metrics)
    return Figure(Axis(x, name, "x" in logarithmic or wide, places), panels, (), "mean")


def stored_curves(
    chosen: Selection, records: Mapping[str, Record], figure: Figure, by: Sequence[str] = ()
) -> dict[Panel, list[MeasuredCurve]]:
    """Return the curves of every panel.

    Args:
        chosen: the runs.
        records: their records by id.
        figure: a figure made by `figure_of`.
        by: the settings whose combinations are the curves; () for all except the seed and x.

    Raises:
        ConfigError: there are too many curves, or no run has a metric.
    """
    groups = settings_apart(chosen, by, figure.x.name)
    if len(groups) > MOST_CURVES:
        some = ", ".join(list(groups)[:3])
        raise ConfigError(
            f"these runs are {len(groups)} curves ({some}, ...), but at most {MOST_CURVES} can be "
            "distinguished: select fewer, or add by=stack."
        )
    found: dict[Panel, list[MeasuredCurve]] = {}
    for panel in figure.panels:
        found[panel] = []
        for name, places in groups.items():
            of_curve = chosen.take(places)
            there = [records[id_] for id_ in of_curve.ids if id_ in records]
            seeds = tuple(sorted({record.config["seed"] for record in there}))
            along = _along_setting if figure.x.values else _along_time
            x, y, lost = along(of_curve, there, panel.metric, figure.x)
            if len(x) and np.isfinite(y).any():
                found[panel].append(measured_curve(name, x, y, lost, figure, panel, seeds, {}))
    for panel, curves in found.items():
        if not curves:
            raise ConfigError(f"{typed('metric', panel.metric)}: none of the selected runs has it.")
    return found


def settings_apart(chosen: Selection, by: Sequence[str] = (), x: str = "") -> dict[str, list[int]]:
    """Return the positions of runs that differ only in seed and x, or share the values of `by`, by label."""
    for key in by:
        check_key(key, chosen, given=f"by={key}")
    keys = list(by) or [*varied(chosen)]
    columns = {key: chosen.column(key) for key in keys if key != x}
    groups: dict[str, list[int]] = {}
    for place in range(len(chosen)):
        parts = [] if by else [_stack(chosen.configs[place], without_top=x == "alpha")]
        for key, column in columns.items():
            if column[place] is not None and str(column[place]) != "-":
                text = str(column[place]) if isinstance(column[place], PerLevel) else shown(column[place])
                parts.append(text if key in ("stack", "dataset", "model") else f"{key}={text}")
        groups.setdefault(", ".join(parts), []).append(place)

    def order(name: str) -> tuple[str, list[float], str]:
        config = chosen.configs[groups[name][0]]
        return config["stack"], config["alpha"], name

    return {name: groups[name] for name in sorted(groups, key=order)}


def _stack(config: Mapping[str, object], *, without_top: bool) -> str:
    rules, rates = str(config["stack"]).split("/"), list(config["alpha"])  # type: ignore[call-overload]
    names = [f"{rule}({shown(rate)})" for rule, rate in zip(rules, rates, strict=True)]
    return "/".join([*names[:-1], f"{rules[-1]}(α)"] if without_top else names)


def _places(chosen: Selection, key: str) -> list[float | None]:
    column = map(of_top_level, chosen.column(key))
    return [float(v) if isinstance(v, int | float) and not isinstance(v, bool) else None for v in column]


def _label(metric: str) -> str:
    try:
        unit = metric_of(metric).unit.strip()
    except ConfigError:  # a number of a user's own rule
        unit = ""
    return f"{metric} ({unit})" if unit else metric


def _along_time(
    _: Selection, records: Sequence[Record], metric: str, x: Axis
) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    epochs, y, lost = along_epochs(records, metric)
    if x.name == "epoch" or not len(epochs):
        return epochs, y, lost
    if all(metric in record.by_step for record in records):
        return _along_steps(records, metric)
    longest = max(records, key=lambda record: len(series(record, metric)))
    return epochs * (longest.steps / len(epochs)), y, lost


def _along_steps(records: Sequence[Record], metric: str) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Return the recorded steps [points], and the rest as `_along_setting` does."""
    values = [dict(zip(record.by_step["step"], record.by_step[metric], strict=True)) for record in records]
    steps = sorted({step for of_run in values for step in of_run})
    y = [[of_run.get(step, np.nan) for step in steps] for of_run in values]
    diverged = [[e["step"] for e in record.events if e["event"] == "diverged"] for record in records]
    lost = [[any(at <= step for at in since) for step in steps] for since in diverged]
    return np.array(steps), np.array(y), np.array(lost, dtype=bool)


def _along_setting(
    chosen: Selection, records: Sequence[Record], metric: str, x: Axis
) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Return the values of x that have runs [points], the metric and divergence, both [runs, points]."""
    by_id = {record.id: record for record in records}
    of_place: dict[float, list[Record]] = {}
    for id_, at in zip(chosen.ids, _places(chosen, x.name), strict=True):
        if at is not None and id_ in by_id:
            of_place.setdefault(at, []).append(by_id[id_])
    places = sorted(of_place)
    y = np.full((max(map(len, of_place.values()), default=0), len(places)), np.nan)
    lost = np.zeros(y.shape, dtype=bool)
    for column, at in enumerate(places):
        for row, record in enumerate(of_place[at]):
            number = value(record, metric)
            y[row, column] = np.nan if number is None else number
            lost[row, column] = record.diverged
    return np.array(places, dtype=float), y, lost
