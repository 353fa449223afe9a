"""A verdict on each sentence of a report, at 5 % for all of a page's sentences and looks together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hyperopt.experiments.claim import Claim
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.measurements import Measurements
from hyperopt.findings.tested import Tested, near, refuted, shown, tested
from hyperopt.statistics import ALPHA, divided, fewest_for_median, holm, interval_of, of_several

Outcome = Literal["holds", "does not hold", "at the bound", "undecided", "cannot be told"]
OUTCOMES: tuple[Outcome, ...] = ("holds", "does not hold", "at the bound", "undecided", "cannot be told")


@dataclass(frozen=True)
class RowVerdict:
    """One test of a sentence.

    Attributes:
        tested: the effect.
        outcome: what follows for it alone.
        p: of the outcome, or of the nearer of both where it is undecided; multiplied for the tests of the
            sentence, the sentences of the page and the looks, so that 0.05 decides. None without a look.
        within: where it is at the bound, how far from it the effect may be.
    """

    tested: Tested
    outcome: Outcome
    p: float | None = None
    within: float | None = None


@dataclass(frozen=True)
class Verdict:
    """What our runs say of a sentence.

    Attributes:
        claim: the sentence.
        outcome: the verdict.
        rows: its tests, check by check.
        p: of the verdict, or of the nearer of both, multiplied for the sentences of the page and the looks,
            so that 0.05 decides; None where it was not looked at.
        seeds: at how many the look was that decided it; None where none did.
    """

    claim: Claim
    outcome: Outcome
    rows: tuple[RowVerdict, ...]
    p: float | None = None
    seeds: int | None = None

    @property
    def holding(self) -> int:
        """How many of its rows hold."""
        return sum(row.outcome == "holds" for row in self.rows)

    @property
    def decided(self) -> bool:
        """Whether a further look would change nothing."""
        return self.outcome not in ("undecided", "at the bound")


@dataclass(frozen=True)
class Look:
    """So many seeds, and the share of the 5 % that a decision there may cost."""

    seeds: tuple[int, ...]
    level: float


def looks(experiment: Experiment, seeds: Sequence[int]) -> list[Look]:
    """The experiment's looks for which there are seeds, its own first.

    Where the median is judged, a look at fewer seeds than it takes decides nothing and gets no share.
    """
    at = [n for n in experiment.looks if experiment.judged_by == "mean" or n >= fewest_for_median(ALPHA)]
    own = [seed for seed in experiment.seeds if seed in seeds]
    ordered = [*own, *(seed for seed in seeds if seed not in own)]
    levels = divided(at) if at else ()
    return [Look(tuple(ordered[:n]), level) for n, level in zip(at, levels, strict=True) if n <= len(ordered)]


def verdicts(experiment: Experiment, measurements: Measurements, seeds: Sequence[int]) -> list[Verdict]:
    """A verdict per sentence, in the experiment's order."""
    found = [_untested(claim, experiment, measurements) for claim in experiment.claims]
    for look in looks(experiment, seeds):
        _look(found, look)
    left = sum(not verdict.decided for verdict in found)
    return [_at_the_bound(verdict, ALPHA / max(1, left)) for verdict in found]


def _untested(claim: Claim, experiment: Experiment, measurements: Measurements) -> Verdict:
    outcome: Outcome = "undecided" if claim.testable else "cannot be told"
    every = [one for check in claim.checks for one in tested(check, experiment, measurements)]
    return Verdict(claim, outcome, tuple(RowVerdict(one, outcome) for one in every))


def _look(found: list[Verdict], look: Look) -> None:
    """Decide what can be decided at a look: by Holm's step-down over the sentences not decided before."""
    left = [i for i, verdict in enumerate(found) if not verdict.decided]
    ps = [_sentence(found[i], look) for i in left]
    rejected, times = holm([min(p) for p in ps], look.level)
    for i, (holds, fails), decided, factor in zip(left, ps, rejected, times, strict=True):
        verdict = _rows(found[i], look, factor, holds=decided and holds <= fails)
        p = min(1.0, min(holds, fails) * factor * ALPHA / look.level)
        if decided:
            outcome: Outcome = "holds" if holds <= fails else "does not hold"
            verdict = replace(verdict, outcome=outcome, seeds=len(look.seeds))
        found[i] = replace(verdict, p=p)


def _sentence(verdict: Verdict, look: Look) -> tuple[float, float]:
    """Of a sentence p that it holds, as all but so many of its rows must, and p that it does not."""
    pairs = [_evidence(row.tested, look) for row in verdict.rows]
    n, spared = len(pairs), verdict.claim.all_but
    holds = of_several([holds for holds, _ in pairs], n - spared)
    return holds, of_several([fails for _, fails in pairs], spared + 1)


def _evidence(one: Tested, look: Look) -> tuple[float, float]:
    """Of one effect p that it is as claimed, and p that it is not."""
    bound, sample = one.check.bound, one.evidence(look.seeds)
    return shown(bound, sample), refuted(bound, sample)


def _rows(verdict: Verdict, look: Look, sentences: int, *, holds: bool) -> Verdict:
    """The rows of a sentence: by Holm's step-down within it, all alike where all of them hold."""
    pairs = [_evidence(row.tested, look) for row in verdict.rows]
    level = look.level / sentences
    rejected, times = holm([min(pair) for pair in pairs], level)
    rows = []
    for row, (yes, no), decided, factor in zip(verdict.rows, pairs, rejected, times, strict=True):
        if holds and yes <= level:
            decided, factor = True, 1
        if row.outcome == "undecided":
            outcome: Outcome = row.outcome if not decided else "holds" if yes <= no else "does not hold"
            row = replace(row, outcome=outcome, p=min(1.0, min(yes, no) * factor * ALPHA / level))
        rows.append(row)
    return replace(verdict, rows=tuple(rows))


def _at_the_bound(verdict: Verdict, level: float) -> Verdict:
    """Where all that is undecided lies within a negligible difference of its bound, the sentence does too."""
    if verdict.outcome != "undecided":
        return verdict
    rows = [_row_at_the_bound(row, level) for row in verdict.rows]
    left = {row.outcome for row in rows} - {"holds"}
    outcome: Outcome = "at the bound" if left == {"at the bound"} else "undecided"
    return replace(verdict, outcome=outcome, rows=tuple(rows))


def _row_at_the_bound(row: RowVerdict, level: float) -> RowVerdict:
    one, bound = row.tested, row.tested.check.bound
    if row.outcome != "undecided" or row.p is None:
        return row
    sample = one.evidence()
    p, interval = near(bound, sample, one.negligible), interval_of(sample, 1 - level)
    if p > level or interval is None:
        return row
    within = min(max(abs(interval.low - end), abs(interval.high - end)) for end in (bound.low, bound.high))
    return replace(row, outcome="at the bound", within=within)
