"""What a report claims: a sentence, as bounds on effects between two places of an experiment."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """One side of an effect: a column, in the claim's rows or in the one named here.

    `{}` in the name of that row stands for what the claim has as its rows. The number of a place that is
    `reported` is not ours, but the report's; of one with `spread` it is how far a seed's number is from the
    median over seeds. A place may also be a `number`, the same for every seed.
    """

    column: str
    row: str | None = None
    reported: bool = False
    spread: bool = False
    number: float | None = None

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

    @property
    def ends(self) -> tuple[float, ...]:
        """Those of its ends that are numbers."""
        return tuple(end for end in (self.low, self.high) if math.isfinite(end))

    def holds(self, effect: float) -> bool:
        """Whether one effect is as claimed; to nine decimals, so that 1.9 - 0.9 is a whole point.

        What is not a number never is.
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
    """A part of a sentence that is tested by itself.

    Attributes:
        rows: where it speaks.
        each: it speaks of each of them; else of the mean over them.
        effect: what is bounded.
        bound: the effects claimed.
        of: what tells it from the sentence's other checks; empty where there is one.
        why: why this bound.
    """

    rows: tuple[str, ...]
    each: bool
    effect: Effect
    bound: Bound
    of: str = ""
    why: str = ""

    def parts(self) -> list[tuple[str, ...]]:
        """The rows of every test: each of them alone, or all together."""
        return [(row,) for row in self.rows] if self.each else [self.rows]


@dataclass(frozen=True)
class Claim:
    """A sentence of a report.

    Attributes:
        says: the sentence.
        tested: what of it is tested, where not all is.
        checks: what it comes to; it holds where all their rows do.
        all_but: so many rows may fail: 1 for `almost all`, all but one for `some`.
        why: how the sentence is read, or why it cannot be tested.
        contradicted: the report's own numbers are not as claimed.
        ours: it is a check of ours, that no report says.
        same_as: the experiment of whose sentences it repeats one.
        testable: whether it excludes anything that could be seen.
        by_repeats: it is about what the report prints, means of several runs, and holds where more than half
            of all repeats would print its rows as claimed.
    """

    says: str
    checks: tuple[Check, ...]
    all_but: int = 0
    tested: str = ""
    why: str = ""
    contradicted: bool = False
    ours: bool = False
    same_as: str = ""
    testable: bool = True
    by_repeats: bool = False

    @property
    def counts(self) -> bool:
        """Whether it counts among the report's sentences."""
        return not (self.ours or self.same_as)
