"""The final losses of methods on a workload, from every initial rate.

A workload is an experiment whose rows are methods and whose columns are initial rates. The loss of a run is
its test loss after the last epoch. It is capped at the loss of guessing, which also replaces that of a run
that diverged.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from hyperopt import data
from hyperopt.config import Run
from hyperopt.experiments import Cell, Experiment
from hyperopt.findings.recipes import Recipe, recipe_of
from hyperopt.findings.what_ran import setting
from hyperopt.optim.rules import find

BASELINE = "AdamW"
"""The label of the row with which others are compared, at its best rate."""
KNOB = "{x}"
"""The column's value in a row's settings."""
LOSS = "test_loss"
"""The metric by which methods are compared."""


@dataclass(frozen=True)
class Method:
    """The results of a method on a workload.

    Its *knob* is the hyperparameter that columns set: the learning rate, or the first guess of a method that
    finds its own rate.

    Attributes:
        label: the label of its row.
        heading: the heading of its sub-table.
        losses: the final loss from each rate, as a mean over seeds.
        default: the index of the rate nearest to the knob's default, on a logarithmic scale.
        by_epoch: the loss after every epoch from each rate, as a mean over seeds.
        needs_rate: whether the knob is the learning rate.
        by_seed: the final loss from each rate, by seed.
        recipe: how to create the method (recipes.py); None if unknown.
    """

    label: str
    heading: str
    losses: tuple[float, ...]
    default: int
    by_epoch: tuple[tuple[float, ...], ...]
    needs_rate: bool = True
    by_seed: tuple[tuple[float, ...], ...] = ()
    recipe: Recipe | None = None

    @property
    def best(self) -> int:
        """The index of the best rate; the first of equal ones."""
        return min(range(len(self.losses)), key=self.losses.__getitem__)


@dataclass(frozen=True)
class Workload:
    """The results of all methods on a workload.

    Attributes:
        id: the id of the experiment.
        title: the title of the experiment.
        rates: the initial rates, in order.
        methods: the methods whose runs are all finished, by label.
        missing: the labels of the other methods.
        found: the number of finished runs with these seeds.
        wanted: the number of all runs with these seeds.
        seeds: the seeds.
        left_out: the number of finished runs with other seeds.
        ran: data, model, batch size and epochs, in words.
    """

    id: str
    title: str
    rates: tuple[float, ...]
    methods: Mapping[str, Method]
    missing: tuple[str, ...]
    found: int
    wanted: int
    seeds: tuple[int, ...]
    left_out: int = 0
    ran: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The id without the folder."""
        return self.id.split("/")[-1]

    @cached_property
    def best_baseline(self) -> float | None:
        """The loss of the baseline at its best rate; None if runs of it are missing."""
        method = self.methods.get(BASELINE)
        return None if method is None else method.losses[method.best]


def workload_of(
    experiment: Experiment, curves: Mapping[str, Sequence[float]], seeds: Sequence[int]
) -> Workload:
    """Return the results of an experiment.

    Args:
        experiment: the workload.
        curves: the LOSS after every epoch, by run id.
        seeds: the seeds to use.
    """
    rates = tuple(float(column.x or math.nan) for column in experiment.columns)
    rows: dict[str, list[Cell]] = {}
    for cell in experiment.cells():
        rows.setdefault(cell.row, []).append(cell)
    headings = {row.label: table.heading for table in experiment.tables for row in table.rows}
    methods, missing, found = {}, [], 0
    for label, cells in rows.items():
        ids = [[cell.id(seed) for seed in seeds] for cell in cells]
        there = sum(id_ in curves for of_rate in ids for id_ in of_rate)
        found += there
        if there < len(cells) * len(seeds):
            missing.append(label)
            continue
        guess = guessing(cells[0].run(seeds[0]))
        means = tuple(_mean_curve([curves[id_] for id_ in of_rate], guess) for of_rate in ids)
        name, default = knob(cells[0])
        away = [abs(math.log(rate / default)) for rate in rates]
        methods[label] = Method(
            label,
            headings[label],
            tuple(curve[-1] for curve in means),
            away.index(min(away)),
            means,
            name == "alpha",
            tuple(tuple(_counted(curves[of[i]][-1], guess) for of in ids) for i in range(len(seeds))),
            recipe_of(cells[0].run(seeds[0]), name),
        )
    wanted = len(rows) * len(rates) * len(seeds)
    others = [seed for seed in experiment.seeds if seed not in seeds]
    return Workload(
        experiment.id,
        experiment.title,
        rates,
        methods,
        tuple(missing),
        found,
        wanted,
        tuple(seeds),
        sum(cell.id(seed) in curves for seed in others for cell in experiment.cells()),
        tuple(setting(experiment)),
    )


def guessing(run: Run) -> float:
    """Return the loss of predicting the same probability for every class."""
    return math.log(data.find(run.dataset["name"]).classes or math.nan)


def knob(cell: Cell) -> tuple[str, float]:
    """Return the hyperparameter of level 0 that the columns set, and its default.

    Raises:
        ValueError: the columns set none in this row.
    """
    for name, value in cell.settings.items():
        if KNOB in json.dumps(value):
            return name, find(cell.run(0).stack[0]).hyperparameters[name]
    raise ValueError(f"{cell.row!r}: no setting of its row contains {KNOB}, which columns set")


def _mean_curve(curves: Sequence[Sequence[float]], guess: float) -> tuple[float, ...]:
    counted = [[_counted(loss, guess) for loss in curve] for curve in curves]
    return tuple(map(fmean, zip(*counted, strict=True)))


def _counted(loss: float, guess: float) -> float:
    return min(loss, guess) if math.isfinite(loss) else guess
