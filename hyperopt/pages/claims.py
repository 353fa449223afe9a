"""The report's claims and the verdict on each."""

from __future__ import annotations

from collections.abc import Sequence

from hyperopt.experiments.claim import Claim, Place
from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings.verdicts import Verdict
from hyperopt.findings.view import View
from hyperopt.pages import markdown
from hyperopt.pages.markdown import interval, number
from hyperopt.statistics import SMALLEST_TEST
from hyperopt.wording import possessive, sentence

OF_TIMES = "Of times it is the ratio, paired by round, and n counts rounds."
OF_RATIOS = "An effect with a / is a ratio; 1 where both sides are equal."


def section(views: Sequence[View]) -> str:
    """The claims, a table of verdicts per view, and how they were judged; empty without claims."""
    claims = views[0].experiment.claims
    if not claims:
        return ""
    said = [f"{i}. {_said(claim, views[0].experiment)}" for i, claim in enumerate(claims, 1)]
    parts = ["## Claims", "\n".join(said)]
    for view in views:
        parts += [f"### {view.count}"] if len(views) > 1 else []
        parts.append(_table(view))
    return "\n\n".join([*parts, _how_judged(views)])


def _said(claim: Claim, experiment: Experiment) -> str:
    """The sentence, its effect where that is not the experiment's, and why it has this bound."""
    parts = [claim.says]
    if claim.effect != experiment.effect:
        sides = (claim.effect.minuend, claim.effect.subtrahend)
        first, second = (_side(side, experiment) for side in sides)
        parts.append(f"Effect: {first} {'/' if claim.effect.ratio else '−'} {second}.")
    if claim.why:
        parts.append(f"*({claim.why})*")
    if claim.contradicted:
        parts.append(f"**{sentence(possessive(experiment.reference))} own numbers contradict it.**")
    return " ".join(parts)


def _side(side: Place, experiment: Experiment) -> str:
    of = side.row or (experiment.reference if side.reported else "")
    return f"({side.column} of {of})" if of else f"({side.column})"


def _are_timed(experiment: Experiment) -> bool:
    return any(metric_of(column.metric).timed_in for column in experiment.columns)


def _table(view: View) -> str:
    experiment = view.experiment
    p = ["p"] if _has_p(view) else []
    header = ["claim", experiment.corner, "claimed", "effect", "interval", "n", *p, "diverged", "verdict"]
    rows = [
        _row(verdict, experiment.claims.index(verdict.claim) + 1, _decimals(verdict, view), with_p=bool(p))
        for verdict in view.verdicts
    ]
    return markdown.table(header, rows, left=("verdict",))


def _has_p(view: View) -> bool:
    return any(verdict.p is not None for verdict in view.verdicts)


def _decimals(verdict: Verdict, view: View) -> int:
    """The decimals of the number from which the effect is taken."""
    place, ratio = verdict.claim.effect.minuend, verdict.claim.effect.ratio
    decimals = view.measurements[place.row_at(verdict.rows[0]), place.column].cell.decimals
    return max(2, decimals) if ratio else decimals


def _row(verdict: Verdict, i: int, decimals: int, *, with_p: bool) -> list[str]:
    lost, runs = verdict.diverged
    center = number(verdict.center, decimals) + (" (median)" if verdict.by_rank else "")
    bound, shown = markdown.bound(verdict.claim.bound), interval(verdict.interval, decimals)
    p = [_p(verdict.p)] if with_p else []
    diverged = f"{lost} of {runs}" if lost else ""
    outcome = f"**{verdict.outcome}**" if verdict.outcome == "not reproduced" else verdict.outcome
    return [
        str(i),
        markdown.rows_named(verdict.rows),
        bound,
        center,
        shown,
        str(len(verdict.effects)),
        *p,
        diverged,
        outcome,
    ]


def _p(p: float | None) -> str:
    return "< 0.0001" if p is not None and p < 0.0001 else number(p, 4)


def _how_judged(views: Sequence[View]) -> str:
    effect = views[0].experiment.effect
    what = f"({effect.minuend.column}) − ({effect.subtrahend.column})" if effect else "the difference claimed"
    words = [
        f"The effect is {what}, paired by seed; over several rows, its mean over them. A claim is "
        "reproduced where the whole 95 % interval of the effect is as claimed, not reproduced where none "
        "of it is, undecided otherwise."
    ]
    if any(claim.effect.ratio for claim in views[0].experiment.claims):
        words.append(OF_TIMES if _are_timed(views[0].experiment) else OF_RATIOS)
    told = [verdict for view in views for verdict in view.verdicts if verdict.by_rank]
    if told:
        where = (
            "Where a run diverged" if any(v.diverged[0] for v in told) else "Where a run may never get there"
        )
        words.append(
            f"{where}, a t interval means nothing: the median of the effects stands, and its "
            "distribution-free interval, which covers 95 % or more from six seeds on and is the range below "
            "(75 % at n = 3)."
        )
    if any(map(_has_p, views)):
        words.append(
            f"p is of the paired t-test that the effect is 0, from {SMALLEST_TEST} seeds, not corrected for "
            "their number."
        )
    return " ".join(words)
