"""Experiments read from experiments/<report>/<name>.yaml; docs/add_an_experiment.md explains the keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from hyperopt.errors import ConfigError, unknown
from hyperopt.experiments.claim import Bound, Claim, Effect, Place
from hyperopt.experiments.experiment import (
    DEFAULT_SEEDS,
    Baseline,
    Column,
    Experiment,
    ExperimentError,
    Row,
    Table,
)
from hyperopt.experiments.metrics import metric_of
from hyperopt.experiments.reading.figure_keys import figure_of
from hyperopt.experiments.reading.heatmap_keys import heatmap_of
from hyperopt.experiments.reading.keys import NUMBER, Keys, checked
from hyperopt.files import experiments_dir

BOUNDS: dict[str, Callable[[Any], Bound]] = {
    "at_least": lambda x: Bound(low=checked("at_least", x, NUMBER)),
    "more_than": lambda x: Bound(low=checked("more_than", x, NUMBER), low_open=True),
    "at_most": lambda x: Bound(high=checked("at_most", x, NUMBER)),
    "less_than": lambda x: Bound(high=checked("less_than", x, NUMBER), high_open=True),
    "within": lambda x: Bound(-checked("within", x, NUMBER), x),
    "between": lambda x: Bound(*_pair(x)),
}


def load(*patterns: str, root: Path | None = None) -> list[Experiment]:
    """Experiments by id or glob ("clipping/table2", "clipping/*"), in natural order; all without a pattern.

    Raises:
        ExperimentError: a pattern that matches none, or a file that is not an experiment.
    """
    root = root or experiments_dir()
    known = ids(root)
    chosen: set[str] = set()
    for pattern in patterns or ("*",):
        matching = [name for name in known if fnmatchcase(name, pattern)]
        if not matching and patterns:
            raise ExperimentError(str(unknown("experiment", pattern, known)))
        chosen.update(matching)
    return [read(root / f"{name}.yaml", name) for name in known if name in chosen]


def ids(root: Path | None = None) -> list[str]:
    """Ids of all experiments, in natural order (table2 before table10)."""
    root = root or experiments_dir()
    names = [path.relative_to(root).with_suffix("").as_posix() for path in root.glob("*/*.yaml")]
    return sorted(names, key=lambda name: [int(s) if s.isdigit() else s for s in re.split(r"(\d+)", name)])


def read(path: Path, name: str) -> Experiment:
    """The experiment in a file.

    Args:
        path: the YAML file.
        name: its id, "<report>/<name>".

    Raises:
        ExperimentError: the message names the file, the key and what is expected.
    """
    try:
        return _experiment(name, OmegaConf.to_container(OmegaConf.load(path)), path.parent.parent)
    except ConfigError as error:
        raise ExperimentError(f"{path}: {error}") from error
    except (YAMLError, OmegaConfBaseException, UnicodeDecodeError, OSError) as error:
        raise ExperimentError(f"{path} cannot be read as YAML: {error}") from error


def _experiment(name: str, given: Any, root: Path) -> Experiment:
    keys = Keys("experiment", given)
    metric = _known_metric(keys.take("metric", str, "test_error"))
    listed = keys.take("lists", str, None)
    figure, heatmap, reading_error = None, None, float(keys.take("reading_error", NUMBER, 0.0))
    if "maps" in keys:
        heatmap, columns, tables = heatmap_of(keys, metric)
    elif "curves" in keys:
        figure, columns, tables = figure_of(keys, read_off=reading_error > 0)
    else:
        columns = () if listed else _columns(_some(keys, "columns", dict), metric)
        tables = tuple(map(partial(_table, columns=columns), _some(keys, "tables", list)))
    effect = keys.take("effect", dict, None)
    effect = effect and _effect(effect)
    bold = keys.take("bold", dict, None)
    baseline = keys.take("baseline", dict, None)
    experiment = Experiment(
        id=name,
        title=keys.take("title", str),
        source=keys.take("source", str),
        caption=keys.take("caption", str, ""),
        settings=keys.take("settings", dict, {}),
        corner=keys.take("corner", str, "curve" if figure else "cell" if heatmap else ""),
        columns=columns,
        tables=tables,
        runs_per_number=keys.take("runs_per_number", int, 1),
        baseline=baseline and _baseline(baseline),
        effect=effect,
        bold=bold and _only_bound("bold", bold),
        claims=tuple(_claim(claim, effect) for claim in keys.take("claims", list, [])),
        notes=_texts("notes", keys.take("notes", list, [])),
        seeds=_seeds(keys.take("seeds", (int, list), list(DEFAULT_SEEDS))),
        needs=keys.take("needs", str, None),
        order=keys.take("order", str, None),
        pictures=keys.take("pictures", str, None),
        lists=read(root / f"{listed}.yaml", listed) if listed else None,
        figure=figure,
        reading_error=reading_error,
        rounding_error=float(keys.take("rounding_error", NUMBER, 0.0)),
        heatmap=heatmap,
        reference=keys.take("reference", str, "the report"),
    )
    keys.nothing_left(experiment)
    _agrees_with_itself(experiment)
    for cell in experiment.cells():
        cell.runs(seed=0)
    return experiment


def _seeds(given: int | list[Any]) -> tuple[int, ...]:
    """How many seeds, or which."""
    if isinstance(given, int):
        return tuple(range(given))
    return tuple(checked("seeds", seed, int) for seed in given)


def _agrees_with_itself(experiment: Experiment) -> None:
    """Refuse labels that occur twice, places that do not exist, and values out of range."""
    labels = [row.label for table in experiment.tables for row in table.rows]
    labels += [experiment.baseline.label] if experiment.baseline else []
    for label in labels:
        if labels.count(label) > 1:
            raise ExperimentError(f"two rows are labelled {label!r}: every label of an experiment is its own")
    if experiment.effect:
        _exists(experiment.effect, labels[:1], experiment)
    for claim in experiment.claims:
        _exists(claim.effect, claim.rows, experiment)
    if experiment.lists:
        there = [row.label for table in experiment.lists.tables for row in table.rows]
        for label in labels:
            if label not in there:
                raise unknown(f"row of {experiment.lists.id}", label, there)
    names = [column.name for column in experiment.columns]
    for key, column in {"order": experiment.order, "pictures": experiment.pictures}.items():
        if column and column not in names:
            raise unknown("column", column, names, given=f"{key}={column}")
    if experiment.bold and not experiment.effect:
        raise ExperimentError("bold needs an effect: the rule compares two columns")
    if experiment.runs_per_number < 1:
        raise ExperimentError(f"runs_per_number={experiment.runs_per_number}: a count from 1 is expected")
    if experiment.needs not in (None, "gpu"):
        raise ExperimentError(f"needs={experiment.needs}: gpu is the only need there is")
    experiment.seed_numbers(experiment.seeds)


def _exists(effect: Effect, rows: Sequence[str], experiment: Experiment) -> None:
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


def _columns(given: dict[Any, Any], metric: str) -> tuple[Column, ...]:
    return tuple(_column(str(key), value, metric) for key, value in given.items())


def _column(name: str, given: Any, metric: str) -> Column:
    keys = Keys(f"column {name!r}", given)
    column = Column(
        name=name,
        label=keys.take("label", str, name),
        metric=_known_metric(keys.take("metric", str, metric)),
        settings=keys.take("settings", dict, {}),
    )
    return keys.nothing_left(column)


def _table(given: Any, columns: Sequence[Column]) -> Table:
    keys = Keys("table", given)
    table = Table(
        heading=keys.take("heading", str),
        settings=keys.take("settings", dict, {}),
        rows=tuple(map(partial(_row, columns=columns), _some(keys, "rows", list))),
    )
    return keys.nothing_left(table)


def _row(given: Any, columns: Sequence[Column]) -> Row:
    keys = Keys("row", given)
    label = keys.take("label", str)
    report = keys.take("report", list, [None] * len(columns))
    if len(report) != len(columns):
        raise ExperimentError(
            f"row {label!r} has {len(report)} numbers of the report, one per column is expected: "
            f"{len(columns)}"
        )
    numbers = tuple(None if value is None else float(checked("report", value, NUMBER)) for value in report)
    settings, printed = keys.take("settings", dict, {}), keys.take("printed", str, "")
    return keys.nothing_left(Row(label=label, settings=settings, report=numbers, printed=printed))


def _baseline(given: Any) -> Baseline:
    keys = Keys("baseline", given)
    baseline = Baseline(
        label=keys.take("label", str),
        settings=keys.take("settings", dict),
        report=keys.take("report", NUMBER, None),
    )
    return keys.nothing_left(baseline)


def _effect(given: Any) -> Effect:
    keys = Keys("effect", given)
    effect = Effect(
        minuend=_place(keys.take("from", (str, dict))), subtrahend=_place(keys.take("to", (str, dict)))
    )
    return keys.nothing_left(effect)


def _place(given: str | dict[str, Any]) -> Place:
    if isinstance(given, str):
        return Place(given)
    keys = Keys("place", given)
    if "reported" in keys:
        return keys.nothing_left(Place(column=keys.take("reported", str), reported=True))
    return keys.nothing_left(Place(column=keys.take("column", str), row=keys.take("row", str)))


def _claim(given: Any, default: Effect | None) -> Claim:
    keys = Keys("claim", given)
    says, why = keys.take("says", str), keys.take("why", str, "")
    own, ratio = keys.take("effect", dict, None), keys.take("ratio", dict, None)
    effect = replace(_effect(ratio), ratio=True) if ratio else _effect(own) if own else default
    if effect is None:
        raise ExperimentError(f"the claim {says!r} has no effect, of its own or of the experiment")
    rows = {kind: _texts(kind, _some(keys, kind, list)) for kind in ("each_of", "mean_of") if kind in keys}
    if len(rows) != 1:
        raise ExperimentError(f"the claim {says!r} needs its rows, as each_of or as mean_of")
    reason = keys.take("not_testable", str, None)
    bound = None if reason else _bound(keys)
    [(kind, labels)] = rows.items()
    each = kind == "each_of"
    contradicted = keys.take("contradicted", bool, False)
    return keys.nothing_left(Claim(says, labels, each, effect, bound, why or reason or "", contradicted))


def _only_bound(what: str, given: Any) -> Bound:
    keys = Keys(what, given)
    return keys.nothing_left(_bound(keys))


def _bound(keys: Keys) -> Bound:
    """The one bound among the keys."""
    given = [key for key in BOUNDS if key in keys]
    if len(given) != 1:
        raise ExperimentError(f"{keys.what} needs one bound ({', '.join(BOUNDS)}), found {len(given)}")
    return BOUNDS[given[0]](keys.take(given[0], object))


def _some(keys: Keys, key: str, kind: type) -> Any:
    """The value of a key; an empty one is refused."""
    given = keys.take(key, kind)
    if not given:
        raise ExperimentError(f"{key} of {keys.what} is empty")
    return given


def _texts(key: str, given: Sequence[Any]) -> tuple[str, ...]:
    return tuple(checked(key, text, str) for text in given)


def _pair(given: Any) -> tuple[float, float]:
    if len(checked("between", given, list)) != 2:
        raise ExperimentError(f"between={given!r}: two numbers are expected")
    low, high = (checked("between", value, NUMBER) for value in given)
    return low, high


def _known_metric(name: str) -> str:
    metric_of(name)
    return name
