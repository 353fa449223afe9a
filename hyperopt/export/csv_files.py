"""Export of runs as CSV: runs.csv has a row per run, epochs.csv and steps.csv have a row per number."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hyperopt.durable import write
from hyperopt.export.series import Exported, foreign

COLUMNS: Mapping[str, Sequence[str]] = {
    "runs.csv": ("run", "group"),
    "epochs.csv": ("run", "epoch", "name", "value"),
    "steps.csv": ("run", "step", "name", "value"),
}
"""The columns of each file; runs.csv has further ones for settings and final numbers."""


def write_csv(folder: Path, runs: Sequence[Exported]) -> int:
    """Write the files and return the number of runs; steps.csv is only written if steps were recorded.

    Raises:
        ConfigError: another program's file has one of the names.
        StorageError: the files cannot be written.
    """
    contents: dict[str, Iterable[Mapping[str, Any]]] = {
        "runs.csv": [
            {"run": id_of(run), "group": run.group, **run.settings}
            | {name: series[-1] for name, series in run.series.items() if series}
            for run in runs
        ],
        "epochs.csv": [
            {"run": id_of(run), "epoch": epoch, "name": name, "value": value}
            for run in runs
            for name, series in run.series.items()
            for epoch, value in enumerate(series, 1)
        ],
        "steps.csv": [
            {"run": id_of(run), "step": step, "name": name, "value": value}
            for run in runs
            for name, series in run.by_step.items()
            for step, value in zip(run.steps, series, strict=True)
        ],
    }
    for name in COLUMNS:
        check_ours(folder / name)
    for name, rows in contents.items():
        if rows or name != "steps.csv" or (folder / name).exists():
            write(folder / name, _csv(COLUMNS[name], rows), durable=False)
    return len(runs)


def check_ours(path: Path) -> None:
    """Check that a file, if it exists, was written by `write_csv`, by its first line.

    Raises:
        ConfigError: it was not.
    """
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        first = file.readline(100)
    ours = ",".join(COLUMNS[path.name])
    if first.rstrip("\n") != ours and not (path.name == "runs.csv" and first.startswith(f"{ours},")):
        raise foreign(path)


def id_of(run: Exported) -> str:
    """Return the id of a run."""
    return run.name.rpartition(" ")[2]


def _csv(first: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys([*first, *(key for row in rows for key in row)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
