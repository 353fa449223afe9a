"""Names of a figure's columns: a point of a curve, and its quantity."""

from __future__ import annotations

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.figure import Figure, Panel
from hyperopt.experiments.grid import Column


def of_panel(experiment: Experiment, panel: Panel) -> list[Column]:
    """Return the columns that are points, or reductions, of a panel's curves."""
    return [column for column in experiment.columns if column.metric == panel.metric]


def point(column: Column) -> str:
    """Return a column's point without the quantity, such as `epoch 5`."""
    return column.name.removeprefix(f"{column.metric}, ")


def full(experiment: Experiment, name: str) -> str:
    """Return a column's name with its quantity: `training loss, epoch 5`. A table's column has its name."""
    if not isinstance(experiment.figure, Figure):
        return name
    [column] = [column for column in experiment.columns if column.name == name]
    label = {panel.metric: panel.label for panel in experiment.figure.panels}[column.metric]
    return f"{label}, {point(column)}"
