"""How the sentences of a page were judged, in words that fit its table of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hyperopt.experiments.metrics import LOSSES
from hyperopt.findings.measurements import lost_above, lost_loss_above
from hyperopt.findings.tested import Tested
from hyperopt.findings.verdicts import Verdict, about_times
from hyperopt.findings.view import View
from hyperopt.pages.undecided import judged_at
from hyperopt.wording import counted

DOC = "../../docs/statistics.md"
OF_TIMES = "Effects of times are ratios, paired by round, n counts rounds, and they are looked at once."
OF_RATIOS = "An effect with a / is a ratio; 1 where both sides are equal."
OF_P = (
    "*p alone* is a row's, for the nearer of *holds* and *does not hold*; *times* multiplies it for the rows "
    "of its sentence that are left × the sentences of the page that are left × the looks; *p*, the product, "
    "decides from 0.05 down. A sentence takes the largest p alone where it holds, the smallest times its "
    "rows where it does not, and multiplies that for sentences × looks. [How]({doc})."
)
MEANT = {
    True: "where it diverged, or its error is over twice the median over seeds and five points above it",
    False: "where it diverged, or its loss is over twice the median over seeds",
}
"""What a lost run is, by its error or by its loss."""
FEW = 4
"""So many rows with runs that are lost are named, those with the most."""
NOT_YET = "*p alone* is the least that so many runs can give. [How]({doc})."


def how_judged(view: View) -> str:
    """The effect, the test, the p, and what else the table needs."""
    experiment, effect = view.experiment, view.experiment.effect
    every = [row for verdict in view.verdicts for row in verdict.rows]
    tests = [row.tested for row in every]
    words = []
    if effect:
        sides = f"({effect.minuend.column}) − ({effect.subtrahend.column})"
        words.append(f"The effect is {sides}, paired by seed.")
    if not experiment.random:
        words.append("Nothing is random here: an effect is what it is, without an interval and without a p.")
    else:
        by = "shares" if {one.method for one in tests} == {"share"} else f"the {experiment.judged_by}"
        words.append(f"Judged by {by}{judged_at(view)}.")
        if experiment.judged_by == "median" and (text := _lost(view)):
            words.append(text)
        words.append((OF_P if any(row.strength for row in every) else NOT_YET).format(doc=DOC))
    if any(row.seeds and row.seeds < len(row.tested.effects) for row in every):
        words.append(
            "A p with *at* is of the look at so many seeds that decided the row; its sentence's p, which it "
            "may exceed, is of the look that decided the sentence. Effects and intervals are of all n."
        )
    if any(one.check.effect.ratio for one in tests):
        timed = any(about_times(verdict.claim, experiment) for verdict in view.verdicts)
        words.append(OF_TIMES if timed else OF_RATIOS)
        if timed and (part := _part_of_others(view)):
            words.append(part)
    if any(one.method == "median" for one in tests):
        words.append("The interval of a median takes six seeds.")
    if any(one.method == "share" for one in tests):
        words.append(
            "Shares of runs that diverged are compared by Barnard's exact test, also in the interval."
        )
    if text := _mute(tests):
        words.append(text)
    if any(one.repeats is not None for one in tests):
        words.append(
            f"Repeats: the share of all means over {experiment.runs_per_number} of our seeds whose effect is "
            "as claimed."
        )
    if any(verdict.claim.by_repeats for verdict in view.verdicts):
        words.append(_of_repeats(view.verdicts))
    return " ".join(words)


def _lost(view: View) -> str:
    """How many runs are lost: diverged, or with an error above `lost_above` of theirs; or by their losses.

    Losses count where a page has no errors, each at its last point.
    """
    shown = [one for one in view.measurements.values() if not one.cell.reduction]
    by_error = any(one.cell.metric == "test_error" for one in shown)
    limit_of = lost_above if by_error else lost_loss_above
    metrics = {"test_error"} if by_error else LOSSES
    ends = {(m.cell.run(0).id, m.cell.metric): m for m in shown if m.cell.metric in metrics}
    lost: dict[tuple[str, int], str] = {}
    for (run, _), one in ends.items():
        limit = limit_of(one.by_seed.values())
        lost |= {(run, s): one.cell.row for s, y in one.by_seed.items() if s in one.diverged or y > limit}
    runs = sum({run: len(one.by_seed) for (run, _), one in ends.items()}.values())
    if not runs:
        return ""
    by_row = Counter(lost.values()).most_common()
    if not lost:
        return f"Of {runs} runs none is lost."
    named = [f"{n} of {row}" for row, n in by_row[:FEW]]
    if (more := len(by_row) - FEW) > 0:
        named.append(f"others of {counted(more, 'more row')}")
    be = "is" if len(lost) == 1 else "are"
    return f"Of {runs} runs {len(lost)} {be} lost ({'; '.join(named)}). A run is lost {MEANT[by_error]}."


def _mute(tests: Sequence[Tested]) -> str:
    """How many effects could not have come out otherwise, where one of them is a tie at its bound."""
    ties = [one for one in tests if one.mute and 0.0 in one.check.bound.ends]
    if not (mute := sum(len(one.mute) for one in ties)):
        return ""
    every = sum(len(one.effects) for one in ties)
    return (
        f"In {mute} of {every} effects both numbers are at the end of what they can be, such as a roughness "
        "of 0: such a tie does not say which is smaller, and p is of the others."
    )


def _part_of_others(view: View) -> str:
    """By what the p of other sentences is multiplied for those about times; empty without others."""
    every = [v for v in view.verdicts if v.claim.testable]
    n = sum(not about_times(v.claim, view.experiment) for v in every)
    if not 0 < n < len(every):
        return ""
    return (
        f"Of the 5 % the sentences about times have {len(every) - n}/{len(every)}, the others "
        f"{n}/{len(every)}, so that *times* has a factor of {len(every)}/{len(every) - n} besides for the "
        f"former, {len(every)}/{n} for the latter, which its last factor has in it."
    )


def _of_repeats(verdicts: Sequence[Verdict]) -> str:
    """By which test a sentence about what is printed is judged."""
    numbers = [str(i) for i, verdict in enumerate(verdicts, 1) if verdict.claim.by_repeats]
    return (
        f"Sentence {' and '.join(numbers)} is judged by the binomial test, by repeats that share no seed: it "
        "holds where most of them would print all its rows so; *p alone* is of a row by itself."
    )
