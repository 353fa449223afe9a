"""Our numbers beside the report's: intervals, and whether a cell agrees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hyperopt.experiments.experiment import Table
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings.measurements import Measured
from hyperopt.findings.view import View
from hyperopt.pages import markdown
from hyperopt.pages.markdown import NOTHING, interval, number
from hyperopt.wording import possessive, sentence


def section(views: Sequence[View]) -> str:
    """A table per view, then how to read them."""
    reference, compares = views[0].experiment.reference, views[0].experiment.compares
    parts = [f"## Beside {reference}" if compares else "## Every number"]
    for view in views:
        parts += [f"### {view.count}"] if len(views) > 1 else []
        parts += [part for table in view.experiment.tables for part in _table(view, table)]
    m = views[0].experiment.runs_per_number
    words = "Intervals are Student's, 95 %; sd has ddof 1."
    if compares:
        words = (
            f"{sentence(possessive(reference))} number agrees where it lies in the prediction interval, "
            f"mean ± t(.975, n−1) s √(1/n + 1/m), where m = {m} runs are behind it. {words}"
        )
    if error := views[0].experiment.reading_error:
        words += f" Its numbers were read off its picture, to ±{error:g}, which widens the interval."
    if error := views[0].experiment.rounding_error:
        words += f" Its numbers are rounded, by up to {error:g}, which widens the interval."
    if any(view.diverged for view in views):
        words += (
            " Where a run diverged, t intervals mean nothing: median and range stand instead, "
            "and the cell is not compared."
        )
    return "\n\n".join([*parts, words])


def _table(view: View, table: Table) -> Iterator[str]:
    experiment = view.experiment
    header = [
        experiment.corner,
        "",
        experiment.reference.removeprefix("the "),
        "mean",
        "sd",
        "95 % interval",
        "prediction interval",
        "n",
        "agrees",
        "diverged",
    ]
    columns = [column for column in experiment.columns if not metric_of(column.metric).timed_in]
    cells = [view.measurements[row.label, column.name] for row in table.rows for column in columns]
    rows = [_row(measured, measured.cell.column) for measured in cells]
    if experiment.baseline and table is experiment.tables[0]:
        baseline = view.measurements[experiment.baseline.label, experiment.columns[0].name]
        rows.insert(0, _row(baseline, ""))
    if len(experiment.tables) > 1:
        yield f"**{table.heading}**"
    yield markdown.table(header, rows, left=("", "diverged"))


def _row(measured: Measured, name: str) -> list[str]:
    decimals = measured.cell.decimals
    report = number(measured.cell.report, decimals)
    summary = measured.summary
    if summary is None:
        return [measured.cell.row, name, report, *[NOTHING] * 4, "0", NOTHING, NOTHING]
    agrees = NOTHING if measured.agrees is None else ("yes" if measured.agrees else "**no**")
    mean, n = number(summary.mean, decimals), str(summary.n)
    if measured.diverged:
        count = f"{len(measured.diverged)} of {n}: median {number(summary.median, decimals)}"
        lost = f"{count}, range {interval(summary.range, decimals)}"
        return [measured.cell.row, name, report, mean, NOTHING, NOTHING, NOTHING, n, NOTHING, lost]
    intervals = [interval(summary.interval, decimals), interval(measured.prediction, decimals)]
    return [measured.cell.row, name, report, mean, number(summary.sd, decimals), *intervals, n, agrees, ""]
