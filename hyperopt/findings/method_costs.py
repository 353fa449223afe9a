"""What methods cost beside the baseline: time of a step of training, and memory, as a benchmark measured."""

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
    """What a method costs in a training loop, with `HyperOptimizer`.

    Attributes:
        step: processor time of a step of training as a multiple of the baseline's, the median over rounds.
        optimizer: the same of what the optimizer does in it.
        kept: tensors as large as the weights that it keeps beside them from step to step.
    """

    step: float
    optimizer: float
    kept: float


def costs_file(results: Path | None = None) -> Path:
    """Where `python -m benchmarks pages methods` writes what it measured, beside the records of the study."""
    return (results or results_dir()) / "records" / STUDY / "costs.csv"


def written(costs: Mapping[str, Cost]) -> str:
    """Costs by method as CSV."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["method", *(field.name for field in fields(Cost))])
    for method, cost in costs.items():
        table.writerow([method, *(f"{number:.4g}" for number in asdict(cost).values())])
    return text.getvalue()


def read(path: Path) -> dict[str, Cost]:
    """Costs by method; {} where nothing was measured."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["method"]: Cost(**{field.name: float(row[field.name]) for field in fields(Cost)}) for row in rows
    }
