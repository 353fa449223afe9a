"""What it would cost to decide a sentence: further seeds, their time at the pace of ours, and the odds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from hyperopt.experiments.experiment import Cell, Experiment
from hyperopt.findings.next_look import Chance, Reached, chances
from hyperopt.findings.verdicts import Look, Verdict, about_times, looks
from hyperopt.records import Record

FURTHER = (10, 30, 100, 300, 1000)
"""At how many seeds a look may follow where an experiment's own are done."""


@dataclass(frozen=True)
class Ahead:
    """A look that a sentence awaits.

    Attributes:
        seeds: at so many.
        declared: whether the experiment has it; if not, it would be a further one at the last one's level.
        runs: those behind the sentence that are missing.
        seconds: what these take, at the pace of the records of the same settings.
        chance: how probably it tells the sentence.
    """

    seeds: int
    declared: bool
    runs: int
    seconds: float
    chance: Chance


def ahead(
    experiment: Experiment, records: Mapping[str, Record], found: Sequence[Verdict], far: Reached
) -> dict[int, Ahead]:
    """The look that each sentence awaits, by its number from 0; none that is decided or about times.

    {} where not all runs of the first look are there.
    """
    left = {
        i: verdict
        for i, verdict in enumerate(found)
        if not (verdict.decided or about_times(verdict.claim, experiment))
    }
    look = _look(experiment, far)
    if not left or look is None:
        return {}
    told = chances([*left.values()], look)
    return {
        i: _ahead(verdict, look, records, chance, declared=far.next is not None)
        for (i, verdict), chance in zip(left.items(), told, strict=True)
    }


def _look(experiment: Experiment, far: Reached) -> Look | None:
    """The look to come, or one that may follow the last."""
    if far.next:
        return Look(far.next.seeds, far.next.level) if far.next.left else None
    n = next(n for n in FURTHER if n > max(len(far.seeds), experiment.looks[-1]))
    done = looks(experiment, experiment.look_seeds(experiment.looks[-1]))
    return Look(experiment.look_seeds(n), done[-1].level) if done else None


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
    return Ahead(len(look.seeds), declared, len(missing), sum(missing.values()), chance)


def _pace(cell: Cell, seeds: Sequence[int], records: Mapping[str, Record]) -> float:
    """Seconds of a run of the cell, as those that are there took."""
    took = [records[run.id].seconds for seed in seeds for run in cell.runs(seed) if run.id in records]
    return fmean(took) if took else 0.0
