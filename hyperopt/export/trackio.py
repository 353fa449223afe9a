"""Runs in the tables of trackio: DIR is its folder (TRACKIO_DIR), groups are its groups."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hyperopt.export.series import Exported, lacking

PROJECT = "hyperopt"


def write_tables(folder: Path, runs: Sequence[Exported]) -> int:
    """Write runs that are not there; returns how many these were.

    Raises:
        ImpossibleError: trackio is not installed.
    """
    storage = _storage(folder)
    there = {*storage.get_runs(PROJECT)} if storage.get_project_db_path(PROJECT).exists() else set()
    new = [run for run in runs if f"{run.group}, {run.name}" not in there]
    for run in new:
        epochs = max(map(len, run.series.values()), default=0)
        rows = [
            {name: values[epoch] for name, values in run.series.items() if epoch < len(values)}
            for epoch in range(epochs)
        ]
        times = [
            datetime.fromtimestamp(run.started + epoch, UTC).isoformat() for epoch in range(1, epochs + 1)
        ]
        storage.bulk_log(
            PROJECT,
            f"{run.group}, {run.name}",
            rows,
            steps=list(range(1, epochs + 1)),
            timestamps=times,
            config={**run.settings, "_Group": run.group, "_Created": times[0] if times else None},
        )
    return len(new)


def _storage(folder: Path) -> Any:
    """Trackio's storage, told where its folder is: it reads that once, when it is imported."""
    os.environ["TRACKIO_DIR"] = str(folder.resolve())
    try:
        from trackio import sqlite_storage
    except ImportError:
        raise lacking("trackio", "export trackio") from None
    vars(sqlite_storage)["TRACKIO_DIR"] = folder.resolve()  # where this process has imported it before
    folder.mkdir(parents=True, exist_ok=True)
    return sqlite_storage.SQLiteStorage
