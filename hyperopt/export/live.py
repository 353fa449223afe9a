"""The callbacks that ship: what `hyperopt export` writes of finished runs, written while they train."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from hyperopt.config import Run
from hyperopt.export.series import Exported, of_record
from hyperopt.records import Record

Series = dict[str, list[float]]
WRITE_SECONDS = 2.0
"""Between epochs, an event file is written anew at most so often: it is written whole."""


class TensorBoard:
    """Event files below `tensorboard/` of the working folder; a finished run's is that of `export`."""

    def __init__(self, folder: Path) -> None:
        from hyperopt.export.tensorboard import check

        check()
        self.folder = folder / "tensorboard"
        self.series: dict[str, Series] = {}
        self.by_step: dict[str, Series] = {}
        self.written: dict[str, float] = {}

    def epoch(self, run: Run, epoch: int, numbers: Mapping[str, float]) -> None:
        """Write the run anew with one more epoch."""
        del epoch
        _add(self.series.setdefault(run.id, {}), numbers)
        self._write_so_far(run)

    def step(self, run: Run, step: int, numbers: Mapping[str, float]) -> None:
        """Take one more step, which is written now or soon."""
        _add(self.by_step.setdefault(run.id, {}), {"step": step, **numbers})
        if time.monotonic() - self.written.get(run.id, 0.0) > WRITE_SECONDS:
            self._write_so_far(run)

    def finish(self, run: Run, record: Record) -> None:
        """Write it as it is exported."""
        for told in (self.series, self.by_step, self.written):
            told.pop(run.id, None)
        self._write(of_record(record))

    def _write_so_far(self, run: Run) -> None:
        self._write(_so_far(run, self.series.get(run.id, {}), self.by_step.get(run.id, {})))
        self.written[run.id] = time.monotonic()

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
        self.tables.add_epochs(_so_far(run, single), epoch)

    def step(self, run: Run, step: int, numbers: Mapping[str, float]) -> None:
        """Add a row to the table of its steps."""
        single = {name: [value] for name, value in {"step": step, **numbers}.items()}
        self.tables.add_steps(_so_far(run, by_step=single))

    def finish(self, run: Run, record: Record) -> None:
        """Add the rows that were not told."""
        del run
        self.tables.write(of_record(record))


def _add(series: Series, numbers: Mapping[str, float]) -> None:
    for name, value in numbers.items():
        series.setdefault(name, []).append(value)


def _so_far(
    run: Run, told: Mapping[str, list[float]] | None = None, by_step: Series | None = None
) -> Exported:
    """A run in training as it is exported."""
    record = Record(
        run.id,
        run.canonical(),
        metrics=dict(told or {}),
        hyperparameters={},
        final={},
        diverged=False,
        seconds=0.0,
        steps=0,
        made={},
        by_step=by_step or {},
    )
    return of_record(record)
