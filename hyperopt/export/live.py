"""The shipped callbacks, which write during training what `hyperopt export` writes of finished runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from hyperopt.config import Run
from hyperopt.export.series import Exported, of_record
from hyperopt.records import Record

Series = dict[str, list[float]]
WRITE_SECONDS = 2.0
"""The minimum time between two writes for recorded steps; an event file is always rewritten as a whole."""


class TensorBoard:
    """Writes event files to `tensorboard/` in the working folder; those of finished runs equal `export`'s."""

    def __init__(self, folder: Path) -> None:
        from hyperopt.export.tensorboard import check

        check()
        self.folder = folder / "tensorboard"
        self.series: dict[str, Series] = {}
        self.by_step: dict[str, Series] = {}
        self.written: dict[str, float] = {}

    def epoch(self, run: Run, epoch: int, numbers: Mapping[str, float]) -> None:
        """Rewrite the run's file with one more epoch."""
        del epoch
        _add(self.series.setdefault(run.id, {}), numbers)
        self._write_so_far(run)

    def step(self, run: Run, step: int, numbers: Mapping[str, float]) -> None:
        """Add a recorded step; rewrite the run's file unless that happened moments ago."""
        _add(self.by_step.setdefault(run.id, {}), {"step": step, **numbers})
        if time.monotonic() - self.written.get(run.id, 0.0) > WRITE_SECONDS:
            self._write_so_far(run)

    def finish(self, run: Run, record: Record) -> None:
        """Write the run's file as `export` does."""
        for kept in (self.series, self.by_step, self.written):
            kept.pop(run.id, None)
        self._write(of_record(record))

    def _write_so_far(self, run: Run) -> None:
        self._write(_so_far(run, self.series.get(run.id, {}), self.by_step.get(run.id, {})))
        self.written[run.id] = time.monotonic()

    def _write(self, run: Exported) -> None:
        from hyperopt.export.tensorboard import write_events

        write_events(self.folder, [run])


class Trackio:
    """Writes trackio's tables to `trackio/` in the working folder, from which trackio shows them live."""

    def __init__(self, folder: Path) -> None:
        from hyperopt.export.trackio import Tables

        self.tables = Tables(folder / "trackio")

    def epoch(self, run: Run, epoch: int, numbers: Mapping[str, float]) -> None:
        """Add a row for an epoch."""
        single = {name: [value] for name, value in numbers.items()}
        self.tables.add_epochs(_so_far(run, single), epoch)

    def step(self, run: Run, step: int, numbers: Mapping[str, float]) -> None:
        """Add a row for a recorded step."""
        single = {name: [value] for name, value in {"step": step, **numbers}.items()}
        self.tables.add_steps(_so_far(run, by_step=single))

    def finish(self, run: Run, record: Record) -> None:
        """Add the rows that are still missing."""
        del run
        self.tables.write(of_record(record))


def _add(series: Series, numbers: Mapping[str, float]) -> None:
    for name, value in numbers.items():
        series.setdefault(name, []).append(value)


def _so_far(
    run: Run, by_epoch: Mapping[str, list[float]] | None = None, by_step: Series | None = None
) -> Exported:
    """Return a run in training in the form in which it is exported."""
    record = Record(
        run.id,
        run.canonical(),
        metrics=dict(by_epoch or {}),
        hyperparameters={},
        final={},
        diverged=False,
        seconds=0.0,
        steps=0,
        made={},
        by_step=by_step or {},
    )
    return of_record(record)
