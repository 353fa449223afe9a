"""The effects that sentences are about, computed from the report's own numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from hyperopt.experiments.claim import Check, Claim, Place
from hyperopt.experiments.experiment import Experiment


@dataclass(frozen=True)
class Printed:
    """The two sides of an effect in the report's numbers, at one row or as means over several."""

    check: Check
    rows: tuple[str, ...]
    first: float
    second: float

    @property
    def holds(self) -> bool:
        """Whether the effect is as claimed."""
        return self.check.bound.holds(self.check.effect.of(self.first, self.second))


def printed(claim: Claim, experiment: Experiment) -> Iterator[Printed]:
    """Yield the effects of a sentence for which the report prints both sides."""
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
