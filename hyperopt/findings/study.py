"""The study of which stack to use: its workloads as records show them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from pathlib import Path

from hyperopt.experiments import Experiment, load
from hyperopt.findings.methods import BASELINE, LOSS, Workload, workload_of
from hyperopt.records import Record

STUDY = "which_stack"
"""The folder of its experiments."""


def study(curves: Mapping[str, Sequence[float]], experiments: Sequence[Experiment]) -> list[Workload]:
    """Every workload, at as many seeds as are in; those with the fewest runs to train first.

    Args:
        curves: by id of a run its `LOSS` after each epoch; those of other experiments are ignored.
        experiments: of the study.
    """
    found = [workload_of(experiment, curves, seeds_in(experiment, curves)) for experiment in experiments]
    return sorted(found, key=lambda workload: (workload.best_baseline is None, workload.name))


def experiments_of_study(root: Path | None = None) -> list[Experiment]:
    """Its experiments, from the folder of experiments."""
    return load(f"{STUDY}/*", root=root)


def curves_of(records: Mapping[str, Record]) -> dict[str, Sequence[float]]:
    """What `study` takes, of records by id."""
    return {id_: record.metrics[LOSS] for id_, record in records.items() if LOSS in record.metrics}


def seeds_in(experiment: Experiment, curves: Container[str]) -> tuple[int, ...]:
    """The most of its seeds, in order, of which all runs are in; else those of which the baseline's are.

    All of its seeds where that is none.
    """
    cells = list(experiment.cells())

    def whole(seed: int, *, baseline: bool) -> bool:
        return all(cell.id(seed) in curves for cell in cells if not baseline or cell.row == BASELINE)

    complete = [seed for seed in experiment.seeds if whole(seed, baseline=False)]
    if complete:
        return tuple(complete)
    return tuple(seed for seed in experiment.seeds if whole(seed, baseline=True)) or experiment.seeds
