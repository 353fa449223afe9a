"""The curves of a figure: for each its middle and band over seeds, and the report's own curve."""

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
"""The quantiles over seeds between which a band lies."""
MOST_POINTS = 400


@dataclass(frozen=True)
class MeasuredCurve:
    """One curve in one panel.

    Attributes:
        label: the name of the curve.
        x: where it is known, [points].
        middle: the mean over seeds, or their median where a run diverged, [points]; NaN where no run is
            finite, or where a logarithmic axis has no place for it.
        low: lower end of the band, [points].
        high: upper end of the band, [points].
        diverged: where the run of at least one seed diverged, bool [points].
        report_x: where the report's curve is known.
        report_y: the report's curve.
        cut: whether the curve has gaps, as it is 0 or less somewhere on a logarithmic axis.
        seeds: the seeds of which a run is in.
        by_seed: what their runs have, [seeds, points]; NaN where a run is missing.
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
    """The drawn curves of every panel; a curve without a run and without a number of the report is left out.

    {} where the experiment is no figure of curves.
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
    """One curve in one panel of a figure.

    Args:
        label: the name of the curve.
        x: where it is known, [points].
        y: the metric, NaN where there is none, [seeds, points].
        diverged: whether the run had diverged by then, [seeds, points].
        figure: its scale along x, and what is drawn around a curve.
        panel: its scale along y.
        seeds: of the runs.
        reported: the report's own curve, y by x.
    """
    report = sorted(reported.items())
    kept = _kept(len(x), log=figure.x.log)
    x, y, diverged = x[kept], y[:, kept], diverged[:, kept]
    middle, low, high = _over_seeds(y, diverged, figure.band)
    gaps = (middle <= 0) & panel.log
    middle[gaps] = np.nan
    if panel.log:  # a band has no foot there
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
    """Seeds, epochs [points], the metric [seeds, points], whether a run diverged by then [seeds, points]."""
    found = [(seed, records[run.id]) for seed in seeds for run in cell.runs(seed)[:1] if run.id in records]
    with_metric = [(seed, record) for seed, record in found if series(record, metric)]
    return tuple(seed for seed, _ in with_metric), *along_epochs(
        [record for _, record in with_metric], metric
    )


def along_epochs(records: Sequence[Record], metric: str) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """Epochs [points], the metric and whether a run had diverged by then [records, points].

    NaN where a run has ended before.
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
    """The values of {x} that have a run [points]; else as `_along_epochs`, NaN where a run is missing."""
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
    """Indices of the points that are drawn: all of them, or as many as can be told apart."""
    if points <= MOST_POINTS:
        return np.arange(points)
    places = np.geomspace(1, points, MOST_POINTS) if log else np.linspace(1, points, MOST_POINTS)
    return np.unique(places.round().astype(np.int64)) - 1


def _over_seeds(y: Numbers, diverged: NDArray[np.bool_], band: str) -> tuple[Numbers, Numbers, Numbers]:
    """Middle and band over seeds of y [seeds, points]; numbers that are not finite are left out."""
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
