"""The keys of a claim in an experiment's file: its effect, rows and bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hyperopt.errors import unknown
from hyperopt.experiments.claim import Bound, Claim, Effect, Place
from hyperopt.experiments.experiment import Experiment, ExperimentError
from hyperopt.experiments.reading.keys import NUMBER, Keys, checked, some
from hyperopt.experiments.reading.names import found

NAME = (str, *NUMBER)
"""A name that is a number needs no quotes."""

BOUNDS: dict[str, Callable[[Any], Bound]] = {
    "at_least": lambda x: Bound(low=checked("at_least", x, NUMBER)),
    "more_than": lambda x: Bound(low=checked("more_than", x, NUMBER), low_open=True),
    "at_most": lambda x: Bound(high=checked("at_most", x, NUMBER)),
    "less_than": lambda x: Bound(high=checked("less_than", x, NUMBER), high_open=True),
    "within": lambda x: Bound(-checked("within", x, NUMBER), x),
    "between": lambda x: Bound(*_pair(x)),
}


def claim_of(given: Any, experiment: Experiment, default: Effect | None) -> Claim:
    """The claim that the keys describe.

    Args:
        given: keys and values.
        experiment: whose rows and columns it names.
        default: its effect, where it has none of its own.
    """
    keys = Keys("claim", given)
    says, why = keys.take("says", str), keys.take("why", str, "")
    own, ratio = keys.take("effect", dict, None), keys.take("ratio", dict, None)
    if ratio:
        effect: Effect | None = replace(effect_of(ratio, experiment), ratio=True)
    else:
        effect = effect_of(own, experiment) if own else default
    if effect is None:
        raise ExperimentError(f"the claim {says!r} has no effect, of its own or of the experiment")
    rows = {kind: some(keys, kind, list) for kind in ("each_of", "mean_of") if kind in keys}
    if len(rows) != 1:
        raise ExperimentError(f"the claim {says!r} needs its rows, as each_of or as mean_of")
    reason = keys.take("not_testable", str, None)
    bound = None if reason else _bound(keys)
    [(kind, names)] = rows.items()
    labels = tuple(found(checked(kind, name, NAME), _labels(experiment)) for name in names)
    contradicted = keys.take("contradicted", bool, False)
    each, reason = kind == "each_of", why or reason or ""
    return keys.nothing_left(Claim(says, labels, each, effect, bound, reason, contradicted))


def effect_of(given: Any, experiment: Experiment) -> Effect:
    """The effect that the keys describe, between places of that experiment."""
    keys = Keys("effect", given)
    minuend, subtrahend = (_place(keys.take(side, (str, dict)), experiment) for side in ("from", "to"))
    return keys.nothing_left(Effect(minuend, subtrahend))


def only_bound(what: str, given: Any) -> Bound:
    """The bound that is all the keys describe."""
    keys = Keys(what, given)
    return keys.nothing_left(_bound(keys))


def check_places(effect: Effect, rows: Sequence[str], experiment: Experiment) -> None:
    """Refuse an effect one side of which is no cell at these rows."""
    cells = dict.fromkeys((cell.row, cell.column) for cell in experiment.cells())
    labels = list(dict.fromkeys(row for row, _ in cells))
    for row in rows:
        for place in (effect.minuend, effect.subtrahend):
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


def _place(given: str | dict[str, Any], experiment: Experiment) -> Place:
    columns = [column.name for column in experiment.columns]
    if isinstance(given, str):
        return Place(found(given, columns))
    keys = Keys("place", given)
    if "reported" in keys:
        column = found(keys.take("reported", str), columns)
        return keys.nothing_left(Place(column=column, reported=True))
    column, row = found(keys.take("column", str), columns), keys.take("row", NAME)
    if "{}" not in str(row):
        row = found(row, _labels(experiment))
    return keys.nothing_left(Place(column=column, row=row))


def _bound(keys: Keys) -> Bound:
    """The one bound among the keys."""
    given = [key for key in BOUNDS if key in keys]
    if len(given) != 1:
        raise ExperimentError(f"{keys.what} needs one bound ({', '.join(BOUNDS)}), found {len(given)}")
    return BOUNDS[given[0]](keys.take(given[0], object))


def _pair(given: Any) -> tuple[float, float]:
    if len(checked("between", given, list)) != 2:
        raise ExperimentError(f"between={given!r}: two numbers are expected")
    low, high = (checked("between", value, NUMBER) for value in given)
    return low, high
