"""The cost of deciding an undecided sentence: further seeds, their training time, and the probabilities."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean

from hyperopt.config import Run
from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.grid import Cell
from hyperopt.findings.next_look import Chance, Reached, able, cells_of, chances, is_open
from hyperopt.findings.verdicts import Look, Verdict, all_looks
from hyperopt.records import Record

FURTHER = (10, 30, 100, 300, 1000)
"""The numbers of seeds of possible further looks, after an experiment's own."""


@dataclass(frozen=True)
class Ahead:
    """The next look that can decide a sentence.

    Attributes:
        seeds: its number of seeds.
        declared: whether the experiment declares it; otherwise it is a further one, at the last one's level.
        missing: the estimated seconds of each missing run that the sentence depends on, by the run's id.
        finished: the number of finished runs that it needs and the page does not show.
        chance: the probability of each verdict.
    """

    seeds: int
    declared: bool
    missing: Mapping[str, float]
    finished: int
    chance: Chance

    @property
    def runs(self) -> int:
        """The number of missing runs."""
        return len(self.missing)

    @property
    def seconds(self) -> float:
        """The estimated seconds of all missing runs."""
        return sum(self.missing.values())


def ahead(
    experiment: Experiment,
    records: Mapping[str, Record],
    found: Sequence[Verdict],
    far: Reached,
    shown: Collection[str],
) -> dict[int, Ahead]:
    """Return the look that can decide each undecided sentence, by the sentence's index.

    Sentences about times are left out. The result is {} if runs of the first look are missing.

    Args:
        experiment: the experiment.
        records: records by id.
        found: the verdicts on all its sentences.
        far: how far its looks have come.
        shown: the ids of the runs that the page shows.
    """
    if far.next and not far.next.left:
        return {}
    awaited: dict[tuple[Look, bool], list[int]] = {}
    for i, verdict in enumerate(found):
        if is_open(verdict, experiment):
            for look in _look(verdict, experiment, records, far):
                awaited.setdefault(look, []).append(i)
    return {
        i: _ahead(found[i], look, records, chance, shown, declared=declared)
        for (look, declared), which in awaited.items()
        for i, chance in zip(which, chances([found[i] for i in which], look), strict=True)
    }


def _look(
    verdict: Verdict, experiment: Experiment, records: Mapping[str, Record], far: Reached
) -> list[tuple[Look, bool]]:
    """Return the next look with missing runs that can decide a sentence, and whether it is declared.

    The result is [] if there is none.
    """
    every = all_looks(experiment)
    if not every:
        return []
    to_come = [(look, True) for look in every if len(look.seeds) > len(far.seeds)] if far.next else []
    further = [n for n in FURTHER if n > max(len(far.seeds), experiment.looks[-1])]
    to_come += [(Look(experiment.look_seeds(n), every[-1].level), False) for n in further]
    found = (
        (look, declared)
        for look, declared in to_come
        if able(verdict, experiment, look)
        if any(run.id not in records for cell in cells_of(verdict) for run in _runs(cell, look))
    )
    return [*islice(found, 1)]


def _ahead(
    verdict: Verdict,
    look: Look,
    records: Mapping[str, Record],
    chance: Chance,
    shown: Collection[str],
    *,
    declared: bool,
) -> Ahead:
    missing = {
        run.id: pace
        for cell in cells_of(verdict)
        for pace in [_pace(cell, look.seeds, records)]
        for run in _runs(cell, look)
        if run.id not in records
    }
    there = {run.id for cell in cells_of(verdict) for run in _runs(cell, look)} & records.keys() - {*shown}
    return Ahead(len(look.seeds), declared, missing, len(there), chance)


def _runs(cell: Cell, look: Look) -> Iterator[Run]:
    return (run for seed in look.seeds for run in cell.runs(seed))


def _pace(cell: Cell, seeds: Sequence[int], records: Mapping[str, Record]) -> float:
    """Return the mean seconds of the cell's finished runs; 0 if there are none."""
    took = [records[run.id].seconds for seed in seeds for run in cell.runs(seed) if run.id in records]
    return fmean(took) if took else 0.0
