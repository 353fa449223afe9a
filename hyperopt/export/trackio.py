"""Export of runs to trackio's tables: DIR is its folder (TRACKIO_DIR), and groups become its groups."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hyperopt.errors import ConfigError
from hyperopt.export.series import BY_STEP, Exported, foreign, lacking

PROJECT = "hyperopt"
SQLITE = b"SQLite format 3\0"


def write_tables(folder: Path, runs: Sequence[Exported]) -> int:
    """Write runs and return how many were new or incomplete.

    Raises:
        ImpossibleError: trackio is not installed.
        ConfigError: a file with the database's name is no SQLite database, or cannot be used.
    """
    storage = _storage(folder)
    path = Path(storage.get_project_db_path(PROJECT))
    if path.exists() and not _is_database(path):
        raise foreign(path)
    try:
        tables = Tables(folder)
        return sum(map(tables.write, runs))
    except sqlite3.Error as error:
        raise ConfigError(f"{path} cannot be used: {error}; another folder is expected.") from error


class Tables:
    """trackio's tables in a folder; no epoch or step of a run is written twice.

    Recorded steps are written as a separate trackio run, since one run has only one axis.
    """

    def __init__(self, folder: Path) -> None:
        self.storage = _storage(folder)
        there = self.storage.get_project_db_path(PROJECT).exists()
        self.known = {*self.storage.get_runs(PROJECT)} if there else set()
        self.last: dict[str, int] = {}

    def write(self, run: Exported) -> bool:
        """Write the missing rows of a run; return whether there were any."""
        epochs = self.add_epochs(run, 1)
        return self.add_steps(run) or epochs

    def add_epochs(self, run: Exported, first: int) -> bool:
        """Write the missing epochs of a run, whose numbers begin at epoch `first`; return if any were."""
        epochs = range(first, first + max(map(len, run.series.values()), default=0))
        return self._add(run, f"{run.group}, {run.name}", epochs, run.series)

    def add_steps(self, run: Exported) -> bool:
        """Write the missing recorded steps of a run; return whether there were any."""
        return self._add(run, f"{run.group}, {run.name}, {BY_STEP}", run.steps, run.by_step)

    def _add(
        self, run: Exported, name: str, steps: Sequence[int], series: Mapping[str, Sequence[float]]
    ) -> bool:
        if name not in self.last:
            logs = self.storage.get_logs(PROJECT, name) if name in self.known else []
            self.last[name] = max((row["step"] for row in logs), default=0)
        new = [place for place, step in enumerate(steps) if step > self.last[name]]
        rows = [
            {key: values[place] for key, values in series.items() if place < len(values)} for place in new
        ]
        if rows:
            at = [steps[place] for place in new]
            times = [datetime.fromtimestamp(run.started + step, UTC).isoformat() for step in at]
            config = {**run.settings, "_Group": run.group, "_Created": times[0]}
            self.storage.bulk_log(PROJECT, name, rows, steps=at, timestamps=times, config=config)
            self.last[name] = at[-1]
        return bool(rows)


def _is_database(path: Path) -> bool:
    """Return whether a file is an SQLite database, as an empty file is."""
    with path.open("rb") as file:
        first = file.read(len(SQLITE))
    return first in (b"", SQLITE)


def _storage(folder: Path) -> Any:
    """Return trackio's storage for a folder. trackio reads the folder's name once, when it is imported."""
    os.environ["TRACKIO_DIR"] = str(folder.resolve())
    try:
        from trackio import sqlite_storage
    except ImportError:
        raise lacking("trackio", "export trackio") from None
    vars(sqlite_storage)["TRACKIO_DIR"] = folder.resolve()  # in case it had been imported before
    folder.mkdir(parents=True, exist_ok=True)
    return sqlite_storage.SQLiteStorage
