"""The pictures that runs keep, where the classes of their data set are colours."""

from __future__ import annotations

from collections.abc import Mapping

from hyperopt.experiments.experiment import Experiment
from hyperopt.records import Record


def pictured(experiment: Experiment, records: Mapping[str, Record], seed: int) -> dict[str, Record]:
    """By row's label, the records of that seed that keep pictures; {} where the experiment shows none."""
    if experiment.pictures is None:
        return {}
    labels = [row.label for table in experiment.tables for row in table.rows]
    runs = {label: experiment.cell(label, experiment.pictures).run(seed).id for label in labels}
    return {label: records[id_] for label, id_ in runs.items() if id_ in records and records[id_].pictures}
