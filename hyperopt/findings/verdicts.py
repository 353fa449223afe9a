"""The verdict on each sentence of a report, with at most 5 % error for all sentences and looks of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hyperopt.experiments.claim import Claim
from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings.judging import (
    Decision,
    Outcome,
    Row,
    Sentence,
    Strength,
    decide,
    least_of,
    least_of_row,
    undecided_or_near,
)
from hyperopt.findings.measurements import Measurements
from hyperopt.findings.tested import Tested, method_of, tested
from hyperopt.statistics import ALPHA, Evidence, divided

LEFT: tuple[Outcome, ...] = ("undecided", "at the bound")
"""The outcomes that a further look may change."""


@dataclass(frozen=True)
class RowVerdict:
    """The verdict on one test of a sentence.

    Attributes:
        tested: the effect.
        outcome: the verdict on this row.
        strength: its evidence, corrected for the tests of the sentence, the sentences of the page and the
            looks, so that 0.05 decides; None if no look had its runs.
        within: if it is at the bound, the maximum distance of the effect from the bound.
        seeds: the number of seeds of the look that decided it, or else of the latest one; None for times.
    """

    tested: Tested
    outcome: Outcome
    strength: Strength | None = None
    within: float | None = None
    seeds: int | None = None

    @property
    def decided(self) -> bool:
        """Whether further looks cannot change the verdict."""
        return self.outcome not in LEFT

    @property
    def least(self) -> float | None:
        """Without a look, the least p alone that so many seeds can have; None if they have no or any p."""
        n, check = len(self.tested.effects), self.tested.check
        if self.strength or not n or self.outcome == "cannot be told":
            return None
        return min(least_of_row(check.bound, self.tested.method, n)) or None


@dataclass(frozen=True)
class Verdict:
    """The verdict on a sentence.

    Attributes:
        claim: the sentence.
        outcome: the verdict.
        rows: its tests, check by check.
        strength: its evidence, corrected for the sentences of the page and the looks, so that 0.05 decides;
            None if no look had all runs of any row.
        seeds: the number of seeds of the look that decided it; None if none did, and for times.
    """

    claim: Claim
    outcome: Outcome
    rows: tuple[RowVerdict, ...]
    strength: Strength | None = None
    seeds: int | None = None

    @property
    def repeats(self) -> float | None:
        """The share of repeats of the report's procedure whose numbers would be as claimed.

        A repeat is the mean over any m of our seeds; all rows except those that may fail have to be as
        claimed. The seeds are those that all rows have. None as for `Tested.repeated`.
        """
        seeds = [{*row.tested.effects} for row in self.rows]
        common = set.intersection(*seeds) if seeds else set()
        by_row = [row.tested.repeated(common) for row in self.rows]
        if not by_row or any(one is None for one in by_row):
            return None
        right = np.array(by_row).sum(axis=0) >= len(by_row) - self.claim.all_but
        return float(right.mean())

    @property
    def holding(self) -> int:
        """The number of its rows that hold."""
        return sum(row.outcome == "holds" for row in self.rows)

    @property
    def decided(self) -> bool:
        """Whether further looks cannot change the verdict."""
        return self.outcome not in LEFT


@dataclass(frozen=True)
class Look:
    """A look: the seeds at which sentences are judged, and its share of the 5 % error."""

    seeds: tuple[int, ...]
    level: float


def looks(experiment: Experiment, seeds: Sequence[int]) -> list[Look]:
    """Return the experiment's looks for which these seeds suffice; the experiment's own seeds come first.

    Looks at too few seeds to decide any sentence get no share of the error. Sentences about times are judged
    separately (`level_of_times`).
    """
    at, level = list(experiment.looks), ALPHA - level_of_times(experiment)
    asked = [c for c in experiment.claims if c.testable and not about_times(c, experiment)]
    while at and all(least_at(claim, experiment, at[0]) > level / len(at) for claim in asked):
        at = at[1:]
    own = [seed for seed in experiment.seeds if seed in seeds]
    ordered = [*own, *(seed for seed in seeds if seed not in own)]
    levels = divided(level, at) if at else ()
    return [Look(tuple(ordered[:n]), level) for n, level in zip(at, levels, strict=True) if n <= len(ordered)]


def all_looks(experiment: Experiment) -> list[Look]:
    """Return all looks that the experiment declares, whether or not their runs exist."""
    return looks(experiment, experiment.seeds_of_looks)


def least_at(claim: Claim, experiment: Experiment, n: int) -> float:
    """Return the smallest p-value that a sentence could have with n seeds."""
    return least_of(untested_at(claim, experiment, n))


def untested_at(claim: Claim, experiment: Experiment, n: int) -> Sentence:
    """Return the tests of a sentence with n seeds, without effects."""
    metrics = {column.name: metric_of(column.metric) for column in experiment.columns}
    rows = []
    for check in claim.checks:
        places = (check.effect.minuend, check.effect.subtrahend)
        of = [metrics[place.column] for place in places if place.number is None]
        for part in check.parts():
            method = method_of(of, len(part), experiment.judged_by)
            rows.append(Row(check.bound, Evidence(method, (), exact=not experiment.random), 0.0))
    return Sentence(tuple(rows), claim.all_but, experiment.runs_per_number * claim.by_repeats, n)


def level_of_times(experiment: Experiment) -> float:
    """Return the share of the 5 % error for sentences about times, which further seeds cannot decide.

    They are judged in one look, with a share in proportion to their number. The other sentences divide the
    rest among their looks.
    """
    testable = [claim for claim in experiment.claims if claim.testable]
    timed = sum(about_times(claim, experiment) for claim in testable)
    return ALPHA * timed / len(testable) if timed else 0.0


def about_times(claim: Claim, experiment: Experiment) -> bool:
    """Return whether all effects of a sentence are ones of times."""
    metric = {column.name: metric_of(column.metric) for column in experiment.columns}
    places = [place for check in claim.checks for place in (check.effect.minuend, check.effect.subtrahend)]
    return bool(places) and all(metric[p.column].timed_in for p in places if p.number is None)


def verdicts(experiment: Experiment, measurements: Measurements, seeds: Sequence[int]) -> list[Verdict]:
    """Return a verdict on each sentence, in the experiment's order."""
    found = [_untested(claim, experiment, measurements) for claim in experiment.claims]
    timed = [i for i, claim in enumerate(experiment.claims) if about_times(claim, experiment)]
    others = [i for i in range(len(found)) if i not in timed]
    _look(found, timed, Look((), level_of_times(experiment)))
    for look in looks(experiment, seeds):
        _look(found, others, look)
    return found


def sentence_of(verdict: Verdict, samples: Sequence[Evidence], look: Look) -> Sentence:
    """Return the tests of a sentence at a look, given a sample for each of its rows."""
    rows = [
        Row(row.tested.check.bound, sample, row.tested.negligible)
        for row, sample in zip(verdict.rows, samples, strict=True)
    ]
    claim = verdict.claim
    repeat = verdict.rows[0].tested.m if claim.by_repeats else 0
    return Sentence(tuple(rows), claim.all_but, repeat, len(look.seeds))


def _untested(claim: Claim, experiment: Experiment, measurements: Measurements) -> Verdict:
    outcome: Outcome = "undecided" if claim.testable else "cannot be told"
    every = [one for check in claim.checks for one in tested(check, experiment, measurements)]
    return Verdict(claim, outcome, tuple(RowVerdict(one, outcome) for one in every))


def _look(found: list[Verdict], which: Sequence[int], look: Look) -> None:
    """Judge some sentences at a look, unless they are already decided; update their verdicts in `found`.

    Rows that lack runs of the look have no evidence, and keep what an earlier look found. A sentence without
    any row with evidence stays as it is.
    """
    left = [i for i in which if not found[i].decided]
    sentences = [
        sentence_of(found[i], [row.tested.evidence(look.seeds) for row in found[i].rows], look) for i in left
    ]
    for i, sentence, decision in zip(left, sentences, decide(sentences, look.level), strict=True):
        judged = [bool(row.sample.effects) for row in sentence.rows]
        if any(judged):
            found[i] = _after(found[i], decision, judged, look)


def _after(verdict: Verdict, decision: Decision, judged: Sequence[bool], look: Look) -> Verdict:
    """Return a verdict updated by the decision at a look.

    Rows stay as they are if an earlier look decided them, or if this one had no evidence.
    """
    times = ALPHA / look.level
    seeds = len(look.seeds) or None
    rows = [
        row
        if row.decided or not there
        else RowVerdict(row.tested, new.outcome, new.strength.multiplied(times), new.within, seeds)
        for row, new, there in zip(verdict.rows, decision.rows, judged, strict=True)
    ]
    outcome = decision.outcome
    if outcome in LEFT:
        outcome = undecided_or_near([row.outcome for row in rows])
    return replace(
        verdict,
        outcome=outcome,
        rows=tuple(rows),
        strength=decision.strength.multiplied(times),
        seeds=None if outcome in LEFT else seeds,
    )
