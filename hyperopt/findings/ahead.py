"""What it would cost to decide a sentence: further seeds, their time at the pace of ours, and the odds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean

from hyperopt.experiments.claim import Claim
from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.grid import Cell
from hyperopt.findings.next_look import Chance, Reached, chances
from hyperopt.findings.verdicts import Look, Verdict, about_times, all_looks, least_at
from hyperopt.records import Record

FURTHER = (10, 30, 100, 300, 1000)
"""At how many seeds a look may follow where an experiment's own are done."""


@dataclass(frozen=True)
class Ahead:
    """A look that a sentence awaits.

    Attributes:
        seeds: at so many.
        declared: whether the experiment has it; if not, it would be a further one at the last one's level.
        missing: of each run behind the sentence that is missing, by its id, the seconds at the pace of the
            records of the same settings.
        chance: how probably it tells the sentence.
    """

    seeds: int
    declared: bool
    missing: Mapping[str, float]
    chance: Chance

    @property
    def runs(self) -> int:
        """How many runs are missing."""
        return len(self.missing)

    @property
    def seconds(self) -> float:
        """What they take."""
        return sum(self.missing.values())


def ahead(
    experiment: Experiment, records: Mapping[str, Record], found: Sequence[Verdict], far: Reached
) -> dict[int, Ahead]:
    """The look that can decide each sentence, by its number from 0; none that is decided or about times.

    {} where not all runs of the first look are there.
    """
    if far.next and not far.next.left:
        return {}
    awaited: dict[tuple[Look, bool], list[int]] = {}
    for i, verdict in enumerate(found):
        if not (verdict.decided or about_times(verdict.claim, experiment)):
            for look in _look(verdict.claim, experiment, far):
                awaited.setdefault(look, []).append(i)
    return {
        i: _ahead(found[i], look, records, chance, declared=declared)
        for (look, declared), which in awaited.items()
        for i, chance in zip(which, chances([found[i] for i in which], look), strict=True)
    }


def _look(claim: Claim, experiment: Experiment, far: Reached) -> list[tuple[Look, bool]]:
    """The next look that can decide the sentence, and whether it is declared; [] where none is thought of."""
    every = all_looks(experiment)
    if not every:
        return []
    to_come = [(look, True) for look in every if len(look.seeds) > len(far.seeds)] if far.next else []
    further = [n for n in FURTHER if n > max(len(far.seeds), experiment.looks[-1])]
    to_come += [(Look(experiment.look_seeds(n), every[-1].level), False) for n in further]
    able = (
        (look, declared)
        for look, declared in to_come
        if least_at(claim, experiment, len(look.seeds)) <= look.level
    )
    return [*islice(able, 1)]


def _ahead(
    verdict: Verdict, look: Look, records: Mapping[str, Record], chance: Chance, *, declared: bool
) -> Ahead:
    cells = {(m.cell.row, m.cell.column): m.cell for row in verdict.rows for p in row.tested.sides for m in p}
    missing = {
        run.id: pace
        for cell in cells.values()
        for pace in [_pace(cell, look.seeds, records)]
        for seed in look.seeds
        for run in cell.runs(seed)
        if run.id not in records
    }
    return Ahead(len(look.seeds), declared, missing, chance)


def _pace(cell: Cell, seeds: Sequence[int], records: Mapping[str, Record]) -> float:
    """Seconds of a run of the cell, as those that are there took."""
    took = [records[run.id].seconds for seed in seeds for run in cell.runs(seed) if run.id in records]
    return fmean(took) if took else 0.0
