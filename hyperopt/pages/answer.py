"""The opening of a page: its verdicts, how many numbers agree, and what was run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from hyperopt.experiments.experiment import Experiment
from hyperopt.findings import within_range
from hyperopt.findings.judging import Outcome
from hyperopt.findings.measurements import Obstacle
from hyperopt.findings.rates import rates_of_rows
from hyperopt.findings.tally import Tally, tally_of
from hyperopt.findings.verdicts import Verdict
from hyperopt.findings.view import View
from hyperopt.findings.what_ran import what_ran
from hyperopt.pages.blocks import Block, Folded, Sentences, Table
from hyperopt.pages.rests import counted_by, only, rests
from hyperopt.pages.undecided import shared_told
from hyperopt.wording import counted, listed, uncapitalized

HEADS: Mapping[Outcome, str] = {
    "holds": "Holds",
    "does not hold": "Does not hold",
    "at the bound": "At the bound",
    "undecided": "Undecided",
    "cannot be told": "Cannot be told",
}

WHY_NOT: Mapping[Obstacle, str] = {
    "diverged": "a run diverged",
    "equal": "the few runs, all equal, show no spread",
    "single": "a single run shows no spread",
}
"""Why numbers cannot be compared."""


def summary(view: View) -> str:
    """Return one line without Markdown: how many sentences hold, and how many numbers agree."""
    if not view.measured:
        return "no runs yet"
    what = "point" if view.experiment.figure else "number"
    share = expected_share(view)
    agree = numbers(view.tally, what, by_range=share is not None)
    if share is not None and view.tally.compared:
        agree += f" (within our range, where {share} % are expected)"
    parts = [sentences(view.tally), agree]
    return "; ".join(filter(None, parts)) or "nothing to compare"


def sentences(tally: Tally) -> str:
    """Return text such as `of 6 sentences 4 hold, 2 are undecided; both checks of ours hold`."""
    parts = []
    for counts, one, many in (
        (tally.sentences, "sentence", "sentences"),
        (tally.repeated, "repeated sentence", "repeated sentences"),
        (tally.ours, "check of ours", "checks of ours"),
    ):
        if total := sum(counts.values()):
            several = counted_by(counts, one, many).removesuffix(".")
            parts.append(f"its one {one} {only(counts)}" if total == 1 else uncapitalized(several))
    return "; ".join(parts)


def numbers(tally: Tally, what: str = "number", *, by_range: bool = False) -> str:
    """Return text such as `22 of 27 numbers agree, 9 of them tellingly` or `its one number agrees`.

    Args:
        tally: the counts.
        what: what a number is called.
        by_range: whether numbers are compared with a range. So many then agree by chance that the telling
            ones are not counted.
    """
    left = f"{counted(tally.left_out.total(), what)} cannot be compared" if tally.left_out else ""
    if not tally.compared:
        return left
    if tally.compared == 1:
        text = f"its one {what} {_agrees(tally)}"
    else:
        text = f"{tally.agree} of {counted(tally.compared, what)} agree"
    text += f", {tellingly(tally)}" if tally.agree and not by_range else ""
    return f"{text} ({left})" if left else text


def tellingly(tally: Tally) -> str:
    """Return how many of the numbers that agree do so tellingly: `all of them tellingly`."""
    if tally.compared == 1:
        return "tellingly" if tally.telling else "not tellingly"
    how_many = "none" if not tally.telling else "all" if tally.telling == tally.agree > 1 else tally.telling
    return f"{how_many} of them tellingly"


def by_mean(views: Iterable[View]) -> Tally:
    """Return the counts without pages whose numbers are compared with a range, where many agree by chance."""
    return tally_of((view.verdicts, view.measurements) for view in views if expected_share(view) is None)


def why_not(left_out: Counter[Obstacle]) -> str:
    """Return why numbers cannot be compared; of several reasons, each with how many it applies to."""
    several = len(left_out) > 1
    return listed([f"{WHY_NOT[why]}{f' ({n})' * several}" for why, n in left_out.items()])


def expected_share(view: View) -> int | None:
    """Return the percentage of a heat map's numbers that would agree by chance; None for other pages.

    A number agrees if it is within the range of our runs; this is how often one more run would be.
    """
    share = within_range.expected_share(within_range.by_seeds(view.measurements.values()))
    return None if share is None or not view.experiment.heatmap else round(100 * share)


def by_seeds(view: View) -> str:
    """Return how many numbers are in our range for each number of seeds; "" if all cells have as many.

    Such as `22 of 54 with 3 seeds, where 50 % are expected; 60 of 72 with 11 seeds, where 83 % are`.
    """
    groups = within_range.by_seeds(view.measurements.values())
    parts = [
        f"{group.inside} of {group.compared} with {counted(group.seeds, 'seed')}, where "
        f"{100 * group.expected:.0f} % are{' expected' * (group is groups[0])}"
        for group in groups
    ]
    return "; ".join(parts) if len(groups) > 1 else ""


def section(view: View) -> list[Block]:
    """Return the opening: the verdict on each sentence, the agreement of numbers, and what was run."""
    if not view.measured:
        return ["**No runs yet.**", ran(view.experiment, view), _rates(view.experiment)]
    experiment, tally = view.experiment, view.tally
    head = _head(view)
    parts: list[Block] = [f"**{head}**" if head else "", Sentences(view.verdicts, said(view))]
    if tally.compared:
        parts.append(_numbers(tally, view))
    elif tally.left_out:
        left = counted(tally.left_out.total(), "number")
        parts.append(f"No number can be compared ({left}), as {why_not(tally.left_out)}.")
    return [*parts, ran(experiment, view), _rates(experiment)]


def said(view: View) -> str:
    """Return a list of the sentences in order, each with its verdict."""
    pairs = [(f"**{HEADS[v.outcome]}**", quoted(v, view.experiment)) for v in view.verdicts]
    return "\n".join(f"- ({i}) {verdict}: {sentence}" for i, (verdict, sentence) in enumerate(pairs, 1))


def quoted(verdict: Verdict, experiment: Experiment) -> str:
    """Return the sentence, in quotes if it is the report's, and the basis of its verdict."""
    says = verdict.claim.says.rstrip(".")
    text = f"{says} (ours)." if verdict.claim.ours else f"“{says}”."
    if verdict.claim.same_as:
        where = "said above" if verdict.claim.same_as == experiment.id else f"as in {verdict.claim.same_as}"
        text = f"{text.removesuffix('.')} ({where})."
    return f"{text} {rests(verdict, experiment)}".strip()


def ran(experiment: Experiment, view: View) -> str:
    """Return the line that says what was run."""
    facts = [*what_ran(experiment), view.count if experiment.random else "nothing is random"]
    return f"What was run: {'; '.join(facts)}." if len(facts) > 1 else ""


def _rates(experiment: Experiment) -> Block:
    """Return a folded table of the stack of each row with its resolved rates."""
    rows = rates_of_rows(experiment)
    numbers = "; then other hyperparameters of level 0" if experiment.claims else ""
    head = [experiment.corner or "row", f"stack, with the initial learning rate of each level{numbers}"]
    return Folded("Initial learning rates of each row", [Table(head, rows, left=head)]) if rows else ""


def _head(view: View) -> str:
    tally, of = view.tally, " of the report" if view.experiment.of_report else ""
    parts = [
        counted_by(tally.sentences, f"sentence{of}", f"sentences{of}"),
        counted_by(tally.repeated, "sentence counted elsewhere", "sentences counted elsewhere"),
        counted_by(tally.ours, "check of ours", "checks of ours"),
        *shared_told(view),
    ]
    return " ".join(filter(None, parts))


def _agrees(tally: Tally) -> str:
    """Return the verb for the only compared number."""
    return "agrees" if tally.agree else "does not agree"


def _numbers(tally: Tally, view: View) -> str:
    whose = view.experiment.reference
    words = f"Of {counted(tally.compared, 'number')} of {whose} {tally.agree} agree with ours"
    if tally.compared == 1:
        words = f"The one number of {whose} that is compared {_agrees(tally)} with ours"
    if (share := expected_share(view)) is not None:
        words += f" ({100 * tally.agree / tally.compared:.0f} %; for runs like ours {share} % are expected)"
    elif tally.agree:
        words += f", {tellingly(tally)} (the rival number would not agree)"
    if tally.left_out:
        words += f"; {tally.left_out.total()} more cannot be compared, as {why_not(tally.left_out)}"
    return words + "."
