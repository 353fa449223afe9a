"""Methods beside one another on one workload: the final loss of each from every initial rate.

An experiment whose columns are initial rates is a workload, its rows are methods. The loss of a run is that
of the test set after its last epoch; one that diverged, or ended above the loss of guessing, counts as that.
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
"""The label of the row that the others are measured by, at its best rate."""
KNOB = "{x}"
LOSS = "test_loss"
"""The metric by which methods are told apart."""


@dataclass(frozen=True)
class Method:
    """What became of a method on a workload.

    Attributes:
        label: of its row.
        heading: of its table.
        losses: the final loss from each initial rate, the mean over seeds.
        default: the place of the rate that is nearest to the default of its knob, by ratio.
        by_epoch: from each rate the loss after every epoch, the mean over seeds.
        needs_rate: whether the knob is a rate, rather than a first guess of a method that finds its own.
        by_seed: by seed, the final loss from each initial rate.
        recipe: what makes it, see recipes.py; None where that is not known.
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
        """The place of its best rate; the first where several are alike."""
        return min(range(len(self.losses)), key=self.losses.__getitem__)


@dataclass(frozen=True)
class Workload:
    """Methods on one workload.

    Attributes:
        id: of the experiment.
        title: of the experiment.
        rates: the initial rates, in order.
        methods: those of which all runs are in, by label.
        missing: labels of the others.
        found, wanted: how many runs at these seeds are in, and how many there are.
        seeds: which.
        left_out: how many runs at other seeds are in.
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
        """Its id without the folder."""
        return self.id.split("/")[-1]

    @cached_property
    def best_baseline(self) -> float | None:
        """The loss of the baseline at its best rate; None where its runs are missing."""
        method = self.methods.get(BASELINE)
        return None if method is None else method.losses[method.best]


def workload_of(
    experiment: Experiment, curves: Mapping[str, Sequence[float]], seeds: Sequence[int]
) -> Workload:
    """An experiment as these curves, by run id, show it at these seeds."""
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
    """The loss of giving every class the same probability."""
    return math.log(data.find(run.dataset["name"]).classes or math.nan)


def knob(cell: Cell) -> tuple[str, float]:
    """The hyperparameter of level 0 that a row's columns set, and its rule's default.

    Raises:
        ValueError: none is set by the columns.
    """
    for name, value in cell.settings.items():
        if KNOB in json.dumps(value):
            return name, find(cell.run(0).stack[0]).hyperparameters[name]
    raise ValueError(f"{cell.row!r}: no setting of its row has {KNOB}, which columns set")


def _mean_curve(curves: Sequence[Sequence[float]], guess: float) -> tuple[float, ...]:
    counted = [[_counted(loss, guess) for loss in curve] for curve in curves]
    return tuple(map(fmean, zip(*counted, strict=True)))


def _counted(loss: float, guess: float) -> float:
    return min(loss, guess) if math.isfinite(loss) else guess
