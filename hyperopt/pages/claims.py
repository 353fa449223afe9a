"""The page section with the report's sentences, their verdicts, and the tests of their rows."""

from __future__ import annotations

from collections.abc import Sequence

from hyperopt.experiments.claim import Place
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.judging import Strength, printed
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
    """Return the sentences, the table of their rows, and how they were judged; [] without sentences."""
    if not view.verdicts:
        return []
    listed = [
        " ".join(filter(None, [f"{i}. {said(verdict, view.experiment)}", why(verdict, view, i - 1)]))
        for i, verdict in enumerate(view.verdicts, 1)
    ]
    return ["## Sentences", Sentences(view.verdicts, "\n".join(listed)), *rows(view), how_judged(view)]


def rows(view: View, *, timed: bool = True) -> list[Block]:
    """Return the table of rows; [] without any. `timed` says whether to include rows about times."""
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
    """Return a sentence's verdict and p, its text, how it is read, and its effects, in Markdown.

    The text is cut to its first words unless `whole` is True.
    """
    claim = verdict.claim
    says = claim.says.rstrip(".") if whole else excerpt(claim.says)
    seeds = f" at {counted(verdict.seeds, 'seed')}" if verdict.seeds and experiment.random else ""
    p = _p_text(verdict) if experiment.random else ""
    parts = [f"**{sentence(verdict.outcome)}**{seeds}{p}."]
    parts.append(f"{says} (ours)." if claim.ours else f"“{says}”.")
    if claim.same_as and claim.same_as != experiment.id:
        parts.append(f"*(As in [{claim.same_as}](../{claim.same_as}.md).)*")
    parts.append(claim.why)
    parts.append(_effects(verdict, experiment))
    parts.append(repeated(verdict))
    parts.append(contradiction(verdict, experiment))
    return " ".join(filter(None, parts))


def _p_text(verdict: Verdict) -> str:
    """Return a verdict's p and its factors; for an undecided sentence, also which verdict p is for."""
    strength = verdict.strength
    if strength is None or verdict.outcome == "at the bound":
        return ""
    if strength.p == 1:
        return ", p 1"
    of = f" for *{strength.toward}*" if verdict.outcome == "undecided" else ""
    repeats = f"; {_repeats(verdict)}" if verdict.claim.by_repeats else ""
    return f", p {_p(strength.p)}{of} ({_alone(strength)} × {_times(strength)}{repeats})"


def _repeats(verdict: Verdict) -> str:
    """Return in how many independent repeats the sentence is as printed, on which its p is based."""
    seeds = [tuple(row.tested.effects)[: verdict.seeds] for row in verdict.rows]
    samples = [row.tested.evidence(at) for row, at in zip(verdict.rows, seeds, strict=True)]
    judged = sentence_of(verdict, samples, Look((), 0.0))
    outcomes = printed(judged.rows, judged.spared, judged.repeat)
    return f"{sum(outcomes)} of {counted(len(outcomes), 'repeat')}"


def _effects(verdict: Verdict, experiment: Experiment) -> str:
    """Return the effects of a sentence's checks, unless they are the experiment's."""
    effects = []
    for check in verdict.claim.checks:
        if check.effect != experiment.effect:
            sides = (check.effect.minuend, check.effect.subtrahend)
            first, second = (_side(side, experiment) for side in sides)
            of = f"*{check.of}* " if check.of else ""
            less = "" if check.effect.subtrahend.number == 0 else f" − {second}"
            effects.append(f"{of}{first}{f' / {second}' if check.effect.ratio else less}")
    unique = [*dict.fromkeys(effects)]
    return f"Effect{'s' * (len(unique) > 1)}: {'; '.join(unique)}." if unique else ""


def _side(side: Place, experiment: Experiment) -> str:
    if side.number is not None:
        return f"{side.number:g}"
    of = (side.row or "").replace("{}", "…") or (experiment.reference if side.reported else "")
    spread = "distance from the median over seeds of " if side.spread else ""
    column = full(experiment, side.column)
    return f"({spread}{column} of {of})" if of else f"({spread}{column})"


def _exact(i: int, row: RowVerdict) -> list[str]:
    """Return the cells of a row in which nothing is random, so that its effect has no interval."""
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
    """Return a row's p alone, its factors and their product; before any look, the least possible p."""
    n, strength = len(row.tested.effects), row.strength
    if strength is None:
        least = markdown.NOTHING if row.least is None else f"≥ {row.least:.4g}"
        return [least, *(["", ""] if judged else [])]
    at = f" at {row.seeds}" if row.seeds and row.seeds < n else ""
    return [_alone(strength), _times(strength), f"{_p(strength.p)}{at}"]


def _times(strength: Strength) -> str:
    return " × ".join(f"{factor:.4g}" for factor in strength.factors)


def _alone(strength: Strength) -> str:
    return "1" if strength.alone >= 1 else f"{strength.alone:.4g}"


def _p(p: float) -> str:
    return "1" if p == 1 else "< 0.0001" if p < 0.0001 else number(p, 4)


def other(views: Sequence[View]) -> list[Block]:
    """Return the folded rows of other views that a look has judged, without those about times."""
    tables = [(view, rows(view, timed=False)) for view in views if any(map(_looked_at, view.verdicts))]
    return [Folded(f"Sentences at {view.count}", table) for view, table in tables if table]


def _looked_at(verdict: Verdict) -> bool:
    """Return whether a look at a number of seeds has judged a sentence."""
    return any(row.strength and row.seeds for row in verdict.rows)
