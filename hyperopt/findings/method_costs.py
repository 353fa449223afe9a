"""The measured costs of methods relative to the baseline: time of a training step, and memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from hyperopt.files import results_dir
from hyperopt.findings.study import STUDY


@dataclass(frozen=True)
class Cost:
    """The cost of a method in a training loop with `HyperOptimizer`.

    Attributes:
        step: the processor time of a training step relative to the baseline's, as a median over rounds.
        optimizer: the same for the optimizer's part of the step.
        kept: the size of the optimizer's state, in multiples of the weights.
    """

    step: float
    optimizer: float
    kept: float


def costs_file(results: Path | None = None) -> Path:
    """Return the file that `python -m benchmarks pages methods` writes."""
    return (results or results_dir()) / "records" / STUDY / "costs.csv"


def written(costs: Mapping[str, Cost]) -> str:
    """Return costs as CSV."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["method", *(field.name for field in fields(Cost))])
    for method, cost in costs.items():
        table.writerow([method, *(f"{number:.4g}" for number in asdict(cost).values())])
    return text.getvalue()


def read(path: Path) -> dict[str, Cost]:
    """Read costs by method; {} if there is no file."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["method"]: Cost(**{field.name: float(row[field.name]) for field in fields(Cost)}) for row in rows
    }
