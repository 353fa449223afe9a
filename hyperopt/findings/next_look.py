"""What to train next: only runs on which sentences depend that are undecided after the looks so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hyperopt.config import Run
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.judging import Outcome, decide
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
        left: the undecided sentences that it can decide, which depend on these runs; () for the first look,
            which needs every run.
        level: its share of the 5 % error.
    """

    seeds: tuple[int, ...]
    runs: tuple[Run, ...]
    left: tuple[Verdict, ...] = ()
    level: float = 0.0

    @cached_property
    def undecided(self) -> Mapping[str, Chance]:
        """The probabilities of the verdicts on each undecided sentence."""
        found = chances(self.left, Look(self.seeds, self.level))
        return {verdict.claim.says: chance for verdict, chance in zip(self.left, found, strict=True)}


@dataclass(frozen=True)
class Reached:
    """The progress of an experiment through its looks.

    Attributes:
        seeds: the seeds of the last complete look, or at least the experiment's own.
        runs: the runs that these looks need: all with the experiment's own seeds, and with further ones those
            on which sentences depend that the previous look left undecided.
        next: the next look; None if every sentence is decided, or there are no more looks.
    """

    seeds: tuple[int, ...]
    runs: tuple[Run, ...]
    next: NextLook | None = None


def reached(experiment: Experiment, records: Mapping[str, Record]) -> Reached:
    """Return an experiment's progress through its looks.

    It depends only on the experiment and the records, so that training continues where it stopped.
    """
    seeds, runs = experiment.seeds, tuple(experiment.runs())
    if missing := _missing(runs, records):
        return Reached(seeds, runs, NextLook(seeds, missing))
    for look in all_looks(experiment):
        if len(look.seeds) <= len(seeds):
            continue
        found = verdicts(experiment, measure(experiment, records, seeds), seeds)
        left = [
            verdict for verdict in found if not verdict.decided and not about_times(verdict.claim, experiment)
        ]
        if not left:
            break
        left = [v for v in left if least_at(v.claim, experiment, len(look.seeds)) <= look.level]
        if not left:
            continue
        behind = _behind(left, look.seeds)
        if missing := _missing(behind, records):
            return Reached(seeds, runs, NextLook(look.seeds, missing, tuple(left), look.level))
        seeds, runs = look.seeds, tuple({run.id: run for run in (*runs, *behind)}.values())
    return Reached(seeds, runs)


def next_look(experiment: Experiment, records: Mapping[str, Record]) -> NextLook | None:
    """Return the first look with a missing run; None if all sentences are decided, or no look is left."""
    return reached(experiment, records).next


def shown_seeds(
    experiment: Experiment, records: Mapping[str, Record], seeds: Iterable[int]
) -> tuple[int, ...]:
    """Return the seeds to show on a page: the experiment's own, those of complete looks, and complete ones.

    Other seeds with runs would fill the page with missing cells.

    Args:
        experiment: the experiment.
        records: records by id; those of other experiments are ignored.
        seeds: all seeds that any run has.
    """
    whole = complete_seeds(experiment, records, seeds)
    cells = list(experiment.cells())
    some = any(
        run.id in records
        for seed in experiment.seeds_of_looks
        if seed not in whole
        for cell in cells
        for run in cell.runs(seed)
    )
    looked = reached(experiment, records).seeds if some else ()
    return (*experiment.seeds, *sorted({*whole, *looked} - {*experiment.seeds}))


def complete_seeds(experiment: Experiment, records: Collection[str], seeds: Iterable[int]) -> tuple[int, ...]:
    """Return the experiment's own seeds, and those of `seeds` for which all its runs have records."""
    others = sorted(set(seeds) - set(experiment.seeds))
    cells = list(experiment.cells()) if others else []
    complete = [
        seed for seed in others if all(run.id in records for cell in cells for run in cell.runs(seed))
    ]
    return (*experiment.seeds, *complete)


def asked_by_looks(
    experiment: Experiment, records: Mapping[str, Record], seeds: Sequence[int], far: Reached
) -> list[Run]:
    """Return the experiment's runs with these seeds that have records, or that looks have needed so far."""
    looked = {*far.seeds, *(far.next.seeds if far.next else ())}
    wanted = {run.id for run in (*far.runs, *(far.next.runs if far.next else ()))}
    return [
        run
        for run in experiment.runs(seeds)
        if run.id in records or run.id in wanted or run.seed not in looked
    ]


def seeds_with_runs(experiment: Experiment, records: Mapping[str, Record]) -> tuple[int, ...]:
    """Return the seeds of looks with any run, or the experiment's own seeds if these are no fewer."""
    last = experiment.seeds_of_looks
    cells = list(experiment.cells())
    there = [seed for seed in last if any(run.id in records for cell in cells for run in cell.runs(seed))]
    return experiment.seeds if len(there) <= len(experiment.seeds) else tuple(there)


def _missing(runs: Sequence[Run], records: Collection[str]) -> tuple[Run, ...]:
    return tuple({run.id: run for run in runs if run.id not in records}.values())


def _behind(left: Sequence[Verdict], seeds: Sequence[int]) -> list[Run]:
    """Return the runs with these seeds on which undecided sentences depend."""
    cells = [
        side.cell for verdict in left for row in verdict.rows for pair in row.tested.sides for side in pair
    ]
    return [run for seed in seeds for cell in cells for run in cell.runs(seed)]


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
    asked: tuple[Outcome, ...] = ("holds", "does not hold", "at the bound")
    return [Chance(*(counts[outcome] / DRAWS for outcome in asked)) for counts in outcomes]


def _drawn(tested: Tested, look: Look, rng: np.random.Generator) -> Evidence:
    """Return a simulated sample of a look."""
    sample = tested.evidence()
    more = len(look.seeds) - len(sample.effects)
    if sample.undefined or tested.timed or more <= 0:
        return sample
    return with_more(sample, more, rng)
