"""What to train next: only runs on which sentences depend that are undecided after the looks so far.

A look judges a row as soon as all its runs are finished; rows that lack some count as without evidence. With
more rows Holm's method decides no fewer, so a verdict stands when the others come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, takewhile

import numpy as np

from hyperopt.config import Run
from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.grid import Cell
from hyperopt.findings.judging import DECIDED, Outcome, decide
from hyperopt.findings.measurements import measure
from hyperopt.findings.tested import Tested
from hyperopt.findings.verdicts import (
    Look,
    Verdict,
    about_times,
    all_looks,
    least_at,
    sentence_of,
    verdicts,
)
from hyperopt.records import Record
from hyperopt.statistics import Evidence, with_more

DRAWS = 100
"""The number of simulated looks from which the probabilities of verdicts are estimated."""


@dataclass(frozen=True)
class Chance:
    """The probability of each verdict on a sentence at a look."""

    holds: float
    does_not_hold: float
    at_the_bound: float

    @property
    def decided(self) -> float:
        """The probability of any of these verdicts."""
        return self.holds + self.does_not_hold + self.at_the_bound


@dataclass(frozen=True)
class NextLook:
    """The next look of an experiment.

    Attributes:
        seeds: the seeds of the look.
        runs: the missing runs.
        left: the undecided sentences that it can decide; () for the first look, which needs every run.
        level: its share of the 5 % error.
    """

    seeds: tuple[int, ...]
    runs: tuple[Run, ...]
    left: tuple[Verdict, ...] = ()
    level: float = 0.0

    @cached_property
    def sentences(self) -> list[Sought]:
        """Each of the undecided sentences that depends on missing runs."""
        found = chances(self.left, Look(self.seeds, self.level))
        behind = [{run.id for run in _behind([verdict], self.seeds)} for verdict in self.left]
        return [
            Sought(verdict, runs, chance)
            for verdict, ids, chance in zip(self.left, behind, found, strict=True)
            if (runs := tuple(run for run in self.runs if run.id in ids))
        ]


@dataclass(frozen=True)
class Sought:
    """A sentence that a look can decide: the missing runs behind it, the probability of each verdict."""

    verdict: Verdict
    runs: tuple[Run, ...]
    chance: Chance


@dataclass(frozen=True)
class Reached:
    """The progress of an experiment through its looks.

    Attributes:
        seeds: the seeds of the last complete look, or at least the experiment's own.
        judged: the records that count, see `in_whole_cells`.
        next: the next look; None if every sentence is decided, or there are no more looks.
    """

    seeds: tuple[int, ...]
    judged: Mapping[str, Record]
    next: NextLook | None = None


def reached(experiment: Experiment, records: Mapping[str, Record]) -> Reached:
    """Return an experiment's progress through its looks.

    It depends only on the experiment and the records, so that training continues where it stopped.
    """
    seeds, judged = experiment.seeds, in_whole_cells(experiment, records)
    if missing := _missing(experiment.runs(), records):
        return Reached(seeds, judged, NextLook(seeds, missing))
    found = verdicts(experiment, measure(experiment, judged, seeds), seeds)
    for look in all_looks(experiment):
        if len(look.seeds) <= len(seeds):
            continue
        if not (left := [verdict for verdict in found if is_open(verdict, experiment)]):
            break
        if not any(able(verdict, experiment, look) for verdict in left):
            continue
        found = verdicts(experiment, measure(experiment, judged, look.seeds), look.seeds)
        left = [one for one in found if is_open(one, experiment) and able(one, experiment, look)]
        if missing := _missing(_behind(left, look.seeds), records):
            return Reached(seeds, judged, NextLook(look.seeds, missing, tuple(left), look.level))
        seeds = look.seeds
    return Reached(seeds, judged)


def is_open(verdict: Verdict, experiment: Experiment) -> bool:
    """Return whether further seeds may change a verdict."""
    return not (verdict.decided or about_times(verdict.claim, experiment))


def able(verdict: Verdict, experiment: Experiment, look: Look) -> bool:
    """Return whether a look has enough seeds to decide a sentence."""
    return least_at(verdict.claim, experiment, len(look.seeds)) <= look.level


def next_look(experiment: Experiment, records: Mapping[str, Record]) -> NextLook | None:
    """Return the first look with a missing run; None if all sentences are decided, or no look is left."""
    return reached(experiment, records).next


def in_whole_cells(experiment: Experiment, records: Mapping[str, Record]) -> dict[str, Record]:
    """Return the records without those of cells beyond the last look of which the cell has all runs.

    Which runs of a cell are finished first may depend on their results: runs that diverge end early. Seeds
    for which all runs of the experiment are finished are kept.
    """
    whole = complete_seeds(experiment, records)
    kept: set[str] = set()
    every: set[str] = set()
    for cell in experiment.cells():
        for look in all_looks(experiment):
            ids = {run.id_at(seed) for seed in look.seeds if seed not in whole for run in cell.at_seed_0}
            every |= ids
            if ids <= records.keys():
                kept |= ids
    return {id_: record for id_, record in records.items() if id_ in kept or id_ not in every}


def shown_seeds(experiment: Experiment, records: Mapping[str, Record]) -> tuple[int, ...]:
    """Return the seeds to show on a page: the experiment's own, complete ones, and those of looks.

    They include those of the next look if a cell has all its runs. Other seeds with runs would fill the page
    with missing cells.
    """
    whole = complete_seeds(experiment, records)
    runs = experiment.runs_at_seed_0()
    there = {
        seed
        for seed in experiment.seeds_of_looks
        if seed not in whole and any(run.id_at(seed) in records for run in runs)
    }
    looked: set[int] = set()
    if there:
        far = reached(experiment, records)
        looked |= {*far.seeds}
        further = there.intersection(far.next.seeds if far.next else ()) - looked
        if far.next and any(run.id_at(seed) in far.judged for seed in further for run in runs):
            looked |= {*far.next.seeds}
    return (*experiment.seeds, *sorted({*whole, *looked} - {*experiment.seeds}))


def complete_seeds(experiment: Experiment, records: Collection[str]) -> tuple[int, ...]:
    """Return the experiment's own seeds, and those that follow, up to the first that lacks a run.

    Later ones do not count, as the seeds whose runs are finished first may be those of runs that diverged.
    """
    runs = experiment.runs_at_seed_0()
    others = (seed for seed in count() if seed not in experiment.seeds)
    following = takewhile(lambda seed: bool(runs) and all(run.id_at(seed) in records for run in runs), others)
    return (*experiment.seeds, *following)


def asked_by_looks(
    experiment: Experiment, records: Mapping[str, Record], seeds: Sequence[int], far: Reached
) -> list[Run]:
    """Return the experiment's runs with these seeds that have records, or that looks so far have needed."""
    looked = {*far.seeds, *(far.next.seeds if far.next else ())} - {*experiment.seeds}
    return [run for run in experiment.runs(seeds) if run.id in records or run.seed not in looked]


def _missing(runs: Sequence[Run], records: Collection[str]) -> tuple[Run, ...]:
    return tuple({run.id: run for run in runs if run.id not in records}.values())


def _behind(left: Sequence[Verdict], seeds: Sequence[int]) -> list[Run]:
    """Return the runs with these seeds on which undecided sentences depend."""
    cells = [cell for verdict in left for cell in cells_of(verdict)]
    return [run for seed in seeds for cell in cells for run in cell.runs(seed)]


def cells_of(verdict: Verdict) -> Collection[Cell]:
    """Return the cells on which a sentence depends."""
    sides = (side for row in verdict.rows for pair in row.tested.sides for side in pair)
    return {(side.cell.row, side.cell.column): side.cell for side in sides}.values()


def chances(left: Sequence[Verdict], look: Look) -> list[Chance]:
    """Return the probability of each verdict at a look, for each undecided sentence.

    The effects of further seeds are drawn from their predictive distribution given those seen.
    """
    rng = np.random.default_rng(0)
    outcomes: list[Counter[Outcome]] = [Counter() for _ in left]
    for _ in range(DRAWS):
        sentences = [
            sentence_of(verdict, [_drawn(row.tested, look, rng) for row in verdict.rows], look)
            for verdict in left
        ]
        for counts, decision in zip(outcomes, decide(sentences, look.level), strict=True):
            counts[decision.outcome] += 1
    return [Chance(*(counts[outcome] / DRAWS for outcome in DECIDED)) for counts in outcomes]


def _drawn(tested: Tested, look: Look, rng: np.random.Generator) -> Evidence:
    """Return a simulated sample of a look."""
    sample = tested.evidence()
    more = len(look.seeds) - len(sample.effects)
    if sample.undefined or tested.timed or more <= 0:
        return sample
    return with_more(sample, more, rng)
