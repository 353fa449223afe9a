"""Why a sentence is undecided, and what it would take to decide it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count

from hyperopt.findings.ahead import Ahead
from hyperopt.findings.next_look import Chance
from hyperopt.findings.verdicts import Look, RowVerdict, Verdict, about_times, all_looks, least_at, looks
from hyperopt.findings.view import View
from hyperopt.pages.markdown import rows_named
from hyperopt.statistics import ALPHA, least_above
from hyperopt.wording import counted, duration, listed

UNLIKELY = 0.1
"""If a decision is less probable than this, the page says what prevents it."""
FEW = 2
"""The maximum number of rows that are named."""


def why(verdict: Verdict, view: View, i: int) -> str:
    """Return why the i-th sentence is undecided, and its next look; "" if it is decided or cannot be told."""
    if verdict.decided:
        return ""
    few = too_few(verdict, view)
    few = "" if few in shared(view) else few
    look = view.ahead.get(i)
    against = _against(verdict, view) if look and look.chance.decided < UNLIKELY else ""
    following = next_of(verdict, view, i)
    return " ".join(filter(None, [few, f"*{following}{against}.*" if following else ""]))


def next_of(verdict: Verdict, view: View, i: int) -> str:
    """Return the cost of the i-th sentence's next look and its probable verdicts, without a full stop.

    The result is "" if there is no next look.
    """
    if about_times(verdict.claim, view.experiment):
        return f"More rounds of timing: `python -m benchmarks times {view.experiment.id}`"
    if (look := view.ahead.get(i)) is None:
        return "First the missing runs" if view.origin.missing else ""
    given = f"With {look.seeds} ({_cost(look)})"
    return f"Too few seeds so far. {given} its verdict would be: {odds(look.chance)}"


def _cost(look: Ahead) -> str:
    """Return the cost of a look, such as `400 more runs, 18 min, beyond the planned seeds`."""
    beyond = "" if look.declared else ", beyond the planned seeds"
    counting = "is finished and counts" if look.finished == 1 else "are finished and count"
    finished = f"; {look.finished} {counting} once the rest is" if look.finished else ""
    return f"{counted(look.runs, 'more run')}, {duration(look.seconds)}{beyond}{finished}"


def odds(chance: Chance) -> str:
    """Return the probabilities of verdicts: `holds (68 %), does not hold (2 %), still undecided (30 %)`."""
    shares = {
        "holds": chance.holds,
        "does not hold": chance.does_not_hold,
        "at its bound": chance.at_the_bound,
        "still undecided": 1 - chance.decided,
    }
    return ", ".join(f"{what} ({_percent(p)})" for what, p in shares.items() if round(100 * p))


def shared(view: View) -> list[str]:
    """Return the reasons of `too_few` that several undecided sentences share, or all that there are."""
    reasons = Counter(too_few(verdict, view) for verdict in view.verdicts if verdict.outcome == "undecided")
    return [reason for reason, n in reasons.items() if reason and (n > 1 or len(reasons) == 1)]


def shared_told(view: View) -> list[str]:
    """Return the shared reasons, each with the numbers of its sentences unless it applies to all."""
    left = {i: too_few(v, view) for i, v in enumerate(view.verdicts, 1) if v.outcome == "undecided"}
    reasons = []
    for reason in shared(view):
        own = [i for i, other in left.items() if other == reason]
        of = "" if len(own) == len(left) else f" (sentences {_listed(own)})"
        reasons.append(f"{reason.removesuffix('.')}{of}.")
    return reasons


def too_few(verdict: Verdict, view: View) -> str:
    """Return why a sentence's number of seeds cannot decide it, whatever they show; "" if it can."""
    claim, experiment, n = verdict.claim, view.experiment, _seeds(verdict)
    if not n or about_times(claim, experiment) or (least := least_at(claim, experiment, n)) <= ALPHA:
        return ""
    every = all_looks(experiment)
    level = max((look.level for look in every), default=ALPHA)
    enough = next(more for more in count(n) if least_at(claim, experiment, more) <= level)
    times = f", times {counted(len(every), 'look')}" if len(every) > 1 else ""
    m, by = experiment.runs_per_number, {row.tested.method for row in verdict.rows}
    test = "medians" if by == {"median"} else "Barnard's test" if by == {"share"} else "tests that count"
    what = f"By {test}, {counted(n, 'seed')} cannot"
    if claim.by_repeats:
        what = f"{counted(n, 'seed')} make {counted(n // m, 'repeat')} of {m}, which cannot"
    given = f"whatever they show (p is at least {least:.4g}{times})"
    return f"{what} decide anything, {given}; {enough} seeds or more are needed."


def judged_at(view: View) -> str:
    """Return at which numbers of seeds the page's sentences are judged, and at which they have been."""
    experiment = view.experiment
    wanted = [len(look.seeds) for look in all_looks(experiment)]
    to_come = {look.seeds for look in view.ahead.values() if look.declared}
    begun = looks(experiment, view.seeds)
    done = [len(look.seeds) for look in begun if len(look.seeds) not in to_come]
    part = [len(look.seeds) for look in begun if len(look.seeds) in to_come and _judges_any(look, view)]
    if not wanted:
        return ""
    text = f" at {_listed(wanted)} seeds"
    if skipped := [n for n in experiment.looks if n not in wanted]:
        text += f" (at {_listed(skipped)} none could be decided)"
    if done == wanted:
        return text
    whole = f"at {_listed(done)}" if done else "" if part else "at none of these"
    some = f"at {_listed(part)} only rows whose runs are all finished" if part else ""
    return f"{text}, so far {', and '.join(filter(None, [whole, some]))}"


def _judges_any(look: Look, view: View) -> bool:
    """Return whether any row has all its runs of a look."""
    rows = (row.tested for verdict in view.verdicts for row in verdict.rows)
    return any(not row.timed and {*look.seeds} <= row.effects.keys() for row in rows)


def _seeds(verdict: Verdict) -> int:
    """Return the number of seeds that may decide a sentence: the most of its rows; by repeats, the fewest."""
    of_rows = [len(row.tested.effects) for row in verdict.rows]
    return (min if verdict.claim.by_repeats else max)(of_rows, default=0)


def _against(verdict: Verdict, view: View) -> str:
    """Return what prevents a decision: rows whose seeds disagree, or many rows."""
    if mixed := _mixed(verdict)[:FEW]:
        return "; " + "; ".join(f"at {_place(row)}, {_either(row)}" for row in mixed)
    many, against = counted(len(verdict.rows), "row"), [row for row in verdict.rows if wrong(row)]
    if len(verdict.rows) == 1:
        return ""
    if not against:
        return f"; in each of {many} all seeds are as claimed" if all(map(_right, verdict.rows)) else ""
    named = ", ".join(map(_place, against[:FEW])) + f" and {len(against) - FEW} more" * (len(against) > FEW)
    be = "is" if len(against) == 1 else "are"
    takes = (
        f", so that {enough} seeds are needed to show it"
        if (enough := _refuting(against, verdict, view))
        else ""
    )
    return (
        f"; {len(against)} of {many} {be} as claimed in no seed ({named}), but p is multiplied by the number "
        f"of rows{takes}"
    )


def _refuting(against: Sequence[RowVerdict], verdict: Verdict, view: View) -> int | None:
    """Return the number of seeds with which the first wrong row can refute the sentence at the last look."""
    experiment, tested = view.experiment, against[0].tested
    if tested.method != "median" or not (every := all_looks(experiment)):
        return None
    left = sum(not other.decided for other in view.verdicts)
    level = every[-1].level / (len(verdict.rows) * left)
    return next(n for n in count(len(tested.effects)) if least_above("median", n, 0.0) <= level)


def wrong(row: RowVerdict) -> bool:
    """Return whether a row is undecided although no seed is as claimed."""
    effects = row.tested.effects.values()
    return (
        row.outcome == "undecided" and bool(effects) and not any(map(row.tested.check.bound.holds, effects))
    )


def _right(row: RowVerdict) -> bool:
    """Return whether a row has seeds and all are as claimed."""
    effects = row.tested.effects.values()
    return bool(effects) and all(map(row.tested.check.bound.holds, effects))


def _either(row: RowVerdict) -> str:
    """Return how many seeds of a row are as claimed and, for a two-sided bound, below and above it."""
    bound, effects = row.tested.check.bound, [*row.tested.effects.values()]
    inside = sum(map(bound.holds, effects))
    below = sum(not bound.holds(effect) and effect <= bound.low for effect in effects)
    text = f"{inside} of {counted(len(effects), 'seed')} are as claimed"
    return f"{text}, {below} below, {len(effects) - inside - below} above" if len(bound.ends) == 2 else text


def _mixed(verdict: Verdict) -> list[RowVerdict]:
    """Return the undecided rows whose seeds disagree, the most evenly divided first."""

    def uneven(row: RowVerdict) -> float:
        bound, effects = row.tested.check.bound, [*row.tested.effects.values()]
        counts = Counter(0 if bound.holds(e) else -1 if e <= bound.low else 1 for e in effects)
        return max(counts.values()) / len(effects)

    left = [row for row in verdict.rows if row.outcome == "undecided" and row.tested.effects]
    return sorted((row for row in left if uneven(row) < 1), key=uneven)


def _place(row: RowVerdict) -> str:
    """Return a row's label and the part of the sentence that it belongs to."""
    of, rows = row.tested.check.of, rows_named(row.tested.rows)
    return f"{rows} ({of})" if of else rows


def _listed(numbers: Sequence[int]) -> str:
    return listed([str(number) for number in numbers])


def _percent(share: float) -> str:
    return "over 99 %" if share > 0.995 else f"{100 * share:.0f} %"
