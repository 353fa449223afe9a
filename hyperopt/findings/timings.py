"""Times of one run alone, kept as records of their own kind beside the run's.

A run's record has the seconds of its pack, divided by the number of runs in it. What a report calls the time
of a run is measured apart, by `make times`: the run trains alone on a machine that does nothing else, in turn
with its baseline, round after round.
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
    """The id of the record of a run's times in a library."""
    return f"{PREFIX}{library}-{run.id}"


def is_timing(id_: str) -> bool:
    """Whether a record of this id has times, and is no run's."""
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
    """The record of a run's times.

    Args:
        run: the run that was timed.
        library: the `timed_in` of a metric.
        seconds: seconds for all steps of the run, one number per round.
        core: the least share of a core that the run had in a round.
        steps: updates of the weights in the run.
        made: what made the record, as in any other.
        timed_steps: the most steps that were timed in a round, to which the seconds are in proportion; None
            where all were timed.
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
    """Seconds for all steps in each round, or microseconds per step."""
    seconds = record.metrics[SECONDS]
    return [1e6 * s / record.steps for s in seconds] if per_step else seconds


def timed(experiment: Experiment, table: Table) -> list[Cell]:
    """The cells of a sub-table that show a time which the report gives too, row by row."""
    labels = {row.label for row in table.rows}
    cells = (cell for cell in experiment.cells() if cell.row in labels)
    return [cell for cell in cells if metric_of(cell.metric).timed_in and cell.report is not None]


def timed_run(cell: Cell) -> Run:
    """The run that is timed for a cell; its seed does not matter to its time."""
    return cell.run(seed=0)


def cell_id(cell: Cell) -> str:
    """The id of the timing that a cell shows."""
    return timing_id(timed_run(cell), metric_of(cell.metric).timed_in or "")


def ids(experiment: Experiment) -> set[str]:
    """Ids of all timings that an experiment shows."""
    return {cell_id(cell) for table in experiment.tables for cell in timed(experiment, table)}
