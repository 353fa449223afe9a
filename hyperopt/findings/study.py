"""The study which_stack: the results of its workloads, from records."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from pathlib import Path

from hyperopt.experiments import Experiment, load
from hyperopt.findings.methods import BASELINE, LOSS, Workload, workload_of
from hyperopt.records import Record

STUDY = "which_stack"
"""The folder of the study's experiments."""
QUESTION = "Which stack should I use?"
"""The title of the study."""


def study(curves: Mapping[str, Sequence[float]], experiments: Sequence[Experiment]) -> list[Workload]:
    """Return the results of every workload, with the seeds of `seeds_in`.

    They are sorted by name, those with all runs of the baseline first.

    Args:
        curves: the LOSS after each epoch, by run id; those of other experiments are ignored.
        experiments: the study's experiments.
    """
    found = [workload_of(experiment, curves, seeds_in(experiment, curves)) for experiment in experiments]
    return sorted(found, key=lambda workload: (workload.best_baseline is None, workload.name))


def experiments_of_study(root: Path | None = None) -> list[Experiment]:
    """Return the study's experiments; `root` is the folder of experiments."""
    return load(f"{STUDY}/*", root=root)


def curves_of(records: Mapping[str, Record]) -> dict[str, Sequence[float]]:
    """Return the curves that `study` takes, from records by id."""
    return {id_: record.metrics[LOSS] for id_, record in records.items() if LOSS in record.metrics}


def seeds_in(experiment: Experiment, curves: Container[str]) -> tuple[int, ...]:
    """Return the experiment's seeds of which all runs are finished.

    If there are none, these are the seeds of which the baseline's runs are finished, or else all seeds.
    """
    cells = list(experiment.cells())

    def whole(seed: int, *, baseline: bool) -> bool:
        return all(cell.id(seed) in curves for cell in cells if not baseline or cell.row == BASELINE)

    complete = [seed for seed in experiment.seeds if whole(seed, baseline=False)]
    if complete:
        return tuple(complete)
    return tuple(seed for seed in experiment.seeds if whole(seed, baseline=True)) or experiment.seeds
