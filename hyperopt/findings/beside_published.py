"""Comparison of local runs with the published runs of the same settings and seed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings.measurements import Measured, measure
from hyperopt.records import Record, same

MADE = ("cpu", "device", "torch", "pack", "compile")
"""The keys of a record's `made` that determine the order in which sums are rounded."""


@dataclass(frozen=True)
class Different:
    """A number of a local run that differs from the published one."""

    here: Measured
    seed: int
    value: float
    published: float

    @property
    def size(self) -> float:
        """The absolute difference; infinite if one of the numbers is NaN."""
        apart = abs(self.value - self.published)
        return math.inf if math.isnan(apart) else apart


@dataclass(frozen=True)
class BesidePublished:
    """How local runs compare with the published ones.

    Attributes:
        runs: the number of runs that are both local and published.
        equal: the number of these whose measurements are bit-identical.
        different: the numbers that differ, by decreasing difference.
        made: for each key of MADE, its values in local and in published runs.
    """

    runs: int
    equal: int
    different: tuple[Different, ...]
    made: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]


def beside_published(
    experiment: Experiment, here: Mapping[str, Record], published: Mapping[str, Record], seeds: Sequence[int]
) -> BesidePublished | None:
    """Return the comparison; None if no run is both local and published.

    Args:
        experiment: the experiment whose runs are compared.
        here: the local records, by run id.
        published: the published records, by run id.
        seeds: the seeds of the runs.
    """
    both = [run.id for run in experiment.runs(seeds) if run.id in here and run.id in published]
    if not both:
        return None
    ours, theirs = ({id_: records[id_] for id_ in both} for records in (here, published))
    cells = measure(experiment, ours, seeds), measure(experiment, theirs, seeds)
    different = [
        Different(cell, seed, value, cells[1][place].by_seed[seed])
        for place, cell in cells[0].items()
        if not metric_of(cell.cell.metric).of_machine
        for seed, value in cell.by_seed.items()
        if seed in cells[1][place].by_seed and not same(value, cells[1][place].by_seed[seed])
    ]
    return BesidePublished(
        len(both),
        sum(equal(ours[id_], theirs[id_]) for id_ in both),
        tuple(sorted(different, key=lambda each: each.size, reverse=True)),
        {key: (_values(ours.values(), key), _values(theirs.values(), key)) for key in MADE},
    )


def equal(one: Record, other: Record) -> bool:
    """Return whether the measurements of two records are bit-identical.

    Only hyperparameters that both have are compared, as a rule may have more of them in a later version.
    """
    if one.final.keys() != other.final.keys() or not all(
        same(one.final[k], other.final[k]) for k in one.final
    ):
        return False
    if one.metrics.keys() != other.metrics.keys():
        return False
    return all(
        same(a, b)
        for mine, theirs in ((one.metrics, other.metrics), (one.hyperparameters, other.hyperparameters))
        for name in mine.keys() & theirs.keys()
        for a, b in zip_longest(mine[name], theirs[name])
    )


def _values(records: Iterable[Record], key: str) -> tuple[str, ...]:
    return tuple(sorted({record.made[key] for record in records if key in record.made}))
