"""What to train next: only the runs behind sentences that the looks so far leave undecided."""

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
"""How often a look is drawn to say how probably it decides."""


@dataclass(frozen=True)
class Chance:
    """How probably a look says each of these of a sentence."""

    holds: float
    does_not_hold: float
    at_the_bound: float

    @property
    def decided(self) -> float:
        """How probably it says anything."""
        return self.holds + self.does_not_hold + self.at_the_bound


@dataclass(frozen=True)
class NextLook:
    """The next numbers of seeds of an experiment, and what they are for.

    Attributes:
        seeds: of the look.
        runs: those that are missing.
        left: the undecided sentences that it can decide, which these are behind; none where it is the first,
            which needs every run.
        level: the share of the 5 % that a decision there may cost.
    """

    seeds: tuple[int, ...]
    runs: tuple[Run, ...]
    left: tuple[Verdict, ...] = ()
    level: float = 0.0

    @cached_property
    def undecided(self) -> Mapping[str, Chance]:
        """The sentences, each with how probably this look tells it."""
        told = chances(self.left, Look(self.seeds, self.level))
        return {verdict.claim.says: chance for verdict, chance in zip(self.left, told, strict=True)}


@dataclass(frozen=True)
class Reached:
    """How far an experiment's looks have come.

    Attributes:
        seeds: of the looks whose runs are all there; the experiment's own at least.
        runs: those that these looks take: all with its own seeds, of further ones those behind sentences that
            the look before left undecided.
        next: the look that is to come; None where every sentence is decided, or looks end.
    """

    seeds: tuple[int, ...]
    runs: tuple[Run, ...]
    next: NextLook | None = None


def reached(experiment: Experiment, records: Mapping[str, Record]) -> Reached:
    """How far the looks have come, and the first of which a run is missing.

    It follows from the experiment and the records alone, so that training goes on where it stopped.
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
    """The first look of which a run is missing; None where every sentence is decided, or looks end."""
    return reached(experiment, records).next


def shown_seeds(
    experiment: Experiment, records: Mapping[str, Record], seeds: Iterable[int]
) -> tuple[int, ...]:
    """The seeds that a page shows: the experiment's own, those of looks that are in, and whole ones.

    Of a further seed of which only some run is there otherwise, that run came from elsewhere: it would fill
    the page with missing cells.

    Args:
        experiment: whose page it is.
        records: records by id; those of other experiments are ignored.
        seeds: all that any run has.
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
    """The experiment's own seeds, and those of `seeds` of which all its runs are among the records."""
    others = sorted(set(seeds) - set(experiment.seeds))
    cells = list(experiment.cells()) if others else []
    complete = [
        seed for seed in others if all(run.id in records for cell in cells for run in cell.runs(seed))
    ]
    return (*experiment.seeds, *complete)


def asked_by_looks(
    experiment: Experiment, records: Mapping[str, Record], seeds: Sequence[int], far: Reached
) -> list[Run]:
    """Of the experiment's runs with these seeds those that are there or that looks ask for, so far."""
    looked = {*far.seeds, *(far.next.seeds if far.next else ())}
    wanted = {run.id for run in (*far.runs, *(far.next.runs if far.next else ()))}
    return [
        run
        for run in experiment.runs(seeds)
        if run.id in records or run.id in wanted or run.seed not in looked
    ]


def seen(experiment: Experiment, records: Mapping[str, Record]) -> tuple[int, ...]:
    """The seeds of the looks that some run of a later one than its own has been trained for."""
    last = experiment.seeds_of_looks
    cells = list(experiment.cells())
    there = [seed for seed in last if any(run.id in records for cell in cells for run in cell.runs(seed))]
    return experiment.seeds if len(there) <= len(experiment.seeds) else tuple(there)


def _missing(runs: Sequence[Run], records: Collection[str]) -> tuple[Run, ...]:
    return tuple({run.id: run for run in runs if run.id not in records}.values())


def _behind(left: Sequence[Verdict], seeds: Sequence[int]) -> list[Run]:
    """The runs with these seeds behind sentences."""
    cells = [
        side.cell for verdict in left for row in verdict.rows for pair in row.tested.sides for side in pair
    ]
    return [run for seed in seeds for cell in cells for run in cell.runs(seed)]


def chances(left: Sequence[Verdict], look: Look) -> list[Chance]:
    """How often each sentence is told at a look whose further effects are drawn by what those seen tell."""
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
    """The sample that such a look may have."""
    sample = tested.evidence()
    more = len(look.seeds) - len(sample.effects)
    if sample.undefined or tested.timed or more <= 0:
        return sample
    return with_more(sample, more, rng)
