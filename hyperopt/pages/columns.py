"""What the columns of a figure are called: a point of a curve, and of which quantity."""

from __future__ import annotations

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.figure import Figure, Panel
from hyperopt.experiments.grid import Column


def of_panel(experiment: Experiment, panel: Panel) -> list[Column]:
    """The columns that are points of a panel's curves, or numbers of them."""
    return [column for column in experiment.columns if column.metric == panel.metric]


def point(column: Column) -> str:
    """The point alone, as `epoch 5`."""
    return column.name.removeprefix(f"{column.metric}, ")


def full(experiment: Experiment, name: str) -> str:
    """With what is measured there, as `training loss, epoch 5`; a table's column has its name."""
    if not isinstance(experiment.figure, Figure):
        return name
    [column] = [column for column in experiment.columns if column.name == name]
    label = {panel.metric: panel.label for panel in experiment.figure.panels}[column.metric]
    return f"{label}, {point(column)}"
