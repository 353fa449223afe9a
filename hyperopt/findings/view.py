"""All results of an experiment at some seeds, from which pages, figures and the site are made."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from hyperopt.experiments.experiment import Experiment, Seeds
from hyperopt.findings import timings
from hyperopt.findings.ahead import Ahead, ahead
from hyperopt.findings.curves import Curves, curves
from hyperopt.findings.listed_alphas import ListedAlphas, listed_alphas
from hyperopt.findings.measurements import Measured, Measurements, measure
from hyperopt.findings.next_look import Reached, asked_by_looks, reached
from hyperopt.findings.order import Order, orders
from hyperopt.findings.origin import Origin, origin
from hyperopt.findings.tally import Tally, tally_of
from hyperopt.findings.time_ratios import Times, times
from hyperopt.findings.verdicts import Verdict, verdicts
from hyperopt.records import Record
from hyperopt.wording import counted

Trained = Record
"""A record, under the name that pages and the site may import (tests/test_layers.py)."""


@dataclass(frozen=True)
class View:
    """The results of an experiment at some seeds.

    Attributes:
        experiment: the experiment.
        seeds: the seeds of the runs.
        measurements: the numbers of every cell.
        origin: the provenance of the runs; for a list of alphas, of the runs of the experiment that it lists.
        verdicts: the verdicts on its claims.
        ahead: the next look for each undecided sentence, by the sentence's index, if the page shows looks.
        orders: the orders of the rows, if the experiment compares them.
        curves: the curves of a figure, by panel.
        times: the times of single runs; None if the experiment has none.
        alphas: the rows of a list of initial alphas.
        pictures: the images stored by runs of the first seed, by row; {} if the experiment shows none.
        runs: the records of its finished runs, by id.
    """

    experiment: Experiment
    seeds: tuple[int, ...]
    measurements: Measurements
    origin: Origin
    verdicts: Sequence[Verdict] = ()
    ahead: Mapping[int, Ahead] = field(default_factory=dict)
    orders: Sequence[Order] = ()
    curves: Curves = field(default_factory=dict)
    times: Times | None = None
    alphas: Sequence[ListedAlphas] = ()
    pictures: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    runs: Mapping[str, Trained] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether all runs are finished."""
        return not self.origin.missing

    @property
    def shows(self) -> set[str]:
        """The ids of all records that it reads."""
        return ids_of(self.experiment, self.seeds)

    @property
    def measured(self) -> bool:
        """Whether any cell has a number."""
        return any(measured.by_seed for measured in self.measurements.values())

    @property
    def diverged(self) -> bool:
        """Whether any run diverged."""
        return any(measured.diverged for measured in self.measurements.values())

    @property
    def count(self) -> str:
        """The number of seeds in words.

        It is `3 seeds`, `3 to 10 seeds` if looks needed more for some cells, or `3 to 5 of 5 seeds` if runs
        are missing. A finished run counts even if it ended as NaN and has no number. If no run is missing, a
        cell without any number is ignored.
        """
        total, (low, high) = len(self.seeds), self.fewest_and_most()
        if low == total:
            return counted(total, "seed")
        some = str(low) if low == high else f"{low} to {high}"
        return f"{some} seeds" if self.complete and low < high else f"{some} of {counted(total, 'seed')}"

    def fewest_and_most(self, rows: Collection[str] | None = None) -> tuple[int, int]:
        """Return the smallest and largest number of seeds of a cell as in `count`; `rows` are labels."""
        total = len(self.seeds)
        counting = [
            one
            for one in self.measurements.values()
            if (one.by_seed or not self.complete) and (rows is None or one.cell.row in rows)
        ]
        there = [total - len(one.missing) + len(self.numberless(one)) for one in counting]
        return min(there, default=total), max(there, default=total)

    def numberless(self, measured: Measured) -> list[int]:
        """Return the seeds of a cell whose finished runs lack its number, as they ended as NaN."""
        runs_of = measured.cell.runs
        return [seed for seed in measured.missing if all(run.id in self.runs for run in runs_of(seed))]

    @property
    def over(self) -> str:
        """The seeds over which means are taken, such as `3 seeds (0, 1, 2)`; says if runs are missing."""
        count = self.count if self.complete else counted(len(self.seeds), "seed")
        seeds = f"{count} ({seeds_in_words(self.seeds)})"
        return seeds if self.complete else f"the finished runs of {seeds}"

    @property
    def drawn_over(self) -> tuple[int, int]:
        """The smallest and largest number of seeds of a point of the drawn curves.

        Both are the number of all seeds if runs are missing, and 1 if nothing is random.
        """
        if not self.experiment.random:
            return 1, 1
        if not self.complete:
            return len(self.seeds), len(self.seeds)
        return self.fewest_and_most({curve.label for drawn in self.curves.values() for curve in drawn})

    @property
    def tally(self) -> Tally:
        """The counts of the report's sentences by verdict, and of its numbers that agree."""
        return tally_of([(self.verdicts, self.measurements)])

    @property
    def bold(self) -> frozenset[str]:
        """The labels of the rows that the report's rule for bold rows selects by our means."""
        bound, effect = self.experiment.bold, self.experiment.effect
        if not (bound and effect):
            return frozenset()
        rows = set()
        for row in (row for table in self.experiment.tables for row in table.rows):
            places = (effect.minuend, effect.subtrahend)
            first, second = (
                self.measurements[place.row or row.label, place.column].summary for place in places
            )
            if first and second and bound.holds(first.mean - second.mean):
                rows.add(row.label)
        return frozenset(rows)


def ids_of(experiment: Experiment, seeds: Seeds | None = None) -> set[str]:
    """Return the ids of all records that views of the experiment at these seeds read."""
    asked = {*experiment.seed_numbers(seeds), *experiment.seeds}
    runs = {run.id for one in (experiment, experiment.lists or experiment) for run in one.runs(sorted(asked))}
    return runs | timings.ids(experiment)


def views_of(
    experiment: Experiment,
    records: Mapping[str, Record],
    seeds: Seeds | None = None,
    *,
    by_looks: bool = False,
) -> list[View]:
    """Return the views of an experiment at its own seeds and at the requested ones.

    Args:
        experiment: the experiment.
        records: records by id; those of other experiments are ignored.
        seeds: the number of seeds, or their values. If they include more than the experiment's own, the first
            view has only its own, and the last has all; otherwise there is one view.
        by_looks: whether, with further seeds, only runs that looks need count as missing.
    """
    asked = experiment.seed_numbers(seeds)
    groups = [experiment.seeds, asked] if set(experiment.seeds) < set(asked) else [asked]
    far = reached(experiment.lists or experiment, records) if by_looks else None
    return [view_of(experiment, records, group, far if group is groups[-1] else None) for group in groups]


def view_of(
    experiment: Experiment,
    records: Mapping[str, Record],
    seeds: tuple[int, ...],
    far: Reached | None = None,
) -> View:
    """Return the view of an experiment at these seeds; `far` is its progress through looks.

    Of a look it has only cells with all their runs.
    """
    stored = records
    if far:
        records = far.judged
    measurements = measure(experiment, records, seeds)
    found = verdicts(experiment, measurements, seeds)
    asked = experiment.lists or experiment
    runs = asked_by_looks(asked, records, seeds, far) if far else asked.runs(seeds)
    there = {run.id: records[run.id] for run in experiment.runs(seeds) if run.id in records}
    return View(
        experiment,
        seeds,
        measurements,
        origin(runs, records),
        verdicts=found,
        ahead=ahead(experiment, stored, found, far, there) if far else {},
        orders=orders(experiment, measurements),
        curves=curves(experiment, records, seeds),
        times=times(experiment, records, measurements),
        alphas=listed_alphas(experiment),
        pictures=_pictures(experiment, records, seeds[0]),
        runs=there,
    )


def seeds_in_words(seeds: tuple[int, ...]) -> str:
    """Return seeds as text; more than three consecutive ones are given by the first and last."""
    if len(seeds) > 3 and seeds == tuple(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]} … {seeds[-1]}"
    return ", ".join(map(str, seeds))


def _pictures(
    experiment: Experiment, records: Mapping[str, Record], seed: int
) -> dict[str, Mapping[str, bytes]]:
    """Return the images stored by the runs of a seed, by row."""
    if experiment.pictures is None:
        return {}
    labels = [row.label for table in experiment.tables for row in table.rows]
    runs = {label: experiment.cell(label, experiment.pictures).run(seed).id for label in labels}
    return {label: kept for label, id_ in runs.items() if id_ in records and (kept := records[id_].pictures)}
