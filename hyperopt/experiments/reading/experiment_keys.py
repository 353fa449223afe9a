"""Reads experiments from experiments/<report>/<name>.yaml; docs/add_an_experiment.md explains the keys."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from yaml import YAMLError

from hyperopt.errors import MOST_NAMES, ConfigError, shortened, unknown
from hyperopt.experiments.experiment import (
    DEFAULT_LOOKS,
    DEFAULT_SEEDS,
    Experiment,
    ExperimentError,
    seed_numbers,
)
from hyperopt.experiments.grid import Baseline, Column, Row, Table
from hyperopt.experiments.metrics import metric_of
from hyperopt.experiments.reading.claim_keys import claim_of, effect_of, only_bound
from hyperopt.experiments.reading.consistency import check_agreement, check_runs
from hyperopt.experiments.reading.figure_keys import figure_of
from hyperopt.experiments.reading.heatmap_keys import heatmap_of
from hyperopt.experiments.reading.keys import NUMBER, Keys, checked, some, texts
from hyperopt.experiments.reading.roots import id_of_path, is_path, own_root
from hyperopt.files import experiments_dir
from hyperopt.wording import printable
from hyperopt.yaml_file import read_yaml


def load(
    *patterns: str, root: Path | None = None, unreadable: Callable[[str, ExperimentError], None] | None = None
) -> list[Experiment]:
    """Return experiments in natural order (table2 before table10).

    Args:
        patterns: ids and globs ("clipping/table2", "clipping/*"), and paths that end with .yaml; the id of
            such a file is "<its folder>/<its name>". Without patterns all experiments are returned.
        root: the folder of experiments; by default the shipped ones and the user's own.
        unreadable: is called with the id of every invalid file and the error, and the file is left out;
            by default the error is raised.

    Raises:
        ExperimentError: a pattern matches nothing, or a file is not a valid experiment.
    """
    files = _files(root)
    chosen: dict[str, tuple[Path, Path | None]] = {}
    for pattern in patterns or ("*",):
        if is_path(pattern):
            path = Path(pattern).expanduser().resolve()
            chosen[id_of_path(pattern)] = path, path.parent
            continue
        matching = {name: place for name, place in files.items() if fnmatchcase(name, pattern)}
        if not matching and patterns:
            raise ExperimentError(_no_experiment(pattern, list(files)))
        chosen |= matching
    found = []
    for name in sorted(chosen, key=_natural):
        path, folder = chosen[name]
        try:
            found.append(replace(read(path, name), folder=folder))
        except ExperimentError as error:
            if unreadable is None:
                raise
            unreadable(name, error)
    return found


def _files(root: Path | None) -> dict[str, tuple[Path, Path | None]]:
    """Return the file of every experiment by id, each with the user's folder if it is the user's own.

    These are the experiments in `root`; by default the shipped ones and the user's own.
    """
    folder = root or experiments_dir()
    shipped: dict[str, tuple[Path, Path | None]] = {
        name: (folder / f"{name}.yaml", None) for name in ids(folder)
    }
    own = own_root() if root is None else None
    if own is None or own == folder.resolve():
        return shipped
    mine = ids(own)
    if clash := sorted(shipped.keys() & mine):
        raise ExperimentError(
            f"{own / clash[0]}.yaml: a shipped experiment is also called {clash[0]}; rename yours"
        )
    return {**shipped, **{name: (own / f"{name}.yaml", own) for name in mine}}


def _no_experiment(pattern: str, known: Sequence[str]) -> str:
    """Return the message about a pattern that matches no known id, with a suggestion."""
    report = pattern.strip("/")
    same_name = [name for name in known if name.endswith(f"/{report}")]
    if any(name.startswith(f"{report}/") for name in known):
        meant = f"'{report}/*'"
    elif os.path.isfile(f"{pattern}.yaml"):  # noqa: PTH113  # of a name too long for a file Path raises
        meant = f"./{pattern}.yaml"
    elif 0 < len(same_name) <= MOST_NAMES:
        meant = " or ".join(same_name)
    elif os.path.isdir(pattern):  # noqa: PTH112
        return f"{printable(pattern)}: its files are expected, such as {printable(report or '/')}/*.yaml"
    else:
        return str(unknown("experiment", pattern, known))
    return f"there is no experiment {shortened(repr(pattern))}; did you mean {meant}?"


def ids(root: Path | None = None) -> list[str]:
    """Return the ids of all experiments in a folder, in natural order (table2 before table10)."""
    root = root or experiments_dir()
    names = [path.relative_to(root).with_suffix("").as_posix() for path in root.glob("*/*.yaml")]
    return sorted(names, key=_natural)


def _natural(name: str) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def read(path: Path, name: str) -> Experiment:
    """Return the experiment in a file.

    Args:
        path: the YAML file.
        name: its id, "<report>/<name>".

    Raises:
        ExperimentError: the file is invalid; the message names the file, the key and what is expected.
    """
    if not name.isprintable():  # pages and records cannot contain control characters or invalid UTF-8
        raise ExperimentError(
            f"{printable(str(path))}: a folder and a file with names that can be typed are expected."
        )
    try:
        return _experiment(name, read_yaml(path), path.parent.parent)
    except ConfigError as error:
        raise ExperimentError(f"{path}: {error}") from error
    except OSError as error:
        raise ExperimentError(f"{path} cannot be read: {error.strerror}") from error
    except (YAMLError, UnicodeDecodeError) as error:
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
    elif same := keys.take("rows_of", str, None):
        grid = read(root / f"{same}.yaml", same)
        columns, tables = tuple(replace(column, metric=metric) for column in grid.columns), grid.tables
    else:
        columns = () if listed else _columns(some(keys, "columns", dict), metric)
        tables = tuple(map(partial(_table, columns=columns), some(keys, "tables", list)))
    effect = keys.take("effect", dict, None)
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
        bold=bold and only_bound("bold", bold),
        notes=texts("notes", keys.take("notes", list, [])),
        seeds=_seeds(keys.take("seeds", (int, list), list(DEFAULT_SEEDS))),
        looks=tuple(checked("looks", n, int) for n in keys.take("looks", list, list(DEFAULT_LOOKS))),
        judged_by=keys.take("judged_by", str, "mean"),
        random=keys.take("random", bool, True),
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
    given = keys.take("claims", list, [])
    keys.nothing_left(experiment)
    own = effect_of(effect, experiment) if effect else None
    claims = tuple(claim_of(claim, experiment, own) for claim in given)
    experiment = replace(experiment, effect=own, claims=claims)
    check_agreement(experiment)
    check_runs(experiment)
    return experiment


def _seeds(given: int | list[Any]) -> tuple[int, ...]:
    """Return seeds that are given as a number or as a list."""
    return seed_numbers(given if isinstance(given, int) else [checked("seeds", seed, int) for seed in given])


def _columns(given: dict[Any, Any], metric: str) -> tuple[Column, ...]:
    return tuple(_column(str(key), value, metric) for key, value in given.items())


def _column(name: str, given: Any, metric: str) -> Column:
    keys = Keys(f"column {name!r}", given)
    column = Column(
        name=name,
        label=keys.take("label", str, name),
        metric=_known_metric(keys.take("metric", str, metric)),
        settings=keys.take("settings", dict, {}),
        x=keys.take("x", NUMBER, None),
    )
    return keys.nothing_left(column)


def _table(given: Any, columns: Sequence[Column]) -> Table:
    keys = Keys("table", given)
    table = Table(
        heading=keys.take("heading", str),
        settings=keys.take("settings", dict, {}),
        rows=tuple(map(partial(_row, columns=columns), some(keys, "rows", list))),
    )
    return keys.nothing_left(table)


def _row(given: Any, columns: Sequence[Column]) -> Row:
    keys = Keys("row", given)
    label = keys.take("label", str)
    report = keys.take("report", list, [None] * len(columns))
    if len(report) != len(columns):
        raise ExperimentError(
            f"row {label!r} has {len(report)} numbers of the report; one per column is expected: "
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


def _known_metric(name: str) -> str:
    metric_of(name)
    return name
