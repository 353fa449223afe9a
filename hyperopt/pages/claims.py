"""The sentences of a report, the verdict on each, and the rows behind it."""

from __future__ import annotations

from collections.abc import Sequence

from hyperopt.experiments.claim import Check, Place
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.verdicts import RowVerdict, Verdict, about_times
from hyperopt.findings.view import View
from hyperopt.pages import markdown
from hyperopt.pages.blocks import Block, Folded, Sentences, Table
from hyperopt.pages.columns import full
from hyperopt.pages.markdown import interval, number
from hyperopt.pages.undecided import judged_at, why
from hyperopt.statistics import least_p
from hyperopt.wording import counted, possessive, sentence

OF_TIMES = (
    "Of times it is the ratio, paired by round, and n counts rounds; they are looked at once, whatever seeds."
)
OF_RATIOS = "An effect with a / is a ratio; 1 where both sides are equal."
DOC = "../../docs/statistics.md"


def section(view: View) -> list[Block]:
    """The sentences, the table of their rows, and how they were judged; empty without any."""
    if not view.verdicts:
        return []
    listed = [
        " ".join(filter(None, [f"{i}. {said(verdict, view.experiment)}", why(verdict, view, i - 1)]))
        for i, verdict in enumerate(view.verdicts, 1)
    ]
    return ["## Sentences", Sentences(view.verdicts, "\n".join(listed)), *rows(view), _how_judged(view)]


def rows(view: View) -> list[Block]:
    """The table of rows; empty without any."""
    every = [
        (i, verdict, row) for i, verdict in enumerate(view.verdicts, 1) for row in verdict.rows if row.tested
    ]
    if not every:
        return []
    repeats = any(row.tested.repeats is not None for _, _, row in every)
    lost = any(row.tested.diverged[0] for _, _, row in every)
    header = ["sentence", "of", view.experiment.corner, "claimed", "effect", "95 % interval", "n"]
    header += [*(["repeats"] if repeats else []), *(["diverged"] if lost else []), "p", "verdict"]
    table = [_row(i, row, repeats=repeats, lost=lost) for i, _, row in every]
    return [Table(header, table, left=("of", "verdict"))]


def said(verdict: Verdict, experiment: Experiment) -> str:
    """The verdict, the sentence, its effects where they are its own, and how it is read."""
    claim = verdict.claim
    p = f", p {_p(verdict.p)}" if verdict.p is not None and verdict.outcome != "at the bound" else ""
    seeds = f" at {counted(verdict.seeds, 'seed')}" if verdict.seeds and experiment.random else ""
    holding = f", {verdict.holding} of {len(verdict.rows)} rows" if len(verdict.rows) > 1 else ""
    parts = [f"**{sentence(verdict.outcome)}**{seeds}{holding}{p}.", claim.says]
    if claim.ours:
        parts.append("*(A check of ours.)*")
    if claim.same_as:
        parts.append(f"*(As in [{claim.same_as}](../{claim.same_as}.md).)*")
    if claim.by_repeats and (share := verdict.repeats) is not None:
        parts.append(f"{100 * share:.0f} % of repeats would print so.")
    if claim.all_but:
        parts.append(f"Holds where {len(verdict.rows) - claim.all_but} of the rows do.")
    parts += list(dict.fromkeys(filter(None, (_effect(check, experiment) for check in claim.checks))))
    if claim.why:
        parts.append(f"*({claim.why})*")
    if claim.contradicted:
        parts.append(f"**{sentence(possessive(experiment.reference))} own numbers contradict it.**")
    return " ".join(parts)


def _effect(check: Check, experiment: Experiment) -> str:
    """The effect of a check, where it is not the experiment's."""
    if check.effect == experiment.effect:
        return ""
    first, second = (_side(side, experiment) for side in (check.effect.minuend, check.effect.subtrahend))
    of = f"{check.of}: " if check.of else ""
    return f"Effect: {of}{first} {'/' if check.effect.ratio else '−'} {second}."


def _side(side: Place, experiment: Experiment) -> str:
    if side.number is not None:
        return f"{side.number:g}"
    of = (side.row or "").replace("{}", "…") or (experiment.reference if side.reported else "")
    spread = "distance from the median over seeds of " if side.spread else ""
    column = full(experiment, side.column)
    return f"({spread}{column} of {of})" if of else f"({spread}{column})"


def _decimals(row: RowVerdict) -> int:
    """Those of the number from which the effect is taken."""
    first, _ = row.tested.sides[0]
    return max(2, first.cell.decimals) if row.tested.check.effect.ratio else first.cell.decimals


def _row(i: int, row: RowVerdict, *, repeats: bool, lost: bool) -> list[str]:
    tested, decimals = row.tested, _decimals(row)
    diverged, runs = tested.diverged
    center = number(tested.center, decimals) + (" (median)" if tested.method == "median" else "")
    share = tested.repeats
    within = f", within {number(row.within, max(2, decimals))}" if row.within is not None else ""
    outcome = f"**{row.outcome}**" if row.outcome == "does not hold" else f"{row.outcome}{within}"
    return [
        str(i),
        tested.check.of,
        markdown.rows_named(tested.rows),
        markdown.bound(tested.check.bound),
        center,
        interval(tested.interval, decimals),
        str(len(tested.effects)),
        *([markdown.NOTHING if share is None else f"{100 * share:.0f} %"] if repeats else []),
        *([f"{diverged} of {runs}" if diverged else ""] if lost else []),
        _p_of(row),
        outcome,
    ]


def _p_of(row: RowVerdict) -> str:
    """Its p; the look it is of, where there are more seeds by now; the least there can be before any look."""
    n = len(row.tested.effects)
    if row.p is None:
        least = least_p(row.tested.method, n, row.tested.check.bound.ends) if n else 0.0
        return f"≥ {number(least, 2)}" if least and row.outcome != "cannot be told" else markdown.NOTHING
    return f"{_p(row.p)} at {row.seeds}" if row.seeds and row.seeds < n else _p(row.p)


def _p(p: float | None) -> str:
    return "< 0.0001" if p is not None and p < 0.0001 else number(p, 4)


def _how_judged(view: View) -> str:
    experiment, effect = view.experiment, view.experiment.effect
    what = f"({effect.minuend.column}) − ({effect.subtrahend.column})" if effect else "the difference claimed"
    judged = "median" if experiment.judged_by == "median" else "mean"
    words = [f"The effect is {what}, paired by seed; over several rows, its mean over them."]
    timed = any(about_times(verdict.claim, experiment) for verdict in view.verdicts)
    if not experiment.random:
        words.append("Nothing is random here: equal numbers are the numbers.")
    else:
        words.append(
            f"Judged by the {judged}{judged_at(view)}. p is of the verdict, or of the nearer of both, "
            "multiplied for the rows of the sentence, the sentences of the page and the looks: it decides "
            "from 0.05 down. A sentence holds where all its rows do, and does not where one does not. "
            f"[How]({DOC})."
        )
    every = [row for verdict in view.verdicts for row in verdict.rows]
    if any(row.seeds and row.seeds < len(row.tested.effects) for row in every):
        words.append(
            "A p with *at* is of a look at so many seeds, which decided the sentence or the row: it is not "
            "judged anew. Effects and intervals are of all n seeds."
        )
    if _alike_but_told_apart(view.verdicts):
        words.append(
            "The same effects may be decided in one sentence and not in another: a row's p is multiplied for "
            "the rows of its own sentence, so that one of many takes more."
        )
    tests = [row.tested for verdict in view.verdicts for row in verdict.rows]
    if any(one.check.effect.ratio for one in tests):
        words.append(OF_TIMES if timed else OF_RATIOS)
    if any(one.method == "median" for one in tests):
        words.append(
            "The interval of a median takes six seeds and assumes no shape; without it there is none."
        )
    if any(one.method == "share" for one in tests):
        words.append(
            "Shares of runs that diverged are compared by Fisher's exact test; their interval is Clopper and "
            "Pearson's of both."
        )
    if any(one.repeats is not None for one in tests):
        words.append(
            f"Repeats: of all means over {experiment.runs_per_number} of our seeds, the share whose effect "
            "is as claimed: how often the report's own procedure would print the same."
        )
    if any(verdict.claim.by_repeats for verdict in view.verdicts):
        words.append(
            "A sentence about what is printed holds where most repeats would print all of it: told, with the "
            f"binomial test, by repeats of {experiment.runs_per_number} seeds that no other has."
        )
    return " ".join(words)


def _alike_but_told_apart(verdicts: Sequence[Verdict]) -> bool:
    """Whether two rows have the same effects, seed by seed, and the same bound, but not the same verdict."""
    seen: dict[tuple[object, ...], set[str]] = {}
    for row in (row for verdict in verdicts for row in verdict.rows if row.tested.effects):
        key = (row.tested.check.bound, *row.tested.effects.items())
        seen.setdefault(key, set()).add(row.outcome)
    return any(len(outcomes) > 1 for outcomes in seen.values())


def other(views: Sequence[View]) -> list[Block]:
    """The rows of other numbers of seeds, folded away."""
    return [Folded(f"Sentences at {view.count}", table) for view in views if (table := rows(view))]
