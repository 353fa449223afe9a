"""The callbacks that ship: what `hyperopt export` writes of finished runs, written while they train."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hyperopt.config import Run
from hyperopt.export.series import Exported, of_record, scalars
from hyperopt.records import Record


class TensorBoard:
    """Event files below `tensorboard/` of the working folder; a finished run's is that of `export`."""

    def __init__(self, folder: Path) -> None:
        from hyperopt.export.tensorboard import check

        check()
        self.folder = folder / "tensorboard"
        self.series: dict[str, dict[str, list[float]]] = {}

    def epoch(self, run: Run, epoch: int, numbers: Mapping[str, float]) -> None:
        """Write the run anew with one more epoch."""
        del epoch
        told = self.series.setdefault(run.id, {})
        for name, value in numbers.items():
            told.setdefault(name, []).append(value)
        self._write(_so_far(run, told))

    def finish(self, run: Run, record: Record) -> None:
        """Write it as it is exported."""
        self.series.pop(run.id, None)
        self._write(of_record(record))

    def _write(self, run: Exported) -> None:
        from hyperopt.export.tensorboard import write_events

        write_events(self.folder, [run])


class Trackio:
    """The tables of trackio below `trackio/` of the working folder, where it shows them as they come."""

    def __init__(self, folder: Path) -> None:
        from hyperopt.export.trackio import Tables

        self.tables = Tables(folder / "trackio")

    def epoch(self, run: Run, epoch: int, numbers: Mapping[str, float]) -> None:
        """Add a row."""
        single = {name: [value] for name, value in numbers.items()}
        self.tables.add(_so_far(run, single), epoch)

    def finish(self, run: Run, record: Record) -> None:
        """Add the rows that were not told."""
        del run
        self.tables.write(of_record(record))


def _so_far(run: Run, told: Mapping[str, list[float]]) -> Exported:
    """A run in training as it is exported."""
    metrics = {name: series for name, series in told.items() if not name[0].isdigit()}
    hyperparameters = {name: series for name, series in told.items() if name[0].isdigit()}
    empty = Record(run.id, run.canonical(), {}, {}, {}, diverged=False, seconds=0.0, steps=0, made={})
    return replace(of_record(empty), series=scalars(metrics, hyperparameters))
