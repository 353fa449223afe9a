"""A small table of times and errors, its list of alphas, and their records, made by hand."""

from pathlib import Path

from fake_records import MADE, record

from hyperopt.experiments import load
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings import timings
from hyperopt.records import Record

STACKS = """
title: Stacks
source: A report
settings: {dataset: mnist, model: mlp, epochs: 5}
corner: Optimizer / Hyper
columns:
  time: {label: Time(s), metric: time}
  gdtuo: {label: gdtuo, metric: gdtuo_time}
  error: {label: Test Error, metric: test_error}
order: error
tables:
  - heading: (a) Adam
    rows:
      - {label: Adam, settings: {stack: adam}, report: [40, 40, 5]}
      - {label: Adam / SGD, settings: {stack: adam/sgd}, report: [44, 44, 3]}
      - {label: Adam / Adam, settings: {stack: adam/adam}, report: [38, 38, 4]}
  - heading: As printed
    rows:
      - {label: "Adam / SGD, 0.01", settings: {stack: adam/sgd, alpha: 0.01/1e-5}}
claims:
  - says: The time is that of the baseline.
    ratio: {from: time, to: {row: Adam, column: time}}
    each_of: [Adam / SGD, Adam / Adam]
    between: [0.9, 1.1]
"""
LISTING = """
title: Alphas
source: A report, table 10
corner: Optimizer / Hyper
lists: report/table9
tables:
  - heading: (a) Adam
    rows:
      - {label: Adam, printed: "0.001"}
      - {label: Adam / SGD, printed: "0.01 / 1e-5"}
"""
SECONDS = {"Adam": [10.0, 11.0, 12.0], "Adam / SGD": [20.0, 22.0, 24.0], "Adam / Adam": [10.1, 11.0, 11.9]}


def written(root: Path) -> Experiment:
    """The table, as report/table9 below that folder; beside it lies its list of alphas, report/table10."""
    (root / "report").mkdir(parents=True)
    (root / "report/table9.yaml").write_text(STACKS)
    (root / "report/table10.yaml").write_text(LISTING)
    [experiment] = load("report/table9", root=root)
    return experiment


def measured(experiment: Experiment) -> dict[str, Record]:
    """Times in hyperopt as above, in gdtuo of Adam alone, and errors of three seeds."""
    runs = {label: experiment.cell(label, "time").run(0) for label in SECONDS}
    found = [timings.timing(runs[k], "hyperopt", s, 0.97, 1175, MADE) for k, s in SECONDS.items()]
    found.append(timings.timing(runs["Adam"], "gdtuo", [30.0, 30.0, 30.0], 0.99, 1175, MADE))
    errors = {"Adam": [5.0, 5.1, 4.9], "Adam / SGD": [4.0, 4.1, 4.2], "Adam / Adam": [3.9, 4.2, 4.1]}
    found += [
        record(experiment, k, "error", seed, e) for k, by in errors.items() for seed, e in enumerate(by)
    ]
    return {r.id: r for r in found}
