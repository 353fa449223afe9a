"""An experiment as so many seeds see it: what the sections of a page are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.measurements import Measurements, measure, missing
from hyperopt.findings.verdicts import Verdict, verdicts
from hyperopt.records import Record
from hyperopt.wording import counted


@dataclass(frozen=True)
class View:
    """Cells and verdicts at these seeds."""

    experiment: Experiment
    seeds: tuple[int, ...]
    measured: Measurements
    verdicts: list[Verdict]
    complete: bool

    @property
    def count(self) -> str:
        """`3 seeds`."""
        return counted(len(self.seeds), "seed")

    @property
    def over(self) -> str:
        """What a mean is over: `3 seeds (0, 1, 2)`; where runs are missing, those of them that are in."""
        all_ = f"{self.count} ({listed(self.seeds)})"
        return all_ if self.complete else f"those of {all_} that are in"

    @property
    def diverged(self) -> bool:
        """Whether any run did."""
        return any(cell.diverged for cell in self.measured.values())


def view_of(experiment: Experiment, records: Mapping[str, Record], seeds: tuple[int, ...]) -> View:
    """The experiment as these records and seeds show it."""
    measured = measure(experiment, records, seeds)
    complete = not missing(experiment, records, seeds)
    return View(experiment, seeds, measured, verdicts(experiment, measured), complete)


def listed(seeds: tuple[int, ...]) -> str:
    """Seeds in full, or the first and the last where more than three follow one another."""
    if len(seeds) > 3 and seeds == tuple(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]} … {seeds[-1]}"
    return ", ".join(map(str, seeds))
