"""Records made by hand, for tests that train nothing."""

from collections.abc import Sequence
from typing import Any

from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.view import views_of
from hyperopt.pages.page import Page, render
from hyperopt.records import Record

MADE = {
    "command": "hyperopt tables report/table9",
    "commit": "abc123",
    "torch": "2.14.1",
    "device": "cpu",
    "pack": "8",
    "started": "2026-01-02T03:04:05+00:00",
}

# A small table, its numbers chosen so that sums are easy.
SMALL = """
title: Two alphas
source: A report, table 9
caption: Adam alone has 5.00%.
settings: {dataset: mnist, model: mlp, epochs: 2}
runs_per_number: 3
baseline: {label: Adam alone, settings: {stack: adam}, report: 5}
corner: α
columns:
  no clip: {label: "error, no clipping", settings: {clip: false}}
  clip: {label: "error, clipping", settings: {clip: true}}
tables:
  - heading: Adam / SGD(α)
    settings: {stack: adam/sgd}
    rows:
      - {label: "0.1", settings: {alpha: 0.1}, report: [6, 4]}
      - {label: "10", settings: {alpha: 10}, report: [60, 30]}
effect: {from: no clip, to: clip}
bold: {at_least: 1}
claims:
  - {says: Clipping helps., each_of: ["0.1", "10"], at_least: 1}
  - {says: It does no harm., mean_of: ["0.1", "10"], more_than: 0, why: Harm is below 0.}
  - {says: It may help., not_testable: It allows every outcome.}
notes: [A note.]
"""

# By row and column, one error per seed; None: diverged, scored as class 0.
ERRORS: dict[tuple[str, str], list[float | None]] = {
    ("Adam alone", "no clip"): [4.0, 5.0, 6.0],
    ("0.1", "no clip"): [6.0, 7.0, 8.0],
    ("0.1", "clip"): [4.0, 5.0, 6.0],
    ("10", "no clip"): [None, None, 50.2],
    ("10", "clip"): [40.2, 50.2, None],
}


def record(
    experiment: Experiment, row: str, column: str, seed: int, error: float | None, **changes: object
) -> Record:
    run = experiment.cell(row, column).run(seed)
    fields: dict[str, Any] = {
        "id": run.id,
        "config": run.canonical(),
        "metrics": {"test_error": [80.0, 90.2 if error is None else error]},
        "hyperparameters": {},
        "final": {"train_loss_full": 0.5},
        "diverged": error is None,
        "seconds": 2.0,
        "steps": 470,
        "made": MADE,
    }
    return Record(**fields | changes)


def records(experiment: Experiment, errors: dict[tuple[str, str], list[float | None]]) -> dict[str, Record]:
    """Records by id; the errors of each cell are those of seeds 0, 1, 2 ..."""
    made = [
        record(experiment, *cell, seed, e)
        for cell, by_seed in errors.items()
        for seed, e in enumerate(by_seed)
    ]
    return {r.id: r for r in made}


def lines(page: str, start: str) -> list[str]:
    """The lines that begin so, cells without padding."""
    cells = (" | ".join(cell.strip() for cell in line.split("|")).strip() for line in page.splitlines())
    return [line for line in cells if line.startswith(f"| {start}")]


def page_of(
    experiment: Experiment, records: dict[str, Record], seeds: int | Sequence[int] | None = None
) -> Page:
    """The page of an experiment as these records show it."""
    return render(views_of(experiment, records, seeds))
