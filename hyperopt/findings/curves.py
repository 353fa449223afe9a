"""The curves of a figure: mean and band over seeds, and the report's curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.figure import Curve, Figure, Panel
from hyperopt.experiments.grid import Cell
from hyperopt.findings.measurements import series, value
from hyperopt.records import Record
from hyperopt.statistics import median_interval, t_interval

Numbers = NDArray[np.float64]
BAND = (0.05, 0.95)
"""The quantiles over seeds that a band spans."""
MOST_POINTS = 400
"""The maximum number of drawn points of a curve."""


@dataclass(frozen=True)
class MeasuredCurve:
    """A curve in a panel.

    Attributes:
        label: the name of the curve.
        x: the points, [points].
        middle: the mean over seeds, or the median where a run diverged, [points]; NaN where no run is finite,
            or where the value is not positive and the axis is logarithmic.
        low: the lower end of the band, [points].
        high: the upper end of the band, [points].
        diverged: whether the run of at least one seed had diverged, bool [points].
        report_x: the points of the report's curve.
        report_y: the values of the report's curve.
        cut: whether the curve has gaps because of values that are not positive on a logarithmic axis.
        seeds: the seeds of the available runs.
        by_seed: the value of each seed, [seeds, points]; NaN where a run is missing.
    """

    label: str
    x: Numbers
    middle: Numbers
    low: Numbers
    high: Numbers
    diverged: NDArray[np.bool_]
    report_x: Numbers
    report_y: Numbers
    cut: bool = False
    seeds: tuple[int, ...] = ()
    by_seed: Numbers = field(default_factory=lambda: np.empty((0, 0)))


Curves = Mapping[Panel, Sequence[MeasuredCurve]]


def curves(experiment: Experiment, records: Mapping[str, Record], seeds: Sequence[int]) -> Curves:
    """Return the drawn curves of every panel; {} if the experiment has no curves.

    A curve with neither a run nor a number of the report is left out.
    """
    figure = experiment.figure
    if figure is None:
        return {}
    cells: dict[str, list[Cell]] = {}
    for cell in experiment.cells():
        cells.setdefault(cell.row, []).append(cell)
    drawn = [curve for curve in figure.curves if curve.drawn]
    found: dict[Panel, list[MeasuredCurve]] = {}
    for panel in figure.panels:
        every = [_measured(curve, cells[curve.label], panel, figure, records, seeds) for curve in drawn]
        found[panel] = [curve for curve in every if len(curve.x) or len(curve.report_x)]
    return found


def _measured(
    curve: Curve,
    cells: Sequence[Cell],
    panel: Panel,
    figure: Figure,
    records: Mapping[str, Record],
    seeds: Sequence[int],
) -> MeasuredCurve:
    if figure.x.values:
        points = [cell for cell in cells if cell.metric == panel.metric and cell.x is not None]
        x, y, diverged = _along_setting(points, panel.metric, records, seeds)
        there = tuple(seeds)
    else:
        there, x, y, diverged = _along_epochs(cells[0], panel.metric, records, seeds)
    return measured_curve(
        curve.label, x, y, diverged, figure, panel, there, curve.report.get(panel.metric, {})
    )


def measured_curve(
    label: str,
    x: Numbers,
    y: Numbers,
    diverged: NDArray[np.bool_],
    figure: Figure,
    panel: Panel,
    seeds: tuple[int, ...],
    reported: Mapping[float, float],
) -> MeasuredCurve:
    """Return a curve in a panel of a figure.

    Args:
        label: the name of the curve.
        x: the points, [points].
        y: the metric, [seeds, points]; NaN where it is missing.
        diverged: whether the run had diverged by then, [seeds, points].
        figure: the figure, for the scale of x and the kind of band.
        panel: the panel, for the scale of y.
        seeds: the seeds of the runs.
        reported: the report's curve, y by x.
    """
    report = sorted(reported.items())
    kept = _kept(len(x), log=figure.x.log)
    x, y, diverged = x[kept], y[:, kept], diverged[:, kept]
    middle, low, high = _over_seeds(y, diverged, figure.band)
    gaps = (middle <= 0) & panel.log
    middle[gaps] = np.nan
    if panel.log:  # a logarithmic axis has no place for these ends
        low[low <= 0], high[high <= 0] = np.nan, np.nan
    return MeasuredCurve(
        label,
        x,
        middle,
        low,
        high,
        np.asarray(diverged.any(axis=0)),
        np.array([at for at, _ in report], dtype=float),
        np.array([number for _, number in report], dtype=float),
        bool(gaps.any()),
        seeds,
        y,
    )


def _along_epochs(
    cell: Cell, metric: str, records: Mapping[str, Record], seeds: Sequence[int]
) -> tuple[tuple[int, ...], Numbers, Numbers, NDArray[np.bool_]]:
    """Return seeds, epochs [points], the metric and whether a run had diverged, both [seeds, points]."""
    found = [(seed, records[run.id]) for seed in seeds for run in cell.runs(seed)[:1] if run.id in records]
    with_metric = [(seed, record) for seed, record in found if series(record, metric)]
    return tuple(seed for seed, _ in with_metric), *along_epochs(
        [record for _, record in with_metric], metric
    )


def along_epochs(records: Sequence[Record], metric: str) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Return epochs [points], the metric and whether a run had diverged by then, both [records, points].

    The metric is NaN after the end of a run.
    """
    known = [(record, series(record, metric)) for record in records]
    x = np.arange(1, max((len(y) for _, y in known), default=0) + 1, dtype=float)
    y = np.full((len(known), len(x)), np.nan)
    for row, (_, values) in zip(y, known, strict=True):
        row[: len(values)] = values
    since = [
        min((e["epoch"] for e in record.events if e["event"] == "diverged"), default=np.inf)
        for record, _ in known
    ]
    return x, y, x[None, :] >= np.array(since).reshape(-1, 1)


def _along_setting(
    cells: Sequence[Cell], metric: str, records: Mapping[str, Record], seeds: Sequence[int]
) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Return the values of {x} that have a run [points], the metric and divergence as `along_epochs` does."""
    x, columns, diverged = [], [], []
    for cell in cells:
        found = [records.get(cell.run(seed).id) for seed in seeds]
        numbers = [None if record is None else value(record, metric) for record in found]
        if any(number is not None for number in numbers):
            x.append(cell.x)
            columns.append([np.nan if number is None else number for number in numbers])
            diverged.append([record is not None and record.diverged for record in found])
    shape = (len(x), len(seeds))
    return (
        np.array(x, dtype=float),
        np.array(columns, dtype=float).reshape(shape).T,
        np.array(diverged, dtype=bool).reshape(shape).T,
    )


def _kept(points: int, *, log: bool) -> NDArray[np.int64]:
    """Return the indices of the drawn points: all of them, or MOST_POINTS evenly spaced ones."""
    if points <= MOST_POINTS:
        return np.arange(points)
    places = np.geomspace(1, points, MOST_POINTS) if log else np.linspace(1, points, MOST_POINTS)
    return np.unique(places.round().astype(np.int64)) - 1


def _over_seeds(y: Numbers, diverged: NDArray[np.bool_], band: str) -> tuple[Numbers, Numbers, Numbers]:
    """Return the middle and band over seeds of y [seeds, points], ignoring numbers that are not finite."""
    middle, low, high = (np.full(y.shape[1], np.nan) for _ in range(3))
    for i, column in enumerate(y.T):
        finite = column[np.isfinite(column)]
        if not len(finite):
            continue
        lost = diverged[:, i].any()
        middle[i] = np.median(finite) if lost else finite.mean()
        if band == "seeds":
            low[i], high[i] = np.quantile(finite, BAND)
        elif interval := (median_interval if lost else t_interval)(finite.tolist()):
            low[i], high[i] = interval.low, interval.high
    return middle, low, high
