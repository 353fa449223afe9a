"""A report's claims: sentences, each with the bounds that it sets on effects between two cells."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """One side of an effect.

    Attributes:
        column: the column's name.
        row: the row's label, in which `{}` stands for the claim's row; None for the claim's row itself.
        reported: the report's number is taken rather than ours.
        spread: the distance of a seed's number from the median over seeds is taken.
        number: a constant in place of a cell, the same for every seed.
    """

    column: str
    row: str | None = None
    reported: bool = False
    spread: bool = False
    number: float | None = None

    def row_at(self, row: str) -> str:
        """Return the label of this place's row, for one of the claim's rows."""
        return row if self.row is None else self.row.replace("{}", row)


@dataclass(frozen=True)
class Effect:
    """The difference `minuend - subtrahend` of each seed, or the ratio `minuend / subtrahend`.

    For errors the difference is the number of points by which the second lowers the first. For times the
    ratio is how many times as long the first takes.
    """

    minuend: Place
    subtrahend: Place
    ratio: bool = False

    def of(self, first: float, second: float) -> float:
        """Return the effect of two numbers: 0, or a ratio of 1, if they are equal, even if infinite.

        The ratio to 0 of any other number is infinite.
        """
        if first == second:
            return 1.0 if self.ratio else 0.0
        if not self.ratio:
            return first - second
        return first / second if second else math.copysign(math.inf, first)


@dataclass(frozen=True)
class Bound:
    """The interval of effects that a claim allows, in the effect's unit; includes its ends unless open."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    @property
    def ends(self) -> tuple[float, ...]:
        """The finite ends."""
        return tuple(end for end in (self.low, self.high) if math.isfinite(end))

    def holds(self, effect: float) -> bool:
        """Return whether an effect is as claimed; NaN never is.

        The effect is rounded to nine decimals, so that 1.9 - 0.9 is a whole point.
        """
        return not (math.isnan(effect) or self._below(effect) or self._above(effect))

    def _below(self, effect: float) -> bool:
        rounded = round(effect, 9)
        return rounded <= self.low if self.low_open else rounded < self.low

    def _above(self, effect: float) -> bool:
        rounded = round(effect, 9)
        return rounded >= self.high if self.high_open else rounded > self.high


@dataclass(frozen=True)
class Check:
    """A part of a sentence that is tested on its own.

    Attributes:
        rows: the labels of the rows that it is about.
        each: whether it is about each row; otherwise it is about the mean over the rows.
        effect: the effect that is bounded.
        bound: the effects that the sentence allows.
        of: a name that distinguishes it from the sentence's other checks; empty if it is the only one.
        why: the reason for this bound.
    """

    rows: tuple[str, ...]
    each: bool
    effect: Effect
    bound: Bound
    of: str = ""
    why: str = ""

    def parts(self) -> list[tuple[str, ...]]:
        """Return the rows of each test: every row alone, or all rows together."""
        return [(row,) for row in self.rows] if self.each else [self.rows]


@dataclass(frozen=True)
class Claim:
    """A sentence of a report.

    Attributes:
        says: the sentence.
        point: what it says in a few words; sentences of a report with the same point are one answer.
        tested: the part of it that is tested, if not all is.
        checks: its tests; the sentence holds if all rows of all checks do.
        all_but: the number of rows that may fail: 1 for `almost all`, all but one for `some`.
        why: how the sentence is read, or why it cannot be tested.
        contradicted: whether the report's own numbers contradict it.
        ours: whether it is a check of ours, which no report makes.
        same_as: the id of the experiment with the same sentence; empty if it repeats none.
        testable: whether some outcome of the runs would refute it.
        by_repeats: whether it is about printed numbers, which are means of several runs. It then holds if
            more than half of all repeats of the report's procedure would print its rows as claimed.
    """

    says: str
    checks: tuple[Check, ...]
    all_but: int = 0
    point: str = ""
    tested: str = ""
    why: str = ""
    contradicted: bool = False
    ours: bool = False
    same_as: str = ""
    testable: bool = True
    by_repeats: bool = False

    @property
    def counts(self) -> bool:
        """Whether it counts as one of the report's sentences."""
        return not (self.ours or self.same_as)
