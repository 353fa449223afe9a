"""The published records have a say in how an experiment judges: where runs are lost, by the median."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from hyperopt.experiments import load
from hyperopt.experiments.claim import Claim
from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings import tested as effects
from hyperopt.findings.measurements import lost_above, measure
from hyperopt.records import Record, published

MANY = 100
"""Seeds from which on a mean is told whatever the shape."""


def lost(record: Record, alike: Sequence[Record]) -> bool:
    """Whether it diverged, or has lost a class: its error is five points over the median, and twice it."""
    errors = [one.metrics["test_error"][-1] for one in alike if one.metrics.get("test_error")]
    last = record.metrics.get("test_error", [0.0])[-1]
    return record.diverged or last > lost_above(errors)


def behind(claim: Claim, experiment: Experiment, records: dict[str, Record]) -> Iterator[list[Record]]:
    """The records behind a sentence, those alike but for their seed together; of times and shares none."""
    seeds = experiment.look_seeds(experiment.looks[-1])
    measured = measure(experiment, records, ())
    every = [one for check in claim.checks for one in effects.tested(check, experiment, measured)]
    for cell in (side.cell for one in every for pair in one.sides for side in pair):
        metric = metric_of(cell.metric)
        if not (metric.timed_in or metric.is_share or metric.by_rank):
            by_seed = [[records.get(run.id) for run in cell.runs(seed)] for seed in seeds]
            for alike in zip(*by_seed, strict=True):
                yield [record for record in alike if record is not None]


def test_grids_with_lost_runs_are_judged_by_the_median() -> None:
    records, experiments = published().load(), load()
    if not records:
        pytest.skip("nothing is published yet")

    def loses(experiment: Experiment) -> bool:
        groups = [alike for claim in experiment.claims for alike in behind(claim, experiment, records)]
        return any(lost(record, alike) for alike in groups for record in alike)

    by_mean = [e for e in experiments if e.judged_by == "mean" and len(e.seeds) < MANY]
    assert [e.id for e in by_mean if loses(e)] == []
