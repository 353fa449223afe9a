"""What samples say of sentences at one look: the tests of a page together, at one level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import special

from hyperopt.experiments.claim import Bound
from hyperopt.statistics import Evidence, Method, above, below, holm, interval_of, least_above, of_several

Outcome = Literal["holds", "does not hold", "at the bound", "undecided", "cannot be told"]
OUTCOMES: tuple[Outcome, ...] = ("holds", "does not hold", "at the bound", "undecided", "cannot be told")


@dataclass(frozen=True)
class Row:
    """One test of a sentence: the effects claimed, those seen, and a difference too small to speak of."""

    bound: Bound
    sample: Evidence
    negligible: float


@dataclass(frozen=True)
class Sentence:
    """What is tested of a sentence.

    Attributes:
        rows: its tests.
        spared: so many of them may fail.
        repeat: where it is about what the report prints, how many runs are behind a number; else 0.
        seeds: of the look, of which its samples may lack some; 0 where they say.
    """

    rows: tuple[Row, ...]
    spared: int = 0
    repeat: int = 0
    seeds: int = 0


@dataclass(frozen=True)
class Strength:
    """How strongly runs speak for the nearer of `holds` and `does not hold`.

    Attributes:
        toward: which of them that is.
        alone: its p, were it the only test.
        factors: by how much that is multiplied for other tests: of a row for the rows of its sentence, then
            for the sentences of the page, then for the looks.
    """

    toward: Outcome
    alone: float
    factors: tuple[float, ...] = ()

    @property
    def times(self) -> float:
        """The product of the factors."""
        return math.prod(self.factors)

    @property
    def p(self) -> float:
        """The p that decides."""
        return min(1.0, self.alone * self.times)

    def multiplied(self, times: float) -> Strength:
        """The same among so many times as many tests."""
        return replace(self, factors=(*self.factors, times))


@dataclass(frozen=True)
class RowDecision:
    """What follows for one test.

    Attributes:
        outcome: for it alone.
        strength: multiplied for the tests of the sentence and the sentences that are left.
        within: where it is at the bound, how far from it the effect may be.
    """

    outcome: Outcome
    strength: Strength
    within: float | None = None


@dataclass(frozen=True)
class Decision:
    """What follows for a sentence: `strength` is multiplied for the sentences that are left."""

    outcome: Outcome
    strength: Strength
    rows: tuple[RowDecision, ...]


def decide(sentences: Sequence[Sentence], level: float) -> list[Decision]:
    """Decide what can be decided at a level for all: by Holm's step-down over the sentences.

    A sentence that so few runs cannot decide, whatever they give, takes no place among the others: which
    those are follows from the number of runs alone. Of those that the step-down leaves, a row lies at its
    bound where it is shown to be within what is negligible. That costs no error of its own: whoever says so
    wrongly, of an effect further away than that, has rejected the same effects as whoever takes it for one
    beyond the bound.
    """
    ps = [of_sentence(sentence) for sentence in sentences]
    able = [i for i, sentence in enumerate(sentences) if least_of(sentence) <= level]
    rejected, times = [False] * len(ps), [len(able) + 1] * len(ps)
    for i, decided, factor in zip(able, *holm([min(ps[i]) for i in able], level), strict=True):
        rejected[i], times[i] = decided, factor
    left = max(1, sum(not rejected[i] for i in able))
    found = []
    for sentence, (holds, fails), decided, factor in zip(sentences, ps, rejected, times, strict=True):
        strength = Strength(_nearer(holds, fails), min(holds, fails), (factor,))
        rows = _rows(sentence, level / factor, holds=decided and strength.toward == "holds")
        if not decided:
            rows = [_near(row, one, level / left) for row, one in zip(rows, sentence.rows, strict=True)]
        rows = [replace(row, strength=row.strength.multiplied(factor)) for row in rows]
        outcome = strength.toward if decided else undecided_or_near([row.outcome for row in rows])
        found.append(Decision(outcome, strength, tuple(rows)))
    return found


def undecided_or_near(rows: Sequence[Outcome]) -> Outcome:
    """Where all that is undecided of a sentence lies at its bound, the sentence does too."""
    return "at the bound" if {*rows} - {"holds"} == {"at the bound"} else "undecided"


def of_sentence(sentence: Sentence) -> tuple[float, float]:
    """Of a sentence p that it holds, as all but so many of its rows must, and p that it does not."""
    if sentence.repeat:
        return _of_repeats(sentence.rows, sentence.spared, sentence.repeat)
    pairs = [(shown(row.bound, row.sample), refuted(row.bound, row.sample)) for row in sentence.rows]
    n, spared = len(pairs), sentence.spared
    holds = of_several([holds for holds, _ in pairs], n - spared)
    return holds, of_several([fails for _, fails in pairs], spared + 1)


def least_of(sentence: Sentence) -> float:
    """The smallest p that a sentence can have with so many runs, whatever they give."""
    return min(least_either_way(sentence))


def least_either_way(sentence: Sentence) -> tuple[float, float]:
    """The smallest p that it holds, and that it does not, which so many runs can give."""
    n = sentence.seeds or min((len(row.sample.effects) for row in sentence.rows), default=0)
    if sentence.repeat:
        return (float(0.5 ** (n // sentence.repeat)),) * 2
    least = [
        (0.0, 0.0) if row.sample.exact else least_of_row(row.bound, row.sample.method, n)
        for row in sentence.rows
    ]
    holds = of_several([shown for shown, _ in least], len(least) - sentence.spared)
    return holds, of_several([refuted for _, refuted in least], sentence.spared + 1)


def least_of_row(bound: Bound, method: Method, n: int) -> tuple[float, float]:
    """The smallest p that a row is as claimed, and that it is not, which so many runs can give."""
    above_low, below_high = (least_above(method, n, edge) for edge in (bound.low, -bound.high))
    below_low, above_high = (least_above(method, n, edge) for edge in (-bound.low, bound.high))
    return max(above_low, below_high), min(below_low, above_high)


def shown(bound: Bound, sample: Evidence) -> float:
    """How little the sample would be expected were the effect not as claimed (p)."""
    return max(
        above(sample, bound.low, closed=not bound.low_open),
        below(sample, bound.high, closed=not bound.high_open),
    )


def refuted(bound: Bound, sample: Evidence) -> float:
    """How little the sample would be expected were the effect as claimed (p)."""
    return min(
        below(sample, bound.low, closed=bound.low_open), above(sample, bound.high, closed=bound.high_open)
    )


def near(bound: Bound, sample: Evidence, margin: float) -> float:
    """How little it would be expected were the effect further than a margin from either end (p).

    A tie that speaks for neither side of a bound does speak for lying there.
    """
    there = replace(sample, mute=())
    return min(
        (
            max(above(there, e - margin, closed=True), below(there, e + margin, closed=True))
            for e in bound.ends
        ),
        default=1.0,
    )


def printed(rows: Sequence[Row], spared: int, m: int) -> list[bool]:
    """Of every repeat of the report's procedure, whether it would print what is claimed.

    A repeat is m runs that no other has, in the order of seeds, so that repeats are independent.
    """
    n = min(len(row.sample.effects) for row in rows) // m * m
    effects = np.array([row.sample.effects[:n] for row in rows], dtype=float)
    means = effects.reshape(len(rows), -1, m).mean(axis=2).T.tolist()
    bounds = [row.bound for row in rows]
    return [sum(map(Bound.holds, bounds, repeat)) >= len(rows) - spared for repeat in means]


def _of_repeats(rows: Sequence[Row], spared: int, m: int) -> tuple[float, float]:
    """P that at least half of all repeats print what is claimed, and p that half at most do.

    It is the binomial test, one-sided and exact, so that nothing needs to be doubled.
    """
    if any(row.sample.undefined for row in rows) or not (outcomes := printed(rows, spared, m)):
        return 1.0, 1.0
    n, right = len(outcomes), sum(outcomes)
    return float(special.bdtr(n - right, n, 0.5)), float(special.bdtr(right, n, 0.5))


def _rows(sentence: Sentence, level: float, *, holds: bool) -> list[RowDecision]:
    """The rows of a sentence: by Holm's step-down within it, all alike where all of them hold."""
    pairs = [of_sentence(Sentence((row,), 0, sentence.repeat)) for row in sentence.rows]
    rejected, times = holm([min(pair) for pair in pairs], level)
    found = []
    for (yes, no), decided, factor in zip(pairs, rejected, times, strict=True):
        if holds and yes <= level:
            decided, factor = True, 1
        toward = _nearer(yes, no)
        found.append(
            RowDecision(toward if decided else "undecided", Strength(toward, min(yes, no), (factor,)))
        )
    return found


def _nearer(holds: float, fails: float) -> Outcome:
    """Which of both verdicts has the smaller p."""
    return "holds" if holds <= fails else "does not hold"


def _near(decision: RowDecision, row: Row, level: float) -> RowDecision:
    """At the bound instead of undecided, where that is shown."""
    interval = interval_of(row.sample, 1 - level)
    if decision.outcome != "undecided" or interval is None:
        return decision
    if near(row.bound, row.sample, row.negligible) > level:
        return decision
    within = min(max(abs(interval.low - end), abs(interval.high - end)) for end in row.bound.ends)
    return RowDecision("at the bound", decision.strength, within)
