"""Why a sentence is undecided, and what it would take to decide it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count

from hyperopt.experiments.claim import Bound
from hyperopt.findings.ahead import Ahead
from hyperopt.findings.verdicts import RowVerdict, Verdict, about_times, least_at, looks
from hyperopt.findings.view import View
from hyperopt.pages.markdown import number, rows_named
from hyperopt.statistics import ALPHA, Interval
from hyperopt.wording import counted, duration

UNLIKELY = 0.05
"""Below such a probability more seeds are not expected to tell."""
FEW = 2
"""So many rows are named."""


def why(verdict: Verdict, view: View, i: int) -> str:
    """Why the i-th sentence is not decided, and what is next; empty where it is, or cannot be told."""
    if verdict.decided:
        return ""
    parts = [too_few(verdict, view), _multiplied(verdict)]
    if about_times(verdict.claim, view.experiment):
        parts.append(f"To decide it takes more rounds: `python -m benchmarks times {view.experiment.id}`.")
    elif look := view.ahead.get(i):
        parts.append(_next(verdict, look))
    return " ".join(filter(None, parts))


def too_few(verdict: Verdict, view: View) -> str:
    """That its seeds cannot decide it, whatever they give; empty where they can."""
    claim, experiment, n = verdict.claim, view.experiment, _seeds(verdict)
    if not n or about_times(claim, experiment) or least_at(claim, experiment, n) <= ALPHA:
        return ""
    enough = next(more for more in count(n) if least_at(claim, experiment, more) <= ALPHA)
    least = number(least_at(claim, experiment, n), 2)
    m, by = experiment.runs_per_number, {row.tested.method for row in verdict.rows}
    test = "the median" if by == {"median"} else "Fisher's test" if by == {"share"} else "tests that count"
    what = f"By {test} {counted(n, 'seed')}"
    if claim.by_repeats:
        what = f"{counted(n, 'seed')} make {counted(n // m, 'repeat')} of {m}, which"
    return (
        f"{what} decide nothing, whatever they give: p would be {least} at least. "
        f"It takes {enough} seeds or more."
    )


def judged_at(view: View) -> str:
    """At which seeds the page's sentences are judged, and at which of them they were so far."""
    experiment = view.experiment
    wanted = [len(look.seeds) for look in looks(experiment, experiment.look_seeds(experiment.looks[-1]))]
    done = [len(look.seeds) for look in looks(experiment, view.seeds)]
    if not wanted:
        return ""
    text = f" at {_listed(wanted)} seeds"
    if skipped := [n for n in experiment.looks if n not in wanted]:
        text += f" (at {_listed(skipped)} none could be decided)"
    if done == wanted:
        return text
    return f"{text}, so far at {_listed(done)}" if done else f"{text}, so far at none of these"


def _seeds(verdict: Verdict) -> int:
    """How many seeds it has: the fewest of its rows."""
    return min((len(row.tested.effects) for row in verdict.rows), default=0)


def _next(verdict: Verdict, look: Ahead) -> str:
    """The look to come, and how probably it tells the sentence, or why it is not expected to."""
    took = f"{counted(look.runs, 'more run')}, {duration(look.seconds)} at the pace of ours"
    which = "The look" if look.declared else "A look beyond the declared ones,"
    head, chance = f"{which} at {look.seeds} seeds ({took})", look.chance
    if chance.told < UNLIKELY:
        reason = _not_expected(verdict, look)
        return f"*More seeds are not expected to decide it: {reason}. {head} would probably not.*"
    odds = []
    if chance.decided:
        odds.append(f"decides it with a probability of {_percent(chance.decided)}")
    if chance.at_the_bound:
        odds.append(f"shows it at its bound with a probability of {_percent(chance.at_the_bound)}")
    return f"*{head} {', and '.join(odds)}.*"


def _not_expected(verdict: Verdict, look: Ahead) -> str:
    """What stands against a decision: rows of which seeds say either, or many rows."""
    seeds = [f"at {_place(row)} {_either(row)}" for row in _mixed(verdict)[:FEW]]
    p = f"p would be about {number(look.chance.p, 2)}"
    if seeds:
        return f"{'; '.join(seeds)}; were further seeds like these, {p}"
    return (
        f"were further seeds like these, {p}, multiplied for {counted(len(verdict.rows), 'row')}, the "
        "sentences of the page and its looks"
    )


def _either(row: RowVerdict) -> str:
    """How many of its seeds are as claimed, below and above."""
    bound, effects = row.tested.check.bound, [*row.tested.effects.values()]
    inside = sum(map(bound.holds, effects))
    below = sum(not bound.holds(effect) and effect <= bound.low for effect in effects)
    text = f"{inside} of {counted(len(effects), 'seed')} are as claimed"
    return f"{text}, {below} below, {len(effects) - inside - below} above" if len(bound.ends) == 2 else text


def _mixed(verdict: Verdict) -> list[RowVerdict]:
    """The undecided rows of which some seeds say one thing and some another, the most even first."""

    def uneven(row: RowVerdict) -> float:
        bound, effects = row.tested.check.bound, [*row.tested.effects.values()]
        counts = Counter(0 if bound.holds(e) else -1 if e <= bound.low else 1 for e in effects)
        return max(counts.values()) / len(effects)

    left = [row for row in verdict.rows if row.outcome == "undecided" and row.tested.effects]
    return sorted((row for row in left if uneven(row) < 1), key=uneven)


def _multiplied(verdict: Verdict) -> str:
    """Which undecided rows lie outside of what is claimed, each taken alone; empty without any."""
    outside = [
        _place(row)
        for row in verdict.rows
        if row.outcome == "undecided"
        and row.tested.interval
        and _outside(row.tested.interval, row.tested.check.bound)
    ]
    if not outside or verdict.p is None:
        return ""
    named = ", ".join(outside[:FEW]) + (f" and {len(outside) - FEW} more" if len(outside) > FEW else "")
    be = "lies" if len(outside) == 1 else "lie"
    return (
        f"Taken alone {named} {be} outside of what is claimed; p is {number(verdict.p, 4)}, multiplied for "
        f"{counted(len(verdict.rows), 'row')}, the sentences of the page and looks."
    )


def _outside(interval: Interval, bound: Bound) -> bool:
    return interval.high < bound.low or interval.low > bound.high


def _place(row: RowVerdict) -> str:
    """The row, and of which part of the sentence."""
    of, rows = row.tested.check.of, rows_named(row.tested.rows)
    return f"{rows} ({of})" if of else rows


def _listed(numbers: Sequence[int]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last


def _percent(share: float) -> str:
    return "over 99 %" if share == 1 else f"{100 * share:.0f} %"
