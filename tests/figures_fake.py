"""Small figures and their records, made by hand."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fake_records import MADE

from hyperopt.experiments import read
from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.figure import Panel
from hyperopt.figures.draw import draw
from hyperopt.findings.curves import MeasuredCurve, curves
from hyperopt.findings.view import view_of
from hyperopt.records import Record

ALONG_EPOCHS = """
title: Two stacks
source: A report, figure 9
caption: Loss.
settings: {dataset: mnist, model: mlp, epochs: 3}
panels:
  - {metric: train_loss, label: training loss, points: [1, 3], reductions: [settling]}
  - {metric: test_accuracy, label: test accuracy (%), points: [3]}
curves:
  - {label: SGD, settings: {stack: sgd}, report: [3, 2.5, 2], shown_as: Adam}
  - label: Adam
    settings: {stack: adam}
    report: {train_loss: {3: 1}, test_accuracy: {3: 96}}
    shown_as: null
claims:
  - says: Adam is better.
    effect: {from: {row: SGD, column: epoch 3}, to: epoch 3}
    each_of: [Adam]
    more_than: 0
  - says: SGD is better.
    effect: {from: {row: Adam, column: epoch 3}, to: epoch 3}
    each_of: [SGD]
    more_than: 0
    contradicted: true
    why: A printed sentence.
notes: [A note.]
"""

ALONG_ALPHA = """
title: Against α
source: A report, figure 8
settings: {dataset: mnist, model: mlp, epochs: 3}
x: {name: α, label: initial α, scale: log, values: [0.01, 1]}
panels:
  - {metric: test_error, label: test error (%), reductions: [range, mean]}
curves:
  - {label: one, settings: {stack: sgd, alpha: "{x}"}, report: [8, 12]}
  - {label: two, settings: {stack: sgd/sgd, alpha: "{x}/0.1"}}
claims:
  - says: Two are less sensitive.
    effect: {from: {row: one, column: range}, to: range}
    each_of: [two]
    more_than: 0
"""

# By curve, per seed the loss after each of three epochs; 100 - 10 x loss is the accuracy.
LOSSES = {
    "SGD": [[3.0, 2.5, 2.0], [3.1, 2.4, 2.1], [2.9, 2.6, 1.9]],
    "Adam": [[2.0, 1.02, 1.0], [2.0, 1.5, 1.1], [2.0, 1.5, 0.9]],
}

GRID = """
title: Steps to a loss
source: A report, figure 8
reference: the authors
settings: {dataset: mnist, model: mlp, epochs: 2, stop_at_loss: 1}
metric: crossed_at
label: steps to a loss of 1
x: {name: β, values: [0.1, 1]}
y: {name: α, label: initial α, values: [0.1, 0.01]}
reductions: [{name: worst, of: max, along: [0.1, 1]}]
maps:
  - {label: plain, settings: {stack: sgd, alpha: "{y}"}, report: [40, .inf]}
  - {label: tuned, settings: {stack: sgd_hd, alpha: "{y}/{x}"}, report: [[10, 20], [40, null]]}
claims:
  - says: Tuned is faster.
    ratio: {from: {row: "tuned, α {}", column: worst}, to: {row: "plain, α {}", column: any β}}
    each_of: ["0.1", "0.01"]
    at_most: 1
"""

GROUPS = """
title: Two rules
source: A report, figure 9
settings: {dataset: mnist, model: mlp, epochs: 3}
panels:
  - {metric: train_loss, label: training loss, scale: log, points: [3]}
  - {metric: test_error, label: test error (%), points: [3]}
curves:
  - each: [0.1, 0.001]
    label: "SGD {}"
    group: sgd
    colour: "α {}"
    line: alone
    settings: {stack: sgd, alpha: "{}"}
  - each: [0.1, 0.001]
    label: "Adam {}"
    group: adam
    colour: "α {}"
    line: alone
    settings: {stack: adam, alpha: "{}"}
  - {label: SGD_HD, group: sgd, colour: α 0.1, line: tuned, settings: {stack: sgd_hd}}
  - {label: other, settings: {stack: rmsprop}, drawn: false}
claims:
  - says: As the report.
    effect: {from: epoch 3, to: {reported: epoch 3}}
    each_of: [SGD 0.1]
    within: 0.5
"""

NEVER, CAP = math.inf, 470

# By row and column of GRID, the step of each of three seeds.
STEPS: dict[tuple[str, str], list[float]] = {
    ("plain, α 0.1", "any β"): [50, 40, 70],
    ("plain, α 0.01", "any β"): [NEVER, 400, NEVER],
    ("tuned, α 0.1", "β 0.1"): [16, 20, 30],
    ("tuned, α 0.1", "β 1"): [25, 30, 35],
    ("tuned, α 0.01", "β 0.1"): [26, 20, 22],
    ("tuned, α 0.01", "β 1"): [300, NEVER, NEVER],
}

ERRORS = {
    ("one", "α 0.01"): [8.0, 10.0],
    ("one", "α 1"): [20.0, 30.0],
    ("two", "α 0.01"): [5.0, 6.0],
    ("two", "α 1"): [9.0, 8.0],
}


def written(folder: Path, text: str) -> Experiment:
    """The experiment of a file with that text."""
    path = folder / "figure9.yaml"
    path.write_text(text)
    return read(path, "report/figure9")


def epoch_records(experiment: Experiment, losses: dict[str, list[list[float]]]) -> dict[str, Record]:
    """Records of curves along epochs."""
    made = {}
    for label, by_seed in losses.items():
        for seed, curve in enumerate(by_seed):
            run = experiment.cell(label, "epoch 3").run(seed)
            metrics = {"train_loss": curve, "test_error": [10 * loss for loss in curve]}
            made[run.id] = blank(run.id, run.canonical(), metrics)
    return made


def alpha_records(experiment: Experiment, errors: dict[tuple[str, str], list[float]]) -> dict[str, Record]:
    """Records of points along α: by curve and column the error of each seed."""
    made = {}
    for (label, column), by_seed in errors.items():
        for seed, error in enumerate(by_seed):
            run = experiment.cell(label, column).run(seed)
            made[run.id] = blank(run.id, run.canonical(), {"test_error": [99.0, error]})
    return made


def diverged(record: Record, epoch: int) -> Record:
    event = {"step": 1, "epoch": epoch, "event": "diverged", "level": None}
    return replace(record, diverged=True, events=[event])


def blank(id_: str, config: dict, metrics: dict[str, list[float]]) -> Record:
    return Record(
        id=id_,
        config=config,
        metrics=metrics,
        hyperparameters={"0.alpha": [0.1, 0.2, 0.3]},
        final={"train_loss_full": 0.5},
        diverged=False,
        seconds=2.0,
        steps=470,
        made=MADE,
    )


def crossings(experiment: Experiment) -> dict[str, Record]:
    """Records of GRID, with the steps above."""
    made = {}
    for cell, by_seed in STEPS.items():
        for seed, step in enumerate(by_seed):
            run = experiment.cell(*cell).run(seed)
            record = blank(run.id, run.canonical(), {})
            record.final["crossed_at"] = float(step)
            made[run.id] = Record(**{**record.__dict__, "steps": CAP})
    return made


def curves_in(
    panel: Panel, experiment: Experiment, records: dict[str, Record], seeds: Sequence[int]
) -> Sequence[MeasuredCurve]:
    """The curves of an experiment in that panel, which need not be one of its own."""
    alone = replace(experiment.figure, panels=(panel,))
    return curves(replace(experiment, figure=alone), records, seeds)[panel]


def drawings(experiment: Experiment, records: dict[str, Record], seeds: Sequence[int]) -> dict[str, bytes]:
    """The files of a figure's drawing."""
    return draw(view_of(experiment, records, tuple(seeds)))
