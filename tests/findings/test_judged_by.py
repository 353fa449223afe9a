"""How experiments judge: by the median where published runs are lost, and at looks that can decide."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pytest

from hyperopt.experiments import ids, load
from hyperopt.experiments.claim import Claim
from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.metrics import LOSSES, metric_of
from hyperopt.findings import tested as effects
from hyperopt.findings.judging import least_either_way
from hyperopt.findings.measurements import lost_above, lost_loss_above, measure
from hyperopt.findings.verdicts import about_times, all_looks, untested_at
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
    seeds = experiment.seeds_of_looks
    measured = measure(experiment, records, ())
    every = [one for check in claim.checks for one in effects.tested(check, experiment, measured)]
    for cell in (side.cell for one in every for pair in one.sides for side in pair):
        metric = metric_of(cell.metric)
        if not (metric.timed_in or metric.is_share or metric.by_rank):
            by_seed = [[records.get(run.id) for run in cell.runs(seed)] for seed in seeds]
            for alike in zip(*by_seed, strict=True):
                yield [record for record in alike if record is not None]


def losses_behind(claim: Claim, experiment: Experiment, records: dict[str, Record]) -> Iterator[list[float]]:
    """The losses that a sentence is about, those of runs alike but for their seed together."""
    measured = measure(experiment, records, experiment.seeds_of_looks)
    every = [one for check in claim.checks for one in effects.tested(check, experiment, measured)]
    for side in (side for one in every for pair in one.sides for side in pair):
        if side.cell.metric in LOSSES and side.cell.reduction is None:
            yield list(side.by_seed.values())


def test_a_run_is_lost_by_its_error_or_by_its_loss() -> None:
    """On MNIST a lost class is ten points; of a loss, which has no such unit, twice the median is far."""
    assert lost_above([2.0, 3.0, 50.0]) == 8
    assert lost_above([20.0, 30.0, 90.0]) == 60
    assert lost_loss_above([0.2, 0.3, 1.5]) == pytest.approx(0.6)
    assert lost_loss_above([]) == math.inf


def test_grids_with_lost_runs_are_judged_by_the_median() -> None:
    records, experiments = published().load(), load()
    if not records:
        pytest.skip("nothing is published yet")

    def loses(experiment: Experiment) -> bool:
        groups = [alike for claim in experiment.claims for alike in behind(claim, experiment, records)]
        by_loss = [
            alike for claim in experiment.claims for alike in losses_behind(claim, experiment, records)
        ]
        return any(lost(record, alike) for alike in groups for record in alike) or any(
            loss > lost_loss_above(alike) for alike in by_loss for loss in alike
        )

    by_mean = [e for e in experiments if e.judged_by == "mean" and len(e.seeds) < MANY]
    assert [e.id for e in by_mean if loses(e)] == []


PRICED = {
    (
        "clipping/table5",
        "The bolded rows are where gradient clipping reduced average test error by at least 1%.",
    ),
    ("hyper_regularization/divergence_causes", "We tried to bound values, but it didn't work."),
}
"""Sentences for which more seeds are too dear: their pages say how many a decision takes."""


@pytest.mark.parametrize("name", ids())
def test_the_last_look_can_decide_each_sentence_either_way(name: str) -> None:
    """It could hold and it could fail, though all other sentences of the page are left."""
    [experiment] = load(name)
    asked = [one for one in experiment.claims if one.checks and not about_times(one, experiment)]
    last = all_looks(experiment)[-1:] if asked else []
    for claim in asked:
        assert last, "no look can decide anything"
        sentence = untested_at(claim, experiment, len(last[0].seeds))
        able = max(least_either_way(sentence)) * len(asked) <= last[0].level
        assert able is not ((name, claim.says) in PRICED), claim.says
