"""The data behind the cells of a page: seeds, runs, configs, provenance, learned hyperparameters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from hyperopt.errors import shown
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings.rerun import command, label_of
from hyperopt.findings.view import Trained, View
from hyperopt.pages.blocks import Place

if TYPE_CHECKING:
    from hyperopt.findings.measurements import Measured

FEWEST_POINTS, MOST_POINTS, MOST_OF_A_PAGE = 5, 40, 6_000
"""The minimum and maximum points of a hyperparameter for one run, and the maximum for all runs of a page."""
APART = ("command", "started", "pack")
"""Keys of a record's `made` that differ from run to run but are of little interest."""


def rounded(value: float | None, digits: int = 6) -> float | None:
    """Return a number with this many significant digits; None if JSON cannot represent it."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.{digits}g}")


def thinned(points: int, most: int) -> list[int]:
    """Return the indices of at most `most` evenly spaced points, including the first and last."""
    if points <= most:
        return list(range(points))
    return sorted({round(i * (points - 1) / (most - 1)) for i in range(most)})


def cells_of(view: View) -> dict[Place, int]:
    """Return the index of each cell in the list of cells of `evidence`."""
    return {place: i for i, place in enumerate(view.measurements)}


def evidence(view: View) -> dict[str, Any]:
    """Return cells, runs, settings and provenance; each occurs once, and others refer to it by index."""
    runs = {id_: i for i, id_ in enumerate(view.runs)}
    settings, of_setting = distinct(setting_of(record) for record in view.runs.values())
    made, of_made = distinct(made_of(record) for record in view.runs.values())
    return {
        "cells": [_cell(measured, runs, view) for measured in view.measurements.values()],
        "runs": [_run(record, of_setting[i], of_made[i]) for i, record in enumerate(view.runs.values())],
        "settings": [_described(setting, view) for setting in settings],
        "made": made,
        "learned": learned(view.runs.values(), of_setting, len(settings), _points(len(view.runs))),
    }


def _points(runs: int) -> int:
    """Return the maximum number of points of a hyperparameter, for a page with this many runs."""
    return max(FEWEST_POINTS, min(MOST_POINTS, MOST_OF_A_PAGE // max(1, runs)))


def learned(
    records: Iterable[Trained], of_setting: Sequence[int], settings: int, most: int
) -> list[dict[str, Any]]:
    """Return each setting's hyperparameters over epochs, divided into moving and constant ones."""
    by_setting: list[list[Trained]] = [[] for _ in range(settings)]
    for record, setting in zip(records, of_setting, strict=True):
        by_setting[setting].append(record)
    return [_learned(found, most) for found in by_setting]


def _learned(records: Sequence[Trained], most: int) -> dict[str, Any]:
    moved: list[dict[str, Any]] = []
    held: list[list[Any]] = []
    rules = str(records[0].config["stack"]).split("/")
    for key in sorted(records[0].hyperparameters, key=_by_level):
        series = {r.config["seed"]: r.hyperparameters.get(key, []) for r in records}
        values = {rounded(value) for value in {*chain.from_iterable(series.values())}}  # most are constant
        level, _, name = key.partition(".")
        of = f"level {level}, {rules[int(level)]}: {name}"
        if len(values) <= 1:
            held.append([of, *values])
            continue
        points = thinned(max(map(len, series.values())), most)
        moved.append(
            {
                "name": of,
                "x": [i + 1 for i in points],
                "seeds": [
                    [seed, [rounded(y[i]) if i < len(y) else None for i in points]]
                    for seed, y in series.items()
                ],
            }
        )
    return {"moved": moved, "held": held}


def _by_level(key: str) -> tuple[int, bool, str]:
    level, _, name = key.partition(".")
    return int(level), name != "alpha", name


def _cell(measured: Measured, runs: Mapping[str, int], view: View) -> dict[str, Any]:
    cell = measured.cell
    timed = metric_of(cell.metric).timed_in
    ids = {} if timed else {seed: [run.id for run in cell.runs(seed)] for seed in view.seeds}
    return {
        "row": cell.row,
        "column": cell.column,
        "unit": cell.unit,
        "of": "round" if timed else "seed",
        "seeds": [
            [
                seed,
                _number(value),
                int(seed in measured.diverged),
                [runs[id_] for id_ in ids.get(seed, ()) if id_ in runs],
            ]
            for seed, value in measured.by_seed.items()
        ],
        "missing": list(measured.missing),
    }


def _number(value: float) -> float | str:
    found = rounded(value)
    return found if found is not None else "∞" if value == math.inf else "NaN"


def _run(record: Trained, setting: int, made: int) -> list[Any]:
    events = [[e["event"], e["step"], e["epoch"], e["level"]] for e in record.events]
    seconds = rounded(record.seconds, 3)
    return [record.id, record.config["seed"], setting, made, int(record.diverged), seconds, events]


def setting_of(record: Trained) -> dict[str, Any]:
    """Return the config of a run without its seed."""
    return {key: value for key, value in record.config.items() if key != "seed"}


def made_of(record: Trained) -> dict[str, str]:
    """Return the provenance of a run, without the keys in APART."""
    return {key: value for key, value in sorted(record.made.items()) if key not in APART and value}


def _described(setting: Mapping[str, Any], view: View) -> dict[str, Any]:
    words = command(setting, [view.seeds[0]]).removeprefix("hyperopt run ").rpartition(" seed=")[0]
    return {"label": label(setting), "config": setting, "words": words}


def label(setting: Mapping[str, Any], *, whole: bool = True) -> str:
    """Return a setting in a few words: the stack with its alphas, clip and, if `whole`, other options."""
    stack = label_of(str(setting["stack"]).split("/"), setting["alpha"])
    apart = ("dataset", "model", "stack", "alpha", "epochs", "batch_size", "versions", "clip")
    more = [f"{key}={shown(value)}" for key, value in setting.items() if key not in apart] if whole else []
    clip = ["clip"] if any(setting.get("clip", ())) else []
    return ", ".join([stack, *clip, *more])


def distinct(given: Iterable[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[int]]:
    """Return the distinct mappings in order, and for each given one its index among them."""
    found: dict[str, int] = {}
    kept: list[Mapping[str, Any]] = []
    places = []
    for one in given:
        place = found.setdefault(repr(sorted(one.items())), len(kept))
        if place == len(kept):
            kept.append(one)
        places.append(place)
    return kept, places
