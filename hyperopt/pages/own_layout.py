"""The page section with the report's table in its own layout, filled with our means."""

from __future__ import annotations

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.grid import Row
from hyperopt.findings.view import View
from hyperopt.pages import markdown
from hyperopt.pages.blocks import Block, Table
from hyperopt.pages.markdown import LOST, mean
from hyperopt.pages.over import over


def section(view: View) -> list[Block]:
    """Return the report's table with our means; its rule for bold rows is applied to them."""
    experiment = view.experiment
    parts: list[Block] = ["## The report's table, our numbers" if experiment.compares else "## The table"]
    for table in experiment.tables:
        header = [experiment.corner, *(column.label for column in experiment.columns)]
        rows = [_row(view, row) for row in table.rows]
        places = [[(row.label, column.name) for column in experiment.columns] for row in table.rows]
        parts += [f"**{table.heading}**", Table(header, rows, places=places)]
    words = [over(view)]
    if experiment.baseline:
        column = experiment.columns[0]
        ours = mean(view.measurements[experiment.baseline.label, column.name])
        words.append(f"{experiment.baseline.label}: {ours}.")
    if experiment.bold and experiment.effect:
        first, second = experiment.effect.minuend.column, experiment.effect.subtrahend.column
        words.append(
            f"Rows are bold by the report's rule, applied to our means: ({first}) − ({second}) is "
            f"{markdown.bound(experiment.bold)}."
        )
        if experiment.judged_by == "median":
            words.append(
                "**A row may be bold although most of its seeds say otherwise**: bold rows compare means, "
                "which single lost runs shift, so sentences compare medians. The comparison below gives both."
            )
        words.append(
            f"By the report's own numbers the bold rows would be {', '.join(_printed_bold(experiment))}."
        )
    if view.diverged:
        words.append(f"{LOST} A model with NaN weights is scored as predicting class 0, as the report did.")
    return [*parts, " ".join(words), "\n".join(f"- {note}" for note in experiment.notes)]


def _printed_bold(experiment: Experiment) -> list[str]:
    """Return the rows that the rule makes bold by the report's numbers."""
    assert experiment.bold
    assert experiment.effect
    first, second = experiment.effect.minuend.column, experiment.effect.subtrahend.column
    found = []
    for row in (row.label for table in experiment.tables for row in table.rows):
        a, b = (experiment.cell(row, column).report for column in (first, second))
        if a is not None and b is not None and experiment.bold.holds(experiment.effect.of(a, b)):
            found.append(row)
    return found or ["none"]


def _row(view: View, row: Row) -> list[str]:
    values = [mean(view.measurements[row.label, column.name]) for column in view.experiment.columns]
    cells = [row.label, *values]
    return [f"**{text}**" for text in cells] if row.label in view.bold else cells
