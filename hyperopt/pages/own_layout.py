"""The report's table in its own layout, with our means, bold by its own rule."""

from __future__ import annotations

from hyperopt.experiments.experiment import Column, Row
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings.measurements import Measured
from hyperopt.findings.view import View
from hyperopt.pages import markdown
from hyperopt.pages.markdown import NOTHING, number


def section(view: View) -> str:
    """The report's own layout, its bold rule applied to our means."""
    experiment = view.experiment
    parts = ["## The report's table, our numbers" if experiment.compares else "## The table"]
    for table in experiment.tables:
        header = [experiment.corner, *(column.label for column in experiment.columns)]
        rows = [_row(view, row) for row in table.rows]
        parts.append(f"**{table.heading}**\n\n{markdown.table(header, rows)}")
    words = [f"Means over {view.over}."]
    if experiment.baseline:
        column = experiment.columns[0]
        ours = _mean(view.measured[experiment.baseline.label, column.name], column)
        words.append(f"{experiment.baseline.label}: {ours}.")
    if experiment.bold and experiment.effect:
        first, second = experiment.effect.minuend.column, experiment.effect.subtrahend.column
        words.append(
            f"Bold, by the report's rule: ({first}) − ({second}) is {markdown.bound(experiment.bold)}."
        )
    if view.diverged:
        words.append("† Some of these runs diverged; a model of NaN is scored as class 0, as the report did.")
    notes = [f"- {note}" for note in experiment.notes]
    return "\n\n".join([*parts, " ".join(words), "\n".join(notes)]).rstrip()


def _row(view: View, row: Row) -> list[str]:
    values = [_mean(view.measured[row.label, column.name], column) for column in view.experiment.columns]
    cells = [row.label, *values]
    return [f"**{cell}**" for cell in cells] if _is_bold(view, row) else cells


def _is_bold(view: View, row: Row) -> bool:
    experiment = view.experiment
    if not (experiment.bold and experiment.effect):
        return False
    places = (experiment.effect.minuend, experiment.effect.subtrahend)
    first, second = (view.measured[place.row or row.label, place.column].summary for place in places)
    return bool(first and second and experiment.bold.holds(first.mean - second.mean))


def _mean(cell: Measured, column: Column) -> str:
    metric = metric_of(column.metric)
    if not cell.summary:
        return NOTHING
    return number(cell.summary.mean, metric.decimals, metric.unit) + ("†" if cell.diverged else "")
