"""Reads a claim of an experiment's file: its effect, rows and bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hyperopt.errors import unknown
from hyperopt.experiments.claim import Bound, Check, Claim, Effect, Place
from hyperopt.experiments.experiment import Experiment, ExperimentError
from hyperopt.experiments.reading.keys import NUMBER, Keys, checked, some
from hyperopt.experiments.reading.names import found

NAME = (str, *NUMBER)
"""The types of a row's or column's name in a file; one that is a number needs no quotes."""

BOUNDS: dict[str, Callable[[Any], Bound]] = {
    "at_least": lambda x: Bound(low=checked("at_least", x, NUMBER)),
    "more_than": lambda x: Bound(low=checked("more_than", x, NUMBER), low_open=True),
    "at_most": lambda x: Bound(high=checked("at_most", x, NUMBER)),
    "less_than": lambda x: Bound(high=checked("less_than", x, NUMBER), high_open=True),
    "within": lambda x: Bound(-checked("within", x, NUMBER), x),
    "between": lambda x: Bound(*_pair(x)),
}


KINDS = ("each_of", "mean_of", "any_of")
OF_CHECKS = ("effect", "ratio", *BOUNDS, *KINDS)
OF_CLAIMS = ("point", "tested", "checks", "all_but", "contradicted", "ours", "same_as", "judged_by")


def claim_of(given: Any, experiment: Experiment, default: Effect | None) -> Claim:
    """Return the claim that a mapping describes; its checks inherit its effect and bound.

    Args:
        given: the mapping in the file.
        experiment: the experiment, whose rows and columns the claim names.
        default: the effect of a claim that has none of its own.

    Raises:
        ConfigError: a key or value is invalid.
    """
    keys = Keys("claim", given)
    says, why = keys.take("says", str), keys.take("why", str, "")
    reason = keys.take("not_testable", str, None)
    keys.only(*OF_CHECKS, *OF_CLAIMS)
    common = (_effect(keys, experiment) or default, None if reason else _bound(keys))
    some_of = "any_of" in keys
    if "checks" in keys:
        checks = tuple(_check(check, experiment, *common, says) for check in some(keys, "checks", list))
    elif reason:
        checks = ()
    else:
        checks = (_check_of(keys, experiment, *common, says),)
    rows = sum(len(check.parts()) for check in checks)
    all_but = keys.take("all_but", int, 0)
    if some_of and all_but:
        raise ExperimentError(f"the claim {says!r} has any_of, which requires one row only, and all_but too")
    if not 0 <= all_but < max(1, rows):
        raise ExperimentError(f"all_but={all_but}: the claim {says!r} has {rows} rows; fewer may fail")
    claim = Claim(
        says=says,
        point=keys.take("point", str, ""),
        tested=keys.take("tested", str, ""),
        checks=checks,
        all_but=rows - 1 if some_of else all_but,
        why=why or reason or "",
        contradicted=keys.take("contradicted", bool, False),
        ours=keys.take("ours", bool, False),
        same_as=keys.take("same_as", str, ""),
        testable=not reason,
        by_repeats=_by_repeats(keys, experiment, says),
    )
    return keys.nothing_left(claim)


def _by_repeats(keys: Keys, experiment: Experiment, says: str) -> bool:
    """Return whether a claim is judged by repeats of the report's procedure, whose numbers are means."""
    if (given := keys.take("judged_by", str, None)) is None:
        return False
    if given != "repeats":
        raise unknown("judged_by", given, ["repeats"], of="a claim")
    if experiment.runs_per_number < 2:
        raise ExperimentError(
            f"the claim {says!r} is judged by repeats, which requires a runs_per_number of 2 or more"
        )
    return True


def _check(
    given: Any, experiment: Experiment, effect: Effect | None, bound: Bound | None, says: str
) -> Check:
    """Return a check of a claim; the claim's effect and bound are its defaults."""
    keys = Keys(f"check of {says!r}", given)
    if "any_of" in keys:
        raise ExperimentError(
            f"a check of the claim {says!r} has any_of, which only a claim without checks can have; with "
            "checks, all_but of the claim says how many of all their rows may fail"
        )
    keys.only(*(key for key in OF_CHECKS if key != "any_of"), "of", "why")
    own, limits = _effect(keys, experiment) or effect, _bound(keys) or bound
    check = _check_of(keys, experiment, own, limits, says)
    of, why = keys.take("of", str, ""), keys.take("why", str, "")
    return keys.nothing_left(replace(check, of=of, why=why))


def _check_of(
    keys: Keys, experiment: Experiment, effect: Effect | None, bound: Bound | None, says: str
) -> Check:
    """Return the check of an effect at the rows that the keys name."""
    if effect is None:
        raise ExperimentError(f"neither the claim {says!r} nor the experiment has an effect")
    rows = {kind: some(keys, kind, list) for kind in KINDS if kind in keys}
    if len(rows) != 1:
        raise ExperimentError(f"the claim {says!r} needs its rows as one of each_of, any_of and mean_of")
    if bound is None:
        raise ExperimentError(f"the claim {says!r} needs one bound ({', '.join(BOUNDS)}), found 0")
    [(kind, names)] = rows.items()
    labels = tuple(found(checked(kind, name, NAME), _labels(experiment)) for name in names)
    return Check(labels, kind != "mean_of", effect, bound)


def _effect(keys: Keys, experiment: Experiment) -> Effect | None:
    """Return the effect among the keys, a difference or a ratio; None if there is none."""
    own, ratio = keys.take("effect", dict, None), keys.take("ratio", dict, None)
    if ratio:
        return replace(effect_of(ratio, experiment), ratio=True)
    return effect_of(own, experiment) if own else None


def effect_of(given: Any, experiment: Experiment) -> Effect:
    """Return the effect that a mapping describes, between two places of an experiment."""
    keys = Keys("effect", given)
    minuend = _place(keys.take("from", (str, dict)), experiment)
    subtrahend = _place(keys.take("to", (str, dict, *NUMBER)), experiment)
    return keys.nothing_left(Effect(minuend, subtrahend))


def only_bound(what: str, given: Any) -> Bound:
    """Return the bound that a mapping with no other keys describes; `what` names the mapping in messages."""
    keys = Keys(what, given)
    keys.only(*BOUNDS)
    bound = _bound(keys)
    if bound is None:
        raise ExperimentError(f"{what} needs one bound ({', '.join(BOUNDS)}), found 0")
    return keys.nothing_left(bound)


def check_places(effect: Effect, rows: Sequence[str], experiment: Experiment) -> None:
    """Check that both sides of an effect are cells of the experiment at these rows."""
    cells = dict.fromkeys((cell.row, cell.column) for cell in experiment.cells())
    labels = list(dict.fromkeys(row for row, _ in cells))
    for row in rows:
        for place in (place for place in (effect.minuend, effect.subtrahend) if place.number is None):
            names = [column.name for column in experiment.columns]
            if place.column not in names:
                raise unknown("column", place.column, names)
            label = place.row_at(row)
            for wanted in (label, label if "{}" in (place.row or "") else row):
                if wanted not in labels:
                    raise unknown("row", wanted, labels)
            if (label, place.column) not in cells:
                raise ExperimentError(f"row {label!r} has no column {place.column!r}")


def _labels(experiment: Experiment) -> list[str]:
    baseline = [experiment.baseline.label] if experiment.baseline else []
    return [*baseline, *(row.label for table in experiment.tables for row in table.rows)]


def _place(given: str | float | dict[str, Any], experiment: Experiment) -> Place:
    columns = [column.name for column in experiment.columns]
    if isinstance(given, str):
        return Place(found(given, columns))
    if not isinstance(given, dict):
        return Place("", number=float(given))
    keys = Keys("place", given)
    if "reported" in keys:
        column = found(keys.take("reported", str), columns)
        return keys.nothing_left(Place(column=column, reported=True))
    if "spread_of" in keys:
        column, row = found(keys.take("spread_of", str), columns), keys.take("row", NAME, None)
        own = None if row is None else found(row, _labels(experiment))
        return keys.nothing_left(Place(column=column, row=own, spread=True))
    column, row = found(keys.take("column", str), columns), keys.take("row", NAME)
    if "{}" not in str(row):
        row = found(row, _labels(experiment))
    return keys.nothing_left(Place(column=column, row=row))


def _bound(keys: Keys) -> Bound | None:
    """Return the bound among the keys; None if there is none."""
    given = [key for key in BOUNDS if key in keys]
    if not given:
        return None
    if len(given) > 1:
        raise ExperimentError(f"{keys.what} needs one bound ({', '.join(BOUNDS)}), found {len(given)}")
    return BOUNDS[given[0]](keys.take(given[0], object))


def _pair(given: Any) -> tuple[float, float]:
    if len(checked("between", given, list)) != 2:
        raise ExperimentError(f"between={given!r}: two numbers are expected")
    low, high = (checked("between", value, NUMBER) for value in given)
    return low, high
