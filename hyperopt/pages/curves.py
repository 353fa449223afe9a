"""The page section of a figure: its picture, and a table of its curves."""

from __future__ import annotations

import math

from hyperopt.experiments.figure import Curve, Figure, Panel
from hyperopt.experiments.reductions import REDUCTIONS
from hyperopt.findings.view import View
from hyperopt.pages.blocks import Block, Picture, Table
from hyperopt.pages.columns import of_panel, point
from hyperopt.pages.markdown import LOST, NOTHING, mean
from hyperopt.pages.over import over
from hyperopt.wording import counted, sentence

NOT_SHOWN = "(not shown)"


def section(view: View, figure: Figure) -> list[Block]:
    """Return the picture, and a table per panel with each curve's name, printed name and our means."""
    experiment = view.experiment
    name = experiment.id.rpartition("/")[2]
    tables = [part for panel in figure.panels for part in _table(view, figure, panel)]
    return [
        "## The figure, our numbers",
        *([Picture(experiment.title, f"{name}.svg")] if any(view.curves.values()) else []),
        *tables,
        _words(view, figure),
        "\n".join(f"- {note}" for note in experiment.notes),
    ]


def _table(view: View, figure: Figure, panel: Panel) -> list[Block]:
    """Return a panel's quantity and a table with a row per curve; [] if it has no points to show."""
    experiment, columns = view.experiment, of_panel(view.experiment, panel)
    if not columns:
        return []
    misnamed = any(curve.shown_as != curve.label for curve in figure.curves)
    header = [experiment.corner, *(["printed as"] if misnamed else []), *map(point, columns)]
    rows = []
    for curve in figure.curves:
        cells = [view.measurements[curve.label, column.name] for column in columns]
        rows.append([curve.label, *([_shown_as(curve)] if misnamed else []), *map(mean, cells)])
    places = [[(curve.label, column.name) for column in columns] for curve in figure.curves]
    heading = f"**{sentence(panel.label)}**"
    return [heading, Table(header, rows, left=(experiment.corner, "printed as"), places=places)]


def _words(view: View, figure: Figure) -> str:
    words = [over(view)]
    used = [column.reduction for column in view.experiment.columns if column.reduction]
    words += [f"{name.capitalize()}: {REDUCTIONS[name].says}." for name in dict.fromkeys(used)]
    if used:
        words.append("Each is computed from the curve of one seed, then averaged over seeds.")
    if any(curve.shown_as is None for curve in figure.curves):
        words.append(f"{NOT_SHOWN}: the printed figure does not have this curve.")
    if not all(curve.drawn for curve in figure.curves):
        there = [curve.label for curve in figure.curves if not curve.drawn]
        words.append(f"Not drawn here: {'; '.join(there)}.")
    if view.diverged:
        words += [LOST, _without(view, figure), "A model with NaN weights is scored as predicting class 0."]
    return " ".join(filter(None, words))


def _without(view: View, figure: Figure) -> str:
    """Return how many runs ended as NaN and which numbers they lack; "" if they lack none."""
    lacking = {
        name
        for (_, name), one in view.measurements.items()
        if view.numberless(one) or any(math.isnan(one.by_seed[seed]) for seed in one.diverged)
    }
    if not lacking:
        return ""
    quantities = []
    for panel in figure.panels:
        columns = of_panel(view.experiment, panel)
        points = [point(column) for column in columns if column.name in lacking]
        all_of = len(points) == len(columns)
        quantities += [panel.label if all_of else f"{panel.label} ({', '.join(points)})"] if points else []
    ended = [record.diverged for record in view.runs.values()]
    they = "It has" if sum(ended) == 1 else "They have"
    return (
        f"{sum(ended)} of {counted(len(ended), 'run')} did. {they} no {' and no '.join(quantities)}: means "
        f"are over the other runs, or {NOTHING} if there are none."
    )


def _shown_as(curve: Curve) -> str:
    return NOT_SHOWN if curve.shown_as is None else curve.shown_as
