"""The study of which stack to use: its workloads as records show them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hyperopt.experiments import Experiment, load
from hyperopt.findings.methods import BASELINE, Workload, workload_of
from hyperopt.records import Record

STUDY = "which_stack"
"""The folder of its experiments."""


def study(records: Mapping[str, Record], root: Path | None = None) -> list[Workload]:
    """Every workload, at as many seeds as are in; those with the fewest runs to train first.

    Args:
        records: by id; those of other experiments are ignored.
        root: the folder of experiments.
    """
    found = [
        workload_of(experiment, records, seeds_in(experiment, records))
        for experiment in load(f"{STUDY}/*", root=root)
    ]
    return sorted(found, key=lambda workload: (workload.best_baseline is None, workload.name))


def runs_of_study() -> set[str]:
    """The ids of all its runs."""
    return {run.id for experiment in load(f"{STUDY}/*") for run in experiment.runs()}


def seeds_in(experiment: Experiment, records: Mapping[str, Record]) -> tuple[int, ...]:
    """The most of its seeds, in order, of which all runs are in; else those of which the baseline's are.

    All of its seeds where that is none.
    """
    cells = list(experiment.cells())

    def whole(seed: int, *, baseline: bool) -> bool:
        return all(cell.run(seed).id in records for cell in cells if not baseline or cell.row == BASELINE)

    complete = [seed for seed in experiment.seeds if whole(seed, baseline=False)]
    if complete:
        return tuple(complete)
    return tuple(seed for seed in experiment.seeds if whole(seed, baseline=True)) or experiment.seeds
