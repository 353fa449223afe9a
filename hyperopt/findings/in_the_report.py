"""What a report's own numbers say of its sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from hyperopt.experiments.claim import Check, Claim, Place
from hyperopt.experiments.experiment import Experiment


@dataclass(frozen=True)
class Printed:
    """An effect as the report's numbers have it, at one row or as the mean over several."""

    check: Check
    rows: tuple[str, ...]
    first: float
    second: float

    @property
    def holds(self) -> bool:
        """Whether it is as claimed."""
        return self.check.bound.holds(self.check.effect.of(self.first, self.second))


def printed(claim: Claim, experiment: Experiment) -> Iterator[Printed]:
    """The effects that a sentence bounds, where the report prints both sides of them."""
    for check in claim.checks:
        if check.effect.minuend.spread or check.effect.subtrahend.spread:
            continue
        for rows in check.parts():
            found = [(row, *_sides(check, row, experiment)) for row in rows]
            known = [(row, a, b) for row, a, b in found if a is not None and b is not None]
            if known:
                labels, firsts, seconds = zip(*known, strict=True)
                yield Printed(check, labels, fmean(firsts), fmean(seconds))


def _sides(check: Check, row: str, experiment: Experiment) -> tuple[float | None, float | None]:
    def number(place: Place) -> float | None:
        if place.number is not None:
            return place.number
        return experiment.cell(place.row_at(row), place.column).report

    return number(check.effect.minuend), number(check.effect.subtrahend)
