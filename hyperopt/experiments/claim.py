"""What a report claims: a sentence, as a bound on an effect between two places of an experiment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hyperopt.statistics import Interval


@dataclass(frozen=True)
class Place:
    """One side of an effect: a column, in the claim's rows or in the one named here.

    `{}` in the name of that row stands for what the claim has as its rows. The number of a place that is
    `reported` is not ours, but the report's.
    """

    column: str
    row: str | None = None
    reported: bool = False

    def row_at(self, row: str) -> str:
        """The label of its row, for one of the claim's rows."""
        return row if self.row is None else self.row.replace("{}", row)


@dataclass(frozen=True)
class Effect:
    """`minuend - subtrahend`, per seed: for errors the points by which the second lowers the first.

    With `ratio` it is `minuend / subtrahend`, for times: how many times as long the first takes.
    """

    minuend: Place
    subtrahend: Place
    ratio: bool = False

    def of(self, first: float, second: float) -> float:
        """The effect of two numbers; none where both are equal, even if infinite."""
        if first == second:
            return 1.0 if self.ratio else 0.0
        return first / second if self.ratio else first - second


@dataclass(frozen=True)
class Bound:
    """The effects that a claim allows, in the effect's unit; an end is part of it unless it is `open`."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def holds(self, effect: float) -> bool:
        """Whether one effect is as claimed; to nine decimals, so that 1.9 - 0.9 is a whole point."""
        return not (self._below(effect) or self._above(effect))

    def contains(self, interval: Interval) -> bool:
        """Whether the whole interval is as claimed."""
        return self.holds(interval.low) and self.holds(interval.high)

    def misses(self, interval: Interval) -> bool:
        """Whether none of the interval is as claimed."""
        return self._below(interval.high) or self._above(interval.low)

    def _below(self, effect: float) -> bool:
        rounded = round(effect, 9)
        return rounded <= self.low if self.low_open else rounded < self.low

    def _above(self, effect: float) -> bool:
        rounded = round(effect, 9)
        return rounded >= self.high if self.high_open else rounded > self.high


@dataclass(frozen=True)
class Claim:
    """A sentence of the report as a bound on an effect.

    Attributes:
        says: the sentence.
        rows: where it speaks.
        each: one verdict per row; else one for the mean over the rows.
        effect: what is bounded.
        bound: the effects claimed; None where the sentence excludes none.
        why: why this bound, or why none.
        contradicted: the report's own numbers are not as claimed.
    """

    says: str
    rows: tuple[str, ...]
    each: bool
    effect: Effect
    bound: Bound | None
    why: str = ""
    contradicted: bool = False
