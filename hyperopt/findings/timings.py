"""Times of single runs, stored as separate records.

A run's own record has the seconds of its pack, divided by the number of runs in it. What a report calls the
time of a run is measured by `make times`: the run trains alone on an idle machine, alternating with its
baseline in several rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.grid import Cell, Table
from hyperopt.experiments.metrics import metric_of
from hyperopt.records import Record

if TYPE_CHECKING:
    from hyperopt.config import Run

PREFIX = "time-"
SECONDS = "seconds"
CORE = "core"
TIMED_STEPS = "timed steps"


def timing_id(run: Run, library: str) -> str:
    """Return the id of the record with a run's times in a library."""
    return f"{PREFIX}{library}-{run.id}"


def is_timing(id_: str) -> bool:
    """Return whether an id is that of a record with times rather than of a run."""
    return id_.startswith(PREFIX)


def timing(
    run: Run,
    library: str,
    seconds: Sequence[float],
    core: float,
    steps: int,
    made: dict[str, str],
    *,
    timed_steps: int | None = None,
) -> Record:
    """Return the record of a run's times.

    Args:
        run: the run that was timed.
        library: the `timed_in` of a metric.
        seconds: seconds for all steps of the run, one number per round.
        core: the least share of a core that the run had in a round.
        steps: the number of steps of the run.
        made: the provenance, as in any record.
        timed_steps: the maximum number of steps timed in a round, from which the seconds are extrapolated;
            None if all were timed.
    """
    cut = {TIMED_STEPS: float(timed_steps)} if timed_steps and timed_steps < steps else {}
    return Record(
        id=timing_id(run, library),
        config=run.canonical(),
        metrics={SECONDS: list(seconds)},
        hyperparameters={},
        final={CORE: core, **cut},
        diverged=False,
        seconds=sum(seconds) / len(seconds),
        steps=steps,
        made=made,
    )


def rounds(record: Record, *, per_step: bool) -> list[float]:
    """Return the seconds for all steps in each round, or microseconds per step."""
    seconds = record.metrics[SECONDS]
    return [1e6 * s / record.steps for s in seconds] if per_step else seconds


def timed(experiment: Experiment, table: Table) -> list[Cell]:
    """Return the cells of a sub-table with times that the report also gives, row by row."""
    labels = {row.label for row in table.rows}
    cells = (cell for cell in experiment.cells() if cell.row in labels)
    return [cell for cell in cells if metric_of(cell.metric).timed_in and cell.report is not None]


def timed_run(cell: Cell) -> Run:
    """Return the run that is timed for a cell; the seed does not affect its time."""
    return cell.run(seed=0)


def cell_id(cell: Cell) -> str:
    """Return the id of the record with the times that a cell shows."""
    return timing_id(timed_run(cell), metric_of(cell.metric).timed_in or "")


def ids(experiment: Experiment) -> set[str]:
    """Return the ids of all records with times that an experiment shows."""
    return {cell_id(cell) for table in experiment.tables for cell in timed(experiment, table)}
