"""Times of single runs beside the report's, and each as a multiple of its baseline's."""

from __future__ import annotations

from collections.abc import Mapping
from operator import truediv
from statistics import fmean

from hyperopt.experiments.experiment import Column, Table
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings import timings
from hyperopt.findings.measurements import Measured
from hyperopt.findings.view import View
from hyperopt.pages import markdown
from hyperopt.pages.markdown import NOTHING, number
from hyperopt.records import Record
from hyperopt.statistics import paired, t_interval

FOR_ALL_STEPS = (
    "Seconds of the row's epochs, one run alone with one torch thread, its data in memory, without "
    "compiling and evaluation; a ratio is to the first row of the sub-table, round by round. The "
    "report's seconds are of its own machine, with a DataLoader: only its ratios compare."
)
PER_STEP = (
    "Microseconds per iteration, one run alone with one thread, its data in memory, without compiling and "
    "evaluation; a ratio is to the first row of the sub-table, round by round. The report's times are of its "
    "own machine: only its ratios compare."
)


def section(view: View, records: Mapping[str, Record]) -> str:
    """A table per sub-table, its first row the baseline; empty where the experiment times nothing."""
    columns = [column for column in view.experiment.columns if metric_of(column.metric).timed_in]
    if not columns:
        return ""
    tables = [table for table in view.experiment.tables if timings.timed(view.experiment, table)]
    parts = ["## Times", *(f"**{table.heading}**\n\n{_table(view, table, columns)}" for table in tables)]
    return "\n\n".join([*parts, _how_timed(view, records)])


def _table(view: View, table: Table, columns: list[Column]) -> str:
    header = [view.experiment.corner, "report", "ratio"]
    for column in columns:
        header += [metric_of(column.metric).timed_in or "", "ratio ", "95 % interval"]
    rows = []
    for row in table.rows:
        pairs = [[view.measured[r.label, c.name] for r in (row, table.rows[0])] for c in columns]
        theirs, theirs_alone = (measured.cell.report for measured in pairs[0])
        ratio = number(theirs / theirs_alone) if theirs and theirs_alone else NOTHING
        ours = [text for cell, baseline in pairs for text in _ours(cell, baseline)]
        rows.append([row.label, number(theirs), ratio, *ours])
    return markdown.table(header, rows, left=(view.experiment.corner,))


def _ours(cell: Measured, baseline: Measured) -> list[str]:
    """Mean seconds, mean ratio and its interval; a baseline has ratio 1."""
    seconds = number(cell.summary.mean if cell.summary else None)
    ratios = list(paired(truediv, cell.by_seed, baseline.by_seed).values())
    interval = "" if cell is baseline else markdown.interval(t_interval(ratios))
    return [seconds, number(fmean(ratios) if ratios else None), interval]


def _how_timed(view: View, records: Mapping[str, Record]) -> str:
    columns = view.experiment.columns
    words = PER_STEP if any(metric_of(column.metric).per_step for column in columns) else FOR_ALL_STEPS
    found = [records[id_] for id_ in sorted(timings.ids(view.experiment)) if id_ in records]
    if not found:
        return f"{words} Not timed yet: `make times ONLY={view.experiment.id}` on an idle machine."
    command, share = f"make times ONLY={view.experiment.id}", ""
    if timed := max(int(record.final.get(timings.TIMED_STEPS, 0)) for record in found):
        command += f" STEPS={timed}"
        share = f" Of a run's steps {timed} were timed in each round; the seconds are in proportion."
    rounds = sorted({len(record.metrics[timings.SECONDS]) for record in found})
    core = min(record.final[timings.CORE] for record in found)
    cpus = sorted({record.made.get("cpu", "") for record in found})
    days = sorted({record.made.get("started", "")[:10] for record in found})
    return (
        f"{words}{share}\n\nTimed by `{command}` on {', '.join(cpus)}, "
        f"{', '.join(days)}, in {' or '.join(map(str, rounds))} rounds; a run had {core:.2f} of a core at "
        "least: much below 1, the machine was busy and the times are worth little."
    )
