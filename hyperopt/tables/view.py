"""An experiment as so many seeds see it: what the sections of a page are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hyperopt.experiments.claims import Verdict, verdicts
from hyperopt.experiments.grid import Experiment
from hyperopt.experiments.measurements import Measurements, measure
from hyperopt.records import Record
from hyperopt.wording import counted


@dataclass(frozen=True)
class View:
    """Cells and verdicts at these seeds."""

    experiment: Experiment
    seeds: tuple[int, ...]
    measured: Measurements
    verdicts: list[Verdict]

    @property
    def count(self) -> str:
        """`3 seeds`."""
        return counted(len(self.seeds), "seed")

    @property
    def diverged(self) -> bool:
        """Whether any run did."""
        return any(cell.diverged for cell in self.measured.values())


def view_of(experiment: Experiment, records: Mapping[str, Record], seeds: tuple[int, ...]) -> View:
    """The experiment as these records and seeds show it."""
    measured = measure(experiment, records, seeds)
    return View(experiment, seeds, measured, verdicts(experiment, measured))
