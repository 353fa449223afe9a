"""A figure's picture, and a table of its curves under their true names."""

from __future__ import annotations

from hyperopt.experiments.figure import Curve, Figure
from hyperopt.experiments.reductions import REDUCTIONS
from hyperopt.findings.view import View
from hyperopt.pages.blocks import Block, Picture, Table
from hyperopt.pages.markdown import mean

NOT_SHOWN = "(not shown)"


def section(view: View, figure: Figure) -> list[Block]:
    """The picture, then a row per curve: its name, that in the printed legend if another, and our means."""
    experiment = view.experiment
    name = experiment.id.rpartition("/")[2]
    misnamed = any(curve.shown_as != curve.label for curve in figure.curves)
    header = [experiment.corner, *(["printed as"] if misnamed else [])]
    header += [column.label for column in experiment.columns]
    rows = []
    for curve in figure.curves:
        cells = [view.measurements[curve.label, column.name] for column in experiment.columns]
        rows.append([curve.label, *([_shown_as(curve)] if misnamed else []), *map(mean, cells)])
    places = [[(curve.label, column.name) for column in experiment.columns] for curve in figure.curves]
    return [
        "## The figure, our numbers",
        Picture(experiment.title, f"{name}.svg"),
        Table(header, rows, left=(experiment.corner, "printed as"), places=places),
        _words(view, figure),
        "\n".join(f"- {note}" for note in experiment.notes),
    ]


def _words(view: View, figure: Figure) -> str:
    words = [f"Means over {view.over}."]
    used = [column.reduction for column in view.experiment.columns if column.reduction]
    words += [f"{name.capitalize()}: {REDUCTIONS[name].says}." for name in dict.fromkeys(used)]
    if any(curve.shown_as is None for curve in figure.curves):
        words.append(f"{NOT_SHOWN}: the printed figure does not have this curve.")
    if not all(curve.drawn for curve in figure.curves):
        there = [curve.label for curve in figure.curves if not curve.drawn]
        words.append(f"Not drawn here: {', '.join(there)}.")
    if view.diverged:
        words.append("† Some of these runs diverged; a model of NaN is scored as class 0.")
    return " ".join(words)


def _shown_as(curve: Curve) -> str:
    return NOT_SHOWN if curve.shown_as is None else curve.shown_as
