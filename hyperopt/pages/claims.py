"""The sentences of a report, the verdict on each, and the rows behind it."""

from __future__ import annotations

from collections.abc import Sequence

from hyperopt.experiments.claim import Place
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.judging import Strength, least_of_row, printed
from hyperopt.findings.verdicts import Look, RowVerdict, Verdict, sentence_of
from hyperopt.findings.view import View
from hyperopt.pages import markdown
from hyperopt.pages.blocks import Block, Folded, Sentences, Table
from hyperopt.pages.columns import full
from hyperopt.pages.how_judged import how_judged
from hyperopt.pages.markdown import interval, number
from hyperopt.pages.rests import center, contradiction, decimals, repeated
from hyperopt.pages.undecided import why, wrong
from hyperopt.wording import counted, excerpt, sentence


def section(view: View) -> list[Block]:
    """The sentences, the table of their rows, and how they were judged; empty without any."""
    if not view.verdicts:
        return []
    listed = [
        " ".join(filter(None, [f"{i}. {said(verdict, view.experiment)}", why(verdict, view, i - 1)]))
        for i, verdict in enumerate(view.verdicts, 1)
    ]
    return ["## Sentences", Sentences(view.verdicts, "\n".join(listed)), *rows(view), how_judged(view)]


def rows(view: View, *, timed: bool = True) -> list[Block]:
    """The table of rows, `timed` with those about times; empty without any."""
    every = [
        (i, verdict, row)
        for i, verdict in enumerate(view.verdicts, 1)
        for row in verdict.rows
        if timed or not row.tested.timed
    ]
    if not every:
        return []
    repeats = any(row.tested.repeats is not None for _, _, row in every)
    lost = any(row.tested.diverged[0] for _, _, row in every)
    judged = any(row.strength for _, _, row in every)
    header = ["sentence", "of", view.experiment.corner, "claimed", "effect"]
    if not view.experiment.random:
        return [Table([*header, "verdict"], [_exact(i, row) for i, _, row in every], left=("of", "verdict"))]
    header += ["95 % interval", "n", *(["repeats"] if repeats else []), *(["diverged"] if lost else [])]
    header += ["p alone", *(["times", "p"] if judged else []), "verdict"]
    table = [_row(i, row, repeats=repeats, lost=lost, judged=judged) for i, _, row in every]
    return [Table(header, table, left=("of", "verdict"))]


def said(verdict: Verdict, experiment: Experiment, *, whole: bool = False) -> str:
    """The verdict with its p, the sentence by its first words or `whole`, how it is read, and its effects."""
    claim = verdict.claim
    says = claim.says.rstrip(".") if whole else excerpt(claim.says)
    seeds = f" at {counted(verdict.seeds, 'seed')}" if verdict.seeds and experiment.random else ""
    p = _p_told(verdict) if experiment.random else ""
    parts = [f"**{sentence(verdict.outcome)}**{seeds}{p}."]
    parts.append(f"{says} (ours)." if claim.ours else f"“{says}”.")
    if claim.same_as and claim.same_as != experiment.id:
        parts.append(f"*(As in [{claim.same_as}](../{claim.same_as}.md).)*")
    parts.append(claim.why)
    parts.append(_effects(verdict, experiment))
    parts.append(repeated(verdict))
    parts.append(contradiction(verdict, experiment))
    return " ".join(filter(None, parts))


def _p_told(verdict: Verdict) -> str:
    """Its p and how that comes about; of which verdict it is where there is none yet."""
    strength = verdict.strength
    if strength is None or verdict.outcome == "at the bound":
        return ""
    if strength.p == 1:
        return ", p 1"
    of = f" for *{strength.toward}*" if verdict.outcome == "undecided" else ""
    repeats = f"; {_repeats(verdict)}" if verdict.claim.by_repeats else ""
    return f", p {_p(strength.p)}{of} ({_alone(strength)} × {_times(strength)}{repeats})"


def _repeats(verdict: Verdict) -> str:
    """In how many repeats that share no seed the sentence is as printed, which is what its p is of."""
    seeds = [tuple(row.tested.effects)[: verdict.seeds] for row in verdict.rows]
    samples = [row.tested.evidence(at) for row, at in zip(verdict.rows, seeds, strict=True)]
    judged = sentence_of(verdict, samples, Look((), 0.0))
    outcomes = printed(judged.rows, judged.spared, judged.repeat)
    return f"{sum(outcomes)} of {counted(len(outcomes), 'repeat')}"


def _effects(verdict: Verdict, experiment: Experiment) -> str:
    """The effects of its checks, where they are not the experiment's."""
    told = []
    for check in verdict.claim.checks:
        if check.effect != experiment.effect:
            sides = (check.effect.minuend, check.effect.subtrahend)
            first, second = (_side(side, experiment) for side in sides)
            of = f"*{check.of}* " if check.of else ""
            less = "" if check.effect.subtrahend.number == 0 else f" − {second}"
            told.append(f"{of}{first}{f' / {second}' if check.effect.ratio else less}")
    unique = [*dict.fromkeys(told)]
    return f"Effect{'s' * (len(unique) > 1)}: {'; '.join(unique)}." if unique else ""


def _side(side: Place, experiment: Experiment) -> str:
    if side.number is not None:
        return f"{side.number:g}"
    of = (side.row or "").replace("{}", "…") or (experiment.reference if side.reported else "")
    spread = "distance from the median over seeds of " if side.spread else ""
    column = full(experiment, side.column)
    return f"({spread}{column} of {of})" if of else f"({spread}{column})"


def _exact(i: int, row: RowVerdict) -> list[str]:
    """A row of which nothing is random: the effect is what it is."""
    tested = row.tested
    outcome = f"**{row.outcome}**" if row.outcome == "does not hold" else row.outcome
    named = [str(i), tested.check.of, markdown.rows_named(tested.rows), markdown.bound(tested.check.bound)]
    return [*named, center(row), outcome]


def _row(i: int, row: RowVerdict, *, repeats: bool, lost: bool, judged: bool) -> list[str]:
    tested, places = row.tested, decimals(row)
    diverged, runs = tested.diverged
    share = tested.repeats
    within = f", within {number(row.within, max(2, places))}" if row.within is not None else ""
    outcome = f"**{row.outcome}**" if row.outcome == "does not hold" else f"{row.outcome}{within}"
    outcome += f", no {'round' if tested.timed else 'seed'} as claimed" * wrong(row)
    return [
        str(i),
        tested.check.of,
        markdown.rows_named(tested.rows),
        markdown.bound(tested.check.bound),
        center(row),
        interval(tested.interval, places),
        str(len(tested.effects)),
        *([markdown.NOTHING if share is None else f"{100 * share:.0f} %"] if repeats else []),
        *([f"{diverged} of {runs}" if diverged else ""] if lost else []),
        *_p_of(row, judged=judged),
        outcome,
    ]


def _p_of(row: RowVerdict, *, judged: bool) -> list[str]:
    """Its p alone, times how much, the product; the least there can be before any look."""
    n, strength = len(row.tested.effects), row.strength
    if strength is None:
        least = min(least_of_row(row.tested.check.bound, row.tested.method, n)) if n else 0.0
        told = least and row.outcome != "cannot be told"
        return [f"≥ {least:.4g}" if told else markdown.NOTHING, *(["", ""] if judged else [])]
    at = f" at {row.seeds}" if row.seeds and row.seeds < n else ""
    return [_alone(strength), _times(strength), f"{_p(strength.p)}{at}"]


def _times(strength: Strength) -> str:
    return " × ".join(f"{factor:.4g}" for factor in strength.factors)


def _alone(strength: Strength) -> str:
    return "1" if strength.alone >= 1 else f"{strength.alone:.4g}"


def _p(p: float) -> str:
    return "1" if p == 1 else "< 0.0001" if p < 0.0001 else number(p, 4)


def other(views: Sequence[View]) -> list[Block]:
    """The rows of other numbers of seeds, folded away: of such as a look judges, and not of times."""
    tables = [(view, rows(view, timed=False)) for view in views if any(map(_looked_at, view.verdicts))]
    return [Folded(f"Sentences at {view.count}", table) for view, table in tables if table]


def _looked_at(verdict: Verdict) -> bool:
    """Whether a look at a number of seeds has judged it."""
    return any(row.strength and row.seeds for row in verdict.rows)
