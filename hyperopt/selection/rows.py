"""A selection as rows of a table: one per run, or one per group of runs with statistics."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, median, stdev
from typing import Any

from hyperopt.errors import ConfigError, typed
from hyperopt.selection.checks import check_key
from hyperopt.selection.criteria import PerLevel
from hyperopt.selection.stored import OWN, Kind, Selection

CHOICES = ("dataset", "model", "stack")
"""Settings that determine the defaults of others."""
MOST_VARIED = 5
"""The maximum number of columns for varied settings, besides stack, alpha and seed, if none are asked for."""
OF_EVERY_GROUP = ("n", "diverged")
"""Columns that every table of groups has."""
NOT_A_NUMBER = "a metric such as test_error, or a hyperparameter such as 0.alpha, is expected."

Row = Mapping[str, Any]


def metric_of(chosen: Selection) -> str:
    """Return the metric that is shown by default: the test error, or the training loss if there is none."""
    tested = any(value is not None and math.isfinite(value) for value in chosen.column("test_error"))
    return "test_error" if tested else "train_loss"


def varied(chosen: Selection) -> list[str]:
    """Return the settings in which runs differ, without stack, alpha and seed.

    A setting whose values follow from the data set, model or stack is left out.
    """
    every = list(dict.fromkeys(chosen.kinds))
    groups = [tuple(kind.settings.get(choice) for choice in CHOICES) for kind in every]
    found = []
    for key in _keys(every, "stack"):
        of_groups = groups if key not in CHOICES else [()] * len(every)
        values = [kind.settings.get(key) for kind in every]
        there = {
            (group, repr(value)) for group, value in zip(of_groups, values, strict=True) if value is not None
        }
        if len(there) > len({group for group, _ in there}):
            found.append(key)
    return found


def mixed(chosen: Selection, by: Sequence[str]) -> list[str]:
    """Return the settings, without the seed, in which runs of the same group differ.

    Args:
        chosen: the runs.
        by: the keys whose values define the groups.
    """
    groups: dict[str, list[int]] = {}
    for place, values in enumerate(zip(*(chosen.column(key) for key in by), strict=True)):
        groups.setdefault(repr(values), []).append(place)
    kinds = [list(dict.fromkeys(chosen.kinds[place] for place in group)) for group in groups.values()]
    found = ["alpha"] * any(
        len({repr(chosen.configs[place]["alpha"]) for place in g}) > 1 for g in groups.values()
    )
    for key in _keys(dict.fromkeys(chosen.kinds)):
        of_groups = ([kind.settings.get(key) for kind in group] for group in kinds)
        if any(len({repr(value) for value in of_group if value is not None}) > 1 for of_group in of_groups):
            found.append(key)
    return [key for key in found if key not in by]


def _keys(kinds: Iterable[Kind], *but: str) -> list[str]:
    """Return the keys of all settings except alpha, seed and those in `but`."""
    keys = dict.fromkeys(key for kind in kinds for key in kind.settings)
    return [key for key in keys if key not in ("alpha", "seed", *but)]


def rows_of(chosen: Selection, show: Sequence[str] = ()) -> list[Row]:
    """Return a row for each run.

    Args:
        chosen: the runs.
        show: the columns; () for the id, the settings that vary, and the final metric.

    Raises:
        ConfigError: no run has one of the columns.
    """
    for key in show:
        _check_of_run(key, chosen, given=f"show={key}")
    keys = list(show)
    if not keys:
        extras = [key for key in ("diverged", "tag", "note") if any(chosen.column(key))]
        keys = ["id", "stack", "alpha", *varied(chosen)[:MOST_VARIED], "seed", metric_of(chosen), *extras]
    columns = [chosen.column(key) for key in keys]
    return [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]


def grouped(chosen: Selection, by: Sequence[str], show: Sequence[str] = ()) -> list[Row]:
    """Return a row for each combination of values of `by`: n, mean and sd of each shown key, divergences.

    If some runs of a group diverged, it has the median and range instead of mean and sd.

    Args:
        chosen: the runs.
        by: the keys that define the groups.
        show: the metrics or hyperparameters to summarize; () for the default metric.

    Raises:
        ConfigError: no run has one of the keys, or one to summarize has no numbers.
    """
    for key in by:
        check_key(key, chosen, given=f"by={key}")
    shown_keys = [key for key in show if key not in OF_EVERY_GROUP] if show else [metric_of(chosen)]
    for key in shown_keys:
        check_key(key, chosen, given=f"show={key}")
    numbers = {key: _numbers(key, chosen) for key in shown_keys}
    places: dict[str, list[int]] = {}
    columns = {key: chosen.column(key) for key in by}
    for place in range(len(chosen)):
        places.setdefault(repr([column[place] for column in columns.values()]), []).append(place)
    diverged = chosen.column("diverged")
    rows: list[Row] = []
    for group in places.values():
        row: dict[str, Any] = {key: column[group[0]] for key, column in columns.items()}
        row["n"], lost = len(group), sum(diverged[place] for place in group)
        for key, values in numbers.items():
            there = [value for place in group if (value := values[place]) is not None]
            row |= _statistics(key, there, lost=lost > 0)
        rows.append(row | {"diverged": lost})
    return rows


def _check_of_run(key: str, chosen: Selection, given: str) -> None:
    """Check a key of single runs, as `check_key` does; `n` is one of groups only."""
    if key == "n":
        raise ConfigError(f"{given}: only groups have a count; by=stack, or by other keys, is expected too.")
    check_key(key, chosen, given=given)


def ordered(rows: Sequence[Row], by: str, of: Selection) -> list[Row]:
    """Return rows of groups sorted by a column.

    Args:
        rows: the rows.
        by: the column, in ascending order, or descending after a minus sign. Missing values come last.
        of: the runs.

    Raises:
        ConfigError: there is no such column.
    """
    key = by.removeprefix("-")
    if rows and key not in rows[0]:
        check_key(key, of, given=typed("sort", by))
        raise ConfigError(f"{typed('sort', by)}: groups are sorted by a column; show={key} adds it.")
    return [rows[place] for place in _in_order([_value(row, key) for row in rows], by)]


def in_order(chosen: Selection, by: str) -> Selection:
    """Return runs sorted by any key, shown or not; see `ordered` for `by`.

    Raises:
        ConfigError: no run has the key.
    """
    key = by.removeprefix("-")
    _check_of_run(key, chosen, given=typed("sort", by))
    return chosen.take(_in_order([_plain(value) for value in chosen.column(key)], by))


def _in_order(values: Sequence[Any], by: str) -> list[int]:
    """Return the positions of values in ascending order, or descending after a minus; missing ones last."""
    there = [place for place, value in enumerate(values) if not _is_missing(value)]
    missing = [place for place, value in enumerate(values) if _is_missing(value)]
    try:
        found = sorted(there, key=lambda place: values[place], reverse=by.startswith("-"))
    except TypeError:  # values of several types
        found = sorted(there, key=lambda place: str(values[place]), reverse=by.startswith("-"))
    return [*found, *missing]


def _value(row: Row, key: str) -> Any:
    """Return the value by which a row is sorted: the median if there is no mean because runs diverged."""
    return _plain(row[key] if row[key] is not None else row.get(f"{key} median"))


def _plain(value: Any) -> Any:
    """Return a sortable value: values per level are compared from the top level down."""
    return tuple(reversed(value.levels)) if isinstance(value, PerLevel) else value


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _numbers(key: str, chosen: Selection) -> list[float | None]:
    column = chosen.column(key)
    some = next((value for value in column if value is not None), 0.0)
    if (
        isinstance(some, bool)
        or not isinstance(some, int | float)
        or (key in OWN and key not in ("seconds", "steps"))
    ):
        raise ConfigError(f"{typed('show', key)}: {NOT_A_NUMBER}")
    return column


def _statistics(key: str, values: Sequence[float], *, lost: bool) -> dict[str, float | None]:
    names = (key, f"{key} sd", f"{key} median", f"{key} min", f"{key} max")
    found: dict[str, float | None] = dict.fromkeys(names)
    finite = [value for value in values if not math.isnan(value)]
    if lost and finite:
        found |= {names[2]: median(finite), names[3]: min(finite), names[4]: max(finite)}
    elif finite and not lost:
        found |= {key: fmean(finite), names[1]: stdev(finite) if len(finite) > 1 else None}
    return found
