"""Checks that the parts of an experiment agree, and that its runs have what it shows of them."""

from __future__ import annotations

from hyperopt.errors import unknown
from hyperopt.experiments.experiment import JUDGED_BY, Experiment, ExperimentError
from hyperopt.experiments.metrics import HYPERPARAMETER, metric_of
from hyperopt.experiments.reading.claim_keys import check_places
from hyperopt.optim.rules import find


def check_agreement(experiment: Experiment) -> None:
    """Check that labels are unique, that named rows and columns exist, and that values are in range."""
    labels = [row.label for table in experiment.tables for row in table.rows]
    labels += [experiment.baseline.label] if experiment.baseline else []
    for label in labels:
        if labels.count(label) > 1:
            raise ExperimentError(f"two rows are labelled {label!r}; labels in an experiment must be unique")
    if experiment.effect:
        check_places(experiment.effect, labels[:1], experiment)
    for check in (check for claim in experiment.claims for check in claim.checks):
        check_places(check.effect, check.rows, experiment)
    if experiment.lists:
        there = [row.label for table in experiment.lists.tables for row in table.rows]
        for label in labels:
            if label not in there:
                raise unknown("row", label, there, of=experiment.lists.id)
    names = [column.name for column in experiment.columns]
    for key, column in {"order": experiment.order, "pictures": experiment.pictures}.items():
        if column and column not in names:
            raise unknown("column", column, names, given=f"{key}={column}")
    if experiment.bold and not experiment.effect:
        raise ExperimentError("bold requires an effect, which it compares with a bound")
    if experiment.runs_per_number < 1:
        raise ExperimentError(f"runs_per_number={experiment.runs_per_number}: a count from 1 is expected")
    if experiment.needs not in (None, "gpu"):
        raise ExperimentError(f"needs={experiment.needs}: gpu is the only allowed value")
    if experiment.judged_by not in JUDGED_BY:
        raise unknown("judged_by", experiment.judged_by, JUDGED_BY)
    looks = experiment.looks
    if not looks or looks[0] < 1 or sorted(set(looks)) != list(looks):
        raise ExperimentError(f"looks={list(looks)}: rising numbers of seeds from 1 are expected")


def check_runs(experiment: Experiment) -> None:
    """Check that the settings of all cells are valid, and that runs have the epochs and levels compared."""
    learned: dict[str, set[str]] = {}
    for cell in experiment.cells():
        run = cell.at_seed_0[0]  # raises if its settings are invalid
        if cell.epoch and cell.epoch > run.epochs:
            raise ExperimentError(f"points={cell.epoch}: {cell.row!r} has {run.epochs} epochs")
        if metric_of(cell.metric) is HYPERPARAMETER:
            learned.setdefault(cell.metric, set()).update(
                f"{i}.{name}" for i, rule in enumerate(run.stack) for name in find(rule).hyperparameters
            )
    for metric, there in learned.items():
        if metric not in there:
            raise unknown("metric", metric, sorted(there))
