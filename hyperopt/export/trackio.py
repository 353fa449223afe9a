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
    """Write runs; returns of how many something was not there.

    Raises:
        ImpossibleError: trackio is not installed.
    """
    tables = Tables(folder)
    return sum(map(tables.write, runs))


class Tables:
    """The tables in a folder; no epoch of a run is written twice."""

    def __init__(self, folder: Path) -> None:
        self.storage = _storage(folder)
        there = self.storage.get_project_db_path(PROJECT).exists()
        known = self.storage.get_runs(PROJECT) if there else []
        self.epochs = {name: len(self.storage.get_logs(PROJECT, name)) for name in known}

    def write(self, run: Exported) -> bool:
        """Write the epochs of a run that are not there; whether there were any."""
        return self.add(run, 1)

    def add(self, run: Exported, first: int) -> bool:
        """Write a run's numbers, the first of which are of the epoch `first`, where they are not there."""
        name = f"{run.group}, {run.name}"
        there, last = self.epochs.get(name, 0), first + max(map(len, run.series.values()), default=0)
        steps = [epoch for epoch in range(first, last) if epoch > there]
        rows = [
            {key: values[epoch - first] for key, values in run.series.items() if epoch - first < len(values)}
            for epoch in steps
        ]
        if rows:
            times = [datetime.fromtimestamp(run.started + epoch, UTC).isoformat() for epoch in steps]
            config = {**run.settings, "_Group": run.group, "_Created": times[0]}
            self.storage.bulk_log(PROJECT, name, rows, steps=steps, timestamps=times, config=config)
            self.epochs[name] = steps[-1]
        return bool(rows)


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
