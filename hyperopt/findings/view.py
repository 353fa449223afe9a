"""An experiment as its records at some seeds show it: all that pages, figures and other displays read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
"""A run as its record tells of it, for those that show single runs and know no records."""


@dataclass(frozen=True)
class View:
    """What the records say of an experiment at these seeds.

    Attributes:
        experiment: what is asked.
        seeds: the seeds of the runs.
        measurements: every cell.
        origin: how many runs are in, and what made them; a list has those of the experiment that it lists.
        verdicts: the verdicts on its claims.
        ahead: what each undecided sentence awaits, by its number from 0, where the page is one of looks.
        orders: the orders of the rows, where the experiment compares them.
        curves: the curves of a figure, by panel.
        times: the times of single runs; None where the experiment times none.
        alphas: the rows of a list of initial alphas.
        pictures: the pictures that runs of the first seed keep, by row; {} where the experiment shows none.
        runs: the records of its runs that are in, by id, for what is told of single runs.
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
        """Whether all runs are in."""
        return not self.origin.missing

    @property
    def shows(self) -> set[str]:
        """Ids of all records that it reads."""
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
        """`3 seeds`; `3 to 10 seeds` where looks had more; `3 to 5 of 5 seeds` where runs are missing.

        A run that is in counts, even where it ended as NaN and left no number. Where no run is missing, a
        cell without any number is about what its runs do not have.
        """
        total = len(self.seeds)
        told = [one for one in self.measurements.values() if one.by_seed or not self.complete]
        there = [total - len(one.missing) + len(self.numberless(one)) for one in told]
        if not there or min(there) == total:
            return counted(total, "seed")
        low, high = min(there), max(there)
        some = str(low) if low == high else f"{low} to {high}"
        return f"{some} seeds" if self.complete and low < high else f"{some} of {counted(total, 'seed')}"

    def numberless(self, measured: Measured) -> list[int]:
        """The seeds of a cell whose runs are in without its number: of a curve that ended as NaN its mean."""
        runs_of = measured.cell.runs
        return [seed for seed in measured.missing if all(run.id in self.runs for run in runs_of(seed))]

    @property
    def over(self) -> str:
        """What means are taken over: `3 seeds (0, 1, 2)`; says so where some of their runs are missing."""
        all_ = f"{self.count if self.complete else counted(len(self.seeds), 'seed')} ({listed(self.seeds)})"
        return all_ if self.complete else f"those of {all_} that are in"

    @property
    def tally(self) -> Tally:
        """How many of the report's sentences hold, and how many of its numbers agree."""
        return tally_of([(self.verdicts, self.measurements)])

    @property
    def bold(self) -> frozenset[str]:
        """Labels of the rows that the report's rule for bold rows picks by our means."""
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
    """Ids of all records that views of the experiment at these seeds read."""
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
    """The experiment as its records show it, at its own seeds and at the requested ones.

    Args:
        experiment: what is asked.
        records: records by id; those of other experiments are ignored.
        seeds: how many or which. Where they go beyond the experiment's own, the first view has its own alone
            and the last has all; otherwise there is one view.
        by_looks: of further seeds no run is missed but those behind sentences that a look left undecided.
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
    """The experiment as these records and seeds show it, `far` as its looks have come."""
    measurements = measure(experiment, records, seeds)
    found = verdicts(experiment, measurements, seeds)
    asked = experiment.lists or experiment
    runs = asked_by_looks(asked, records, seeds, far) if far else asked.runs(seeds)
    return View(
        experiment,
        seeds,
        measurements,
        origin(runs, records),
        verdicts=found,
        ahead=ahead(experiment, records, found, far) if far else {},
        orders=orders(experiment, measurements),
        curves=curves(experiment, records, seeds),
        times=times(experiment, records, measurements),
        alphas=listed_alphas(experiment),
        pictures=_pictures(experiment, records, seeds[0]),
        runs={run.id: records[run.id] for run in experiment.runs(seeds) if run.id in records},
    )


def listed(seeds: tuple[int, ...]) -> str:
    """Seeds in full; of more than three that follow one another the first and the last."""
    if len(seeds) > 3 and seeds == tuple(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]} … {seeds[-1]}"
    return ", ".join(map(str, seeds))


def _pictures(
    experiment: Experiment, records: Mapping[str, Record], seed: int
) -> dict[str, Mapping[str, bytes]]:
    """The pictures that the runs of that seed keep, by row."""
    if experiment.pictures is None:
        return {}
    labels = [row.label for table in experiment.tables for row in table.rows]
    runs = {label: experiment.cell(label, experiment.pictures).run(seed).id for label in labels}
    return {label: kept for label, id_ in runs.items() if id_ in records and (kept := records[id_].pictures)}
