"""Times of single runs, compared with the report's by their ratios to a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import truediv
from statistics import fmean

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.grid import Column, Row, Table
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings import timings
from hyperopt.findings.measurements import Measured, Measurements
from hyperopt.records import Record
from hyperopt.statistics import Interval, paired, t_interval


@dataclass(frozen=True)
class TimeRatio:
    """The time of a row in one library, and its ratio to that of the baseline.

    Attributes:
        mean: the mean time over rounds, in the unit of its metric; None if the row was not timed.
        ratio: the mean ratio over rounds.
        interval: Student's interval of that mean; None for the baseline itself.
    """

    mean: float | None
    ratio: float | None
    interval: Interval | None


@dataclass(frozen=True)
class TimedRow:
    """The times of a row: the report's, its ratio to the report's baseline, and ours in each library."""

    label: str
    reported: float | None
    reported_ratio: float | None
    ours: tuple[TimeRatio, ...]


@dataclass(frozen=True)
class TimedTable:
    """The times of a sub-table, whose first row is the baseline."""

    heading: str
    rows: tuple[TimedRow, ...]


@dataclass(frozen=True)
class Times:
    """The times of an experiment, and how they were measured.

    Attributes:
        libraries: the libraries in which runs are timed.
        per_step: whether times are microseconds per step, rather than seconds for all steps.
        tables: the sub-tables for which the report gives a time.
        rounds: the distinct numbers of rounds; () if nothing has been timed.
        core: the least share of a core that a run had.
        timed_steps: the maximum number of steps timed in a round, if only part of the run was timed; else 0.
        cpus: the processors on which runs were timed.
        days: the days on which runs were timed.
    """

    libraries: tuple[str, ...]
    per_step: bool
    tables: tuple[TimedTable, ...]
    rounds: tuple[int, ...] = ()
    core: float = 0.0
    timed_steps: int = 0
    cpus: tuple[str, ...] = ()
    days: tuple[str, ...] = ()


def times(experiment: Experiment, records: Mapping[str, Record], measurements: Measurements) -> Times | None:
    """Return the times of an experiment; None if it times nothing."""
    columns = [column for column in experiment.columns if metric_of(column.metric).timed_in]
    if not columns:
        return None
    tables = [table for table in experiment.tables if timings.timed(experiment, table)]
    asked = Times(
        libraries=tuple(metric_of(column.metric).timed_in or "" for column in columns),
        per_step=any(metric_of(column.metric).per_step for column in columns),
        tables=tuple(_table(table, columns, measurements) for table in tables),
    )
    found = [records[id_] for id_ in sorted(timings.ids(experiment)) if id_ in records]
    return _timed(asked, found) if found else asked


def _timed(asked: Times, found: Sequence[Record]) -> Times:
    return Times(
        asked.libraries,
        asked.per_step,
        asked.tables,
        rounds=tuple(sorted({len(record.metrics[timings.SECONDS]) for record in found})),
        core=min(record.final[timings.CORE] for record in found),
        timed_steps=max(int(record.final.get(timings.TIMED_STEPS, 0)) for record in found),
        cpus=tuple(sorted({record.made.get("cpu", "") for record in found})),
        days=tuple(sorted({record.made.get("started", "")[:10] for record in found})),
    )


def _table(table: Table, columns: Sequence[Column], measurements: Measurements) -> TimedTable:
    return TimedTable(
        table.heading, tuple(_row(row, table.rows[0], columns, measurements) for row in table.rows)
    )


def _row(row: Row, baseline: Row, columns: Sequence[Column], measurements: Measurements) -> TimedRow:
    pairs = [[measurements[r.label, column.name] for r in (row, baseline)] for column in columns]
    theirs, theirs_alone = (measured.cell.report for measured in pairs[0])
    return TimedRow(
        label=row.label,
        reported=theirs,
        reported_ratio=theirs / theirs_alone if theirs and theirs_alone else None,
        ours=tuple(_ratio(measured, alone) for measured, alone in pairs),
    )


def _ratio(measured: Measured, baseline: Measured) -> TimeRatio:
    """Return the time of a row relative to its baseline; the ratio of the baseline itself is 1."""
    ratios = list(paired(truediv, measured.by_seed, baseline.by_seed).values())
    return TimeRatio(
        mean=measured.summary.mean if measured.summary else None,
        ratio=fmean(ratios) if ratios else None,
        interval=None if measured is baseline else t_interval(ratios),
    )
