"""The basis of a verdict in few words: the tested part of a sentence, its rows, and exceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.figure import Figure
from hyperopt.findings.in_the_report import Printed, printed
from hyperopt.findings.judging import OUTCOMES, Outcome
from hyperopt.findings.tested import Tested
from hyperopt.findings.verdicts import RowVerdict, Verdict
from hyperopt.pages.columns import full
from hyperopt.pages.markdown import bound, number, rows_named
from hyperopt.wording import counted, possessive, sentence, uncapitalized

SINGULAR: Mapping[Outcome, str] = {
    "holds": "holds",
    "does not hold": "does not",
    "at the bound": "lies at its bound",
    "undecided": "is undecided",
    "cannot be told": "cannot be told",
}
PLURAL: Mapping[Outcome, str] = {
    **SINGULAR,
    "holds": "hold",
    "does not hold": "do not",
    "at the bound": "lie at their bounds",
    "undecided": "are undecided",
}
FEW = 3
"""The maximum number of rows that are named."""


def outcomes(counts: Mapping[str, int]) -> str:
    """Return counts in words: `4 hold, 1 does not` or `1 does not hold, 2 are undecided`."""
    whole = not counts.get("holds", 0)
    words = [f"{n} {_does(o, n, whole=whole)}" for o in OUTCOMES if (n := counts.get(o, 0))]
    return ", ".join(words)


def counted_by(counts: Mapping[str, int], one: str, many: str) -> str:
    """Return a sentence such as `Of 6 rows 4 hold, 2 do not.`, `All 6 rows hold.` or `The row holds.`."""
    total, found = sum(counts.values()), [o for o in OUTCOMES if counts.get(o, 0)]
    if not found:
        return ""
    if len(found) > 1:
        return f"Of {total} {many} {outcomes(counts)}."
    [outcome] = found
    if outcome == "does not hold" and total > 1:
        return f"Neither {one} holds." if total == 2 else f"None of {total} {many} holds."
    does = _does(outcome, total, whole=True)
    return (
        f"The {one} {does}." if total == 1 else f"{'Both' if total == 2 else f'All {total}'} {many} {does}."
    )


def only(counts: Mapping[str, int]) -> str:
    """Return the outcome of the only counted item, such as `does not hold`."""
    [outcome] = [o for o in OUTCOMES if counts.get(o, 0)]
    return _does(outcome, 1, whole=True)


def rests(verdict: Verdict, experiment: Experiment) -> str:
    """Return the basis of a verdict, or why there is none, as sentences; "" if there is nothing to add."""
    claim, rows = verdict.claim, verdict.rows
    if verdict.outcome == "cannot be told":
        return claim.why
    parts = [f"We test only {claim.tested}." if claim.tested else ""]
    parts.append(of_repeats := repeated(verdict))
    if len(rows) > 1:
        parts.append(_by_row(verdict, beside_repeats=bool(of_repeats)))
    if len(rows) == 1 and verdict.outcome in ("holds", "does not hold"):
        parts.append(f"{_effect(rows[0], experiment)} is {_against_claimed(rows[0])}.")
    if verdict.outcome == "undecided":
        parts.append(_so_far(rows, experiment))
    parts += [_averaged(row) for row in rows if len(row.tested.rows) > 1 and len(rows) <= FEW]
    if verdict.outcome == "at the bound":
        near = [row for row in rows if row.within is not None]
        parts += [_near(row, experiment) for row in near[:FEW]]
        parts.append(_negligible(near))
    return " ".join(filter(None, parts))


def repeated(verdict: Verdict) -> str:
    """Return how often a repeat of the report would print what is claimed; "" for claims about effects."""
    if not verdict.claim.by_repeats or (share := verdict.repeats) is None:
        return ""
    n, spared = len(verdict.rows), verdict.claim.all_but
    every = "its row" if n == 1 else "both rows" if n == 2 else f"all {n} rows"
    every = f"at least {n - spared} of {n} rows" if spared else every
    runs = counted(verdict.rows[0].tested.m, "run")
    return (
        f"{100 * share:.0f} % of repeats of the report's procedure ({runs} per number) would print {every} "
        "as claimed."
    )


def _by_row(verdict: Verdict, *, beside_repeats: bool) -> str:
    """Return the verdicts on the rows of a sentence, and how many it needs if not all.

    `beside_repeats` says whether this follows what `repeated` says of all rows together.
    """
    counts = Counter[str](row.outcome for row in verdict.rows)
    by_row = counted_by(counts, "row", "rows")
    if beside_repeats:
        alone = f"By themselves, {uncapitalized(by_row)}"
        return "By itself no row is decided." if {*counts} == {"undecided"} else alone
    if not verdict.claim.all_but:
        return by_row
    few = len(verdict.rows) - verdict.claim.all_but
    return f"{by_row.removesuffix('.')}; the sentence needs {'only ' * (few == 1)}{few}."


def effect_of(tested: Tested, experiment: Experiment) -> str:
    """Return an effect in words, such as `GD minus H1 in w0 (kg), epoch 10`."""
    effect, cells = tested.check.effect, [side.cell for side in tested.sides[0]]
    places = (effect.minuend, effect.subtrahend)
    row = rows_named(tested.rows)
    rows = [place.row_at(row) if place.row else row for place in places]
    quantities = [_quantity(cell.column, experiment) for cell in cells]
    if effect.minuend.spread:
        quantities = [f"distance from the median over seeds of {quantity}" for quantity in quantities]
    joined = " over " if effect.ratio else " minus "
    if (subtrahend := effect.subtrahend.number) is not None:
        return f"{quantities[0]} of {rows[0]}" + f"{joined}{subtrahend:g}" * bool(subtrahend)
    if effect.subtrahend.reported:
        return f"{quantities[0]} of {rows[0]}{joined}that of {experiment.reference}"
    if cells[0].column == cells[1].column:
        return f"{joined.join(rows)} in {quantities[0]}"
    if rows[0] == rows[1]:
        return f"{joined.join(quantities)} of {rows[0]}"
    return joined.join(f"{quantity} of {row}" for quantity, row in zip(quantities, rows, strict=True))


def _quantity(column: str, experiment: Experiment) -> str:
    """Return the quantity that a column shows; for a table, its label."""
    if isinstance(experiment.figure, Figure):
        return full(experiment, column)
    return next(one.label for one in experiment.columns if one.name == column)


def _effect(row: RowVerdict, experiment: Experiment) -> str:
    """Return an effect as the subject of a sentence: `The median effect (A minus B in the loss)`."""
    median = "median " * (row.tested.method == "median")
    return f"The {median}effect ({effect_of(row.tested, experiment)})"


def _middle(row: RowVerdict) -> str:
    """Return the effect of a row with its unit."""
    tested = row.tested
    if not tested.center:
        return f"0{' in every seed' * (not any(tested.effects.values()))}"
    return f"{number(tested.center, decimals(row))}{_unit(row)}"


def _unit(row: RowVerdict) -> str:
    """Return the unit of a row's effect: ` points` for a difference of percentages, else ""."""
    first, _ = row.tested.sides[0]
    return " points" * (first.cell.unit == "%" and not row.tested.check.effect.ratio)


def _against_claimed(row: RowVerdict) -> str:
    """Return the effect of a row and the claimed bound: `0.31, claimed > 0`."""
    return f"{_middle(row)}, claimed {bound(row.tested.check.bound)}"


def _so_far(rows: Sequence[RowVerdict], experiment: Experiment) -> str:
    """Return what the rows of an undecided sentence show so far; "" without runs."""
    seen = [row for row in rows if row.tested.effects]
    if not seen:
        return ""
    effect = _effect(seen[0], experiment)
    if len(rows) == 1:
        return f"So far {uncapitalized(effect)} is {_against_claimed(seen[0])}."
    held = [row for row in seen if row.tested.check.bound.holds(row.tested.center or 0.0)]
    median = "median " * all(row.tested.method == "median" for row in seen)
    of = f"{len(held)} of {counted(len(seen), 'row')}{_barely(held)}"
    return f"So far the {median}effect is as claimed in {of}."


def _barely(rows: Sequence[RowVerdict]) -> str:
    """Return in which of these rows the effect is as claimed by a negligible amount; "" if in none."""
    few = [
        row
        for row in rows
        if row.tested.check.bound.ends
        if min(abs((row.tested.center or 0.0) - end) for end in row.tested.check.bound.ends)
        <= row.tested.negligible
    ]
    if not few:
        return ""
    by = f"by a negligible {_margins(few)} at most"
    if len(few) == len(rows):
        return f", {by}" if len(rows) == 1 else f", in each of them {by}"
    named = f" ({'; '.join(rows_named(row.tested.rows) for row in few)})" if len(few) <= FEW else ""
    return f", in {len(few)} of them{named} {by}"


def _near(row: RowVerdict, experiment: Experiment) -> str:
    """Return how close to its bound the effect of a row is shown to be, and how many ties are mute."""
    if not row.within:
        ties, n = len(row.tested.mute), len(row.tested.effects)
        of_ties = (
            f": in {ties} of {counted(n, 'seed')} neither number could be smaller; the others do not decide"
        )
        return f"{_effect(row, experiment)} is {_middle(row)}, its bound{of_ties * bool(ties)}."
    return f"{_effect(row, experiment)} lies within {number(row.within, 3)}{_unit(row)} of its bound."


def _negligible(rows: Sequence[RowVerdict]) -> str:
    """Return the negligible distance from a bound; "" if the effects equal their bounds."""
    margins = _margins([row for row in rows if row.within])
    return f"Up to {margins} counts as negligible." if margins else ""


def _margins(rows: Sequence[RowVerdict]) -> str:
    """Return the negligible differences of these rows, such as `0.25 points`."""
    each = [f"{number(row.tested.negligible, decimals(row))}{_unit(row)}" for row in rows]
    return " or ".join(dict.fromkeys(each))


def center(row: RowVerdict) -> str:
    """Return the mean or median effect of a row; says if it is 0 in every seed."""
    tested = row.tested
    if tested.effects and not any(tested.effects.values()):
        return "0 (every seed)"
    middle = "0" if tested.center == 0 else number(tested.center, decimals(row))
    return f"{middle} (median)" if tested.method == "median" else middle


def decimals(row: RowVerdict) -> int:
    """Return the number of decimals of a row's effect."""
    first, _ = row.tested.sides[0]
    return max(2, first.cell.decimals) if row.tested.check.effect.ratio else first.cell.decimals


def contradiction(verdict: Verdict, experiment: Experiment) -> str:
    """Return which of the report's own numbers contradict a sentence; "" if it is not contradicted."""
    if not verdict.claim.contradicted:
        return ""
    against = [one for one in printed(verdict.claim, experiment) if not one.holds]
    named = [f"{_place(one)}: {one.first:g} against {one.second:g}" for one in against[:FEW]]
    more = f" and {len(against) - FEW} more" if len(against) > FEW else ""
    whose = sentence(possessive(experiment.reference))
    return f"**{whose} own numbers contradict it:** {'; '.join(named)}{more}."


def _does(outcome: Outcome, n: int, *, whole: bool) -> str:
    """Return an outcome as the predicate of n items.

    `whole` says whether to spell out "does not hold", rather than "does not" after a preceding "hold".
    """
    does = (SINGULAR if n == 1 else PLURAL)[outcome]
    return f"{does} hold" if whole and outcome == "does not hold" else does


def _averaged(row: RowVerdict) -> str:
    """Return over which rows an effect is a mean, and which of these alone disagree or are not shown."""
    tested = row.tested
    of = f" of “{tested.check.of}”" if tested.check.of else ""
    as_claimed = {
        one.rows[0]: tested.check.bound.holds(one.center) for one in tested.by_row if one.center is not None
    }
    mean = f"the mean over {counted(len(tested.rows), 'row')}{of}"
    said = f"It is judged by {'the median over seeds of ' * (tested.method == 'median')}{mean}"
    wanted = row.outcome == "holds"
    others = [label for label, held in as_claimed.items() if held is not wanted]
    if row.outcome not in ("holds", "does not hold"):
        return f"{said}."
    parts = [_alone(others, f"{'not ' * wanted}as claimed")] if others else []
    if wanted and (left := [label for label in _not_shown(tested) if label not in others]):
        parts.append(_alone(left, "not shown to be as claimed"))
    return f"{said}{'; ' * bool(parts)}{', '.join(parts)}."


def _alone(labels: Sequence[str], what: str) -> str:
    return f"{_named(labels)} alone {'is' if len(labels) == 1 else 'are'} {what}"


def _not_shown(tested: Tested) -> list[str]:
    """Return the rows whose own 95 % interval is not entirely as claimed."""
    holds, found = tested.check.bound.holds, [(one.rows[0], one.interval) for one in tested.by_row]
    return [label for label, at in found if at and not (holds(at.low) and holds(at.high))]


def _place(effect: Printed) -> str:
    """Return the part of the sentence and the rows of an effect."""
    return ", ".join(filter(None, [effect.check.of, rows_named(effect.rows)]))


def _named(labels: Sequence[str]) -> str:
    return ", ".join(labels[:FEW]) + (f" and {len(labels) - FEW} more" if len(labels) > FEW else "")
