"""Decisions on the sentences of a page at one look, with the multiple tests controlled at one level."""

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
DECIDED = OUTCOMES[:3]
"""The outcomes of decided sentences."""


@dataclass(frozen=True)
class Row:
    """One test of a sentence: the bound that it claims, the observed effects, and a negligible difference."""

    bound: Bound
    sample: Evidence
    negligible: float


@dataclass(frozen=True)
class Sentence:
    """The tests of a sentence.

    Attributes:
        rows: its tests.
        spared: the number of them that may fail.
        repeat: the number of runs behind a printed number, if the sentence is judged by repeats; else 0.
        seeds: the number of seeds of the look, even if samples lack some; 0 for that of the samples.
    """

    rows: tuple[Row, ...]
    spared: int = 0
    repeat: int = 0
    seeds: int = 0


@dataclass(frozen=True)
class Strength:
    """The evidence for whichever of `holds` and `does not hold` has the smaller p-value.

    Attributes:
        toward: that verdict.
        alone: its p-value without correction for multiple tests.
        factors: the corrections for multiple tests: for a row those of the rows of its sentence, the
            sentences of the page and the looks; for a sentence the last two.
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
        """The corrected p-value, which decides."""
        return min(1.0, self.alone * self.times)

    def multiplied(self, times: float) -> Strength:
        """Return the same evidence with one more correction factor."""
        return replace(self, factors=(*self.factors, times))


@dataclass(frozen=True)
class RowDecision:
    """The decision on one test.

    Attributes:
        outcome: the verdict on this row.
        strength: its evidence, corrected for the tests of the sentence and the undecided sentences.
        within: if it is at the bound, the maximum distance of the effect from the bound.
    """

    outcome: Outcome
    strength: Strength
    within: float | None = None


@dataclass(frozen=True)
class Decision:
    """The decision on a sentence; `strength` is corrected for the undecided sentences."""

    outcome: Outcome
    strength: Strength
    rows: tuple[RowDecision, ...]


def decide(sentences: Sequence[Sentence], level: float) -> list[Decision]:
    """Decide sentences at a familywise error level by Holm's step-down method.

    A sentence that no outcome of so few runs could decide does not count among the tests; this depends only
    on the number of runs. In a sentence that Holm's method leaves undecided, a row is at its bound if an
    equivalence test shows its effect to be within a negligible difference of it. These tests cost no
    additional error: a wrong equivalence rejects the true effect with the same test that would wrongly show
    an effect beyond the bound.

    Args:
        sentences: the sentences.
        level: the probability of any wrong decision.
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
    """Return "at the bound" if all rows hold or are at the bound, and not all hold; else "undecided"."""
    return "at the bound" if {*rows} - {"holds"} == {"at the bound"} else "undecided"


def of_sentence(sentence: Sentence) -> tuple[float, float]:
    """Return the p-values that a sentence holds, in all rows but the spared ones, and that it does not."""
    if sentence.repeat:
        return _of_repeats(sentence.rows, sentence.spared, sentence.repeat)
    pairs = [(shown(row.bound, row.sample), refuted(row.bound, row.sample)) for row in sentence.rows]
    n, spared = len(pairs), sentence.spared
    holds = of_several([holds for holds, _ in pairs], n - spared)
    return holds, of_several([fails for _, fails in pairs], spared + 1)


def least_of(sentence: Sentence) -> float:
    """Return the smallest p-value that a sentence could have with its number of runs."""
    return min(least_either_way(sentence))


def least_either_way(sentence: Sentence) -> tuple[float, float]:
    """Return the smallest possible p-values that a sentence holds, and that it does not."""
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
    """Return the smallest p-values that a row is as claimed, and that it is not, which n runs could give."""
    above_low, below_high = (least_above(method, n, edge) for edge in (bound.low, -bound.high))
    below_low, above_high = (least_above(method, n, edge) for edge in (-bound.low, bound.high))
    return max(above_low, below_high), min(below_low, above_high)


def shown(bound: Bound, sample: Evidence) -> float:
    """Return the p-value of the sample if the effect were not as claimed."""
    return max(
        above(sample, bound.low, closed=not bound.low_open),
        below(sample, bound.high, closed=not bound.high_open),
    )


def refuted(bound: Bound, sample: Evidence) -> float:
    """Return the p-value of the sample if the effect were as claimed."""
    return min(
        below(sample, bound.low, closed=bound.low_open), above(sample, bound.high, closed=bound.high_open)
    )


def near(bound: Bound, sample: Evidence, margin: float) -> float:
    """Return the p-value of the sample if the effect were further than a margin from each end of the bound.

    Mute ties (`Evidence.mute`) count here: they are evidence for an effect at the bound.
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
    """Return whether each repeat of the report's procedure would print what is claimed.

    Each repeat consists of m consecutive seeds; repeats share no seed, so that they are independent.

    Args:
        rows: the tests of the sentence.
        spared: the number of rows that may fail.
        m: the number of runs of a repeat.
    """
    n = min(len(row.sample.effects) for row in rows) // m * m
    effects = np.array([row.sample.effects[:n] for row in rows], dtype=float)
    means = effects.reshape(len(rows), -1, m).mean(axis=2).T.tolist()
    bounds = [row.bound for row in rows]
    return [sum(map(Bound.holds, bounds, repeat)) >= len(rows) - spared for repeat in means]


def _of_repeats(rows: Sequence[Row], spared: int, m: int) -> tuple[float, float]:
    """Return the p-values that most repeats print what is claimed, and that most do not.

    They are of the one-sided binomial test, which is exact and needs no doubling.
    """
    if any(row.sample.undefined for row in rows) or not (outcomes := printed(rows, spared, m)):
        return 1.0, 1.0
    n, right = len(outcomes), sum(outcomes)
    return float(special.bdtr(n - right, n, 0.5)), float(special.bdtr(right, n, 0.5))


def _rows(sentence: Sentence, level: float, *, holds: bool) -> list[RowDecision]:
    """Decide the rows of a sentence by Holm's step-down method within it.

    Rows need no correction if the sentence holds (`holds`), since then each had to be shown.
    """
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
    """Return the verdict with the smaller p-value."""
    return "holds" if holds <= fails else "does not hold"


def _near(decision: RowDecision, row: Row, level: float) -> RowDecision:
    """Return "at the bound" in place of an undecided decision, if an equivalence test shows it."""
    if decision.outcome != "undecided" or near(row.bound, row.sample, row.negligible) > level:
        return decision
    interval = interval_of(row.sample, 1 - level)
    if interval is None:
        return decision
    within = min(max(abs(interval.low - end), abs(interval.high - end)) for end in row.bound.ends)
    return RowDecision("at the bound", decision.strength, within)
