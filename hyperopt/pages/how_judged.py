"""The explanation of how a page's sentences were judged, below its table of rows."""

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
OF_TIMES = "Effects of times are ratios, paired by round; n is the number of rounds. They are judged once."
OF_RATIOS = "An effect with a / is a ratio; 1 means that both sides are equal."
OF_P = (
    "*p alone* is the p-value of a row, for whichever of *holds* and *does not hold* has the smaller one. "
    "*times* corrects it for multiple tests. Its factors are, in this order, the rows of the sentence (1 if "
    "it holds), the sentences of the page and the looks; what was decided before does not count. The product "
    "*p* decides if it is 0.05 or less. In the brackets of a sentence its own p alone is multiplied for "
    "sentences, then looks. If k of its n rows suffice, that is the k-th smallest p alone of the rows, times "
    "n − k + 1: to hold, the largest if all must hold; not to hold, n times the smallest if one suffices. "
    "[Details]({doc})."
)
MEANT = {
    True: "if it diverged, or if its test error is more than twice the median over seeds and more than five "
    "points above it",
    False: "if it diverged, or – as this page has no test errors – if its loss is more than twice the median "
    "over seeds",
}
"""When a run is lost, by its error (True) or by its loss."""
ERRORS = frozenset({"test_error", "test_accuracy"})
FEW = 4
"""The maximum number of rows with lost runs that are named."""
NOT_YET = "*p alone* (≥) is the least p that so few seeds can give, whatever they show. [Details]({doc})."
SOME = (
    "*p alone* with ≥ is the least p that so few seeds can give, whatever they show: the row lacks runs, so "
    "that no look has judged it yet, and counts with a p of 1."
)


def how_judged(view: View) -> str:
    """Return the explanation: the effect, the test, the p-values, and other columns of the table."""
    experiment, effect = view.experiment, view.experiment.effect
    every = [row for verdict in view.verdicts for row in verdict.rows]
    tests = [row.tested for row in every]
    words = []
    if effect:
        sides = f"({effect.minuend.column}) − ({effect.subtrahend.column})"
        words.append(f"The effect is {sides}, paired by seed.")
    if not experiment.random:
        words.append("Nothing is random here, so effects have no interval and no p-value.")
    else:
        by = "shares" if {one.method for one in tests} == {"share"} else f"the {experiment.judged_by}"
        words.append(f"Judged by {by}{judged_at(view)}.")
        if experiment.judged_by == "median" and (text := _lost(view)):
            words.append(text)
        words.append((OF_P if any(row.strength for row in every) else NOT_YET).format(doc=DOC))
        if any(row.strength for row in every) and any(row.least for row in every):
            words.append(SOME)
    if any(row.seeds and row.seeds < len(row.tested.effects) for row in every):
        words.append(
            "A p with *at* is from the look, at this many seeds, that decided the row. The p of its "
            "sentence is from the look that decided the sentence, and may be smaller. Effects and intervals "
            "are over all n seeds."
        )
    if any(one.check.effect.ratio for one in tests):
        timed = any(about_times(verdict.claim, experiment) for verdict in view.verdicts)
        words.append(OF_TIMES if timed else OF_RATIOS)
        if timed and (part := _part_of_others(view)):
            words.append(part)
    if any(one.method == "median" for one in tests):
        words.append("The interval of a median needs six seeds.")
    if any(one.method == "share" for one in tests):
        words.append(
            "Shares of diverged runs are compared by Barnard's exact test, which also gives the interval."
        )
    if text := _mute(tests):
        words.append(text)
    if any(one.repeats is not None for one in tests):
        words.append(
            f"*repeats* is the share of all means over {experiment.runs_per_number} of our seeds whose "
            "effect is as claimed."
        )
    if any(verdict.claim.by_repeats for verdict in view.verdicts):
        words.append(_of_repeats(view.verdicts))
    return " ".join(words)


def _lost(view: View) -> str:
    """Return how many runs are lost, and of which rows; "" without runs.

    A run is lost if it diverged or its error, which may be shown as an accuracy, is above `lost_above`. On a
    page without errors the losses at the last point count instead.
    """
    shown = [one for one in view.measurements.values() if not one.cell.reduction]
    by_error = any(one.cell.metric in ERRORS for one in shown)
    limit_of = lost_above if by_error else lost_loss_above
    metrics = ERRORS if by_error else LOSSES
    ends = {(m.cell.run(0).id, m.cell.metric): m for m in shown if m.cell.metric in metrics}
    lost: dict[tuple[str, int], str] = {}
    for (run, _), one in ends.items():
        accuracy = one.cell.metric == "test_accuracy"
        by_seed = {s: 100 - y if accuracy else y for s, y in one.by_seed.items()}
        limit = limit_of(by_seed.values())
        lost |= {(run, s): one.cell.row for s, y in by_seed.items() if s in one.diverged or y > limit}
    runs = sum({run: len(one.by_seed) for (run, _), one in ends.items()}.values())
    if not runs:
        return ""
    by_row = Counter(lost.values()).most_common()
    if not lost:
        return f"Of {runs} runs none is lost."
    named = [f"{counted(n, 'run')} of row “{row}”" for row, n in by_row[:FEW]]
    if (more := len(by_row) - FEW) > 0:
        named.append(f"others of {counted(more, 'more row')}")
    be = "is" if len(lost) == 1 else "are"
    return f"Of {runs} runs {len(lost)} {be} lost ({'; '.join(named)}). A run is lost {MEANT[by_error]}."


def _mute(tests: Sequence[Tested]) -> str:
    """Return how many effects are mute ties (`Tested.mute`) at a bound of 0; "" if there are none."""
    ties = [one for one in tests if one.mute and 0.0 in one.check.bound.ends]
    if not (mute := sum(len(one.mute) for one in ties)):
        return ""
    every = sum(len(one.effects) for one in ties)
    return (
        f"In {mute} of {every} effects both numbers have the least or the greatest possible value, such as a "
        "roughness of 0. Such a tie does not show which is smaller; p is based on the others."
    )


def _part_of_others(view: View) -> str:
    """Return how the error is divided between sentences about times and others; "" without either."""
    every = [v for v in view.verdicts if v.claim.testable]
    n = sum(not about_times(v.claim, view.experiment) for v in every)
    if not 0 < n < len(every):
        return ""
    return (
        f"Sentences about times get {len(every) - n}/{len(every)} of the 5 % error, the others "
        f"{n}/{len(every)}. So the last factor of *times* includes {len(every)}/{len(every) - n} for the "
        f"former and {len(every)}/{n} for the latter."
    )


def _of_repeats(verdicts: Sequence[Verdict]) -> str:
    """Return which sentences are judged by repeats, and by which test."""
    numbers = [str(i) for i, verdict in enumerate(verdicts, 1) if verdict.claim.by_repeats]
    told = any(one.claim.by_repeats and one.strength and one.strength.p < 1 for one in verdicts)
    brackets = " Its brackets begin with the p of this test and end with how many of these repeats do."
    return (
        f"Sentence {' and '.join(numbers)} is judged by the binomial test on repeats that share no seed: it "
        f"holds if most of them print all its rows as claimed.{brackets * told} *p alone* is that of a "
        "single row."
    )
