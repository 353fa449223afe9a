"""Runs as CSV: runs.csv has a row a run, epochs.csv a row a number."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hyperopt.durable import write
from hyperopt.export.series import Exported

RUNS, EPOCHS = "runs.csv", "epochs.csv"


def write_csv(folder: Path, runs: Sequence[Exported]) -> int:
    """Write both files; returns how many runs are in them.

    Raises:
        StorageError: the system does not let us write there.
    """
    rows = [
        {"run": run.name.rpartition(" ")[2], "group": run.group, **run.settings}
        | {name: series[-1] for name, series in run.series.items() if series}
        for run in runs
    ]
    numbers = [
        (run.name.rpartition(" ")[2], epoch, name, value)
        for run in runs
        for name, series in run.series.items()
        for epoch, value in enumerate(series, 1)
    ]
    long = pd.DataFrame(numbers, columns=["run", "epoch", "name", "value"])
    for name, frame in ((RUNS, pd.DataFrame(rows)), (EPOCHS, long)):
        write(folder / name, frame.to_csv(index=False, lineterminator="\n"), durable=False)
    return len(runs)
