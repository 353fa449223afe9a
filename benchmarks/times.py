"""`make times`: times the rows of tables with a Time(s) column, on an idle machine.

Each run trains alone, in a process with one torch thread, taking turns with the other rows of its sub-table.
The times are stored in the working store, where `hyperopt tables` and `hyperopt publish` find them. With
STEPS, only that many steps of a run are timed in each round, and the time of all steps is extrapolated.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from benchmarks.numpy_loop import loop
from benchmarks.rounds import Rounds, Say, in_turn
from benchmarks.subjects import Build, Subject, gdtuo_in_memory, ours
from hyperopt.engine.pack import run_steps
from hyperopt.experiments import load
from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.grid import Cell
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings import timings
from hyperopt.provenance import installed, provenance
from hyperopt.records import Record, working

WARM_UP_STEPS = 20
BUILDS: dict[str, Build] = {
    "hyperopt": ours,
    "gdtuo": partial(gdtuo_in_memory, create_graph=True),
    "numpy": partial(loop, as_reported=False),
    "numpy-fsolve": partial(loop, as_reported=True),
}
GDTUO = "gradient-descent-the-ultimate-optimizer"


def time_tables(ids: Sequence[str], rounds: int, steps: int | None, say: Say) -> None:
    """Time experiments and write the records to the working store."""
    for experiment in load(*ids):
        if records := times(experiment, rounds, say, steps=steps):
            path = working().write(records, f"times-{experiment.id.replace('/', '-')}")
            say(f"{experiment.id}: {len(records)} times written to {path}")
        else:
            say(f"{experiment.id} has no times")


def times(
    experiment: Experiment, rounds: int, say: Say, *, steps: int | None = None, inline: bool = False
) -> list[Record]:
    """Time an experiment; return a record for each time that it shows.

    Args:
        experiment: the experiment.
        rounds: how often each row is timed.
        say: receives messages about progress.
        steps: the maximum number of steps in a round; None for all.
        inline: whether to run in this process without compiling, as a smoke test.
    """
    how = Rounds(rounds, warm_up=1 if inline else WARM_UP_STEPS, inline=inline)
    records = []
    for table in experiment.tables:
        cells = timings.timed(experiment, table)
        for library in dict.fromkeys(metric_of(cell.metric).timed_in for cell in cells):
            assert library is not None
            own = [cell for cell in cells if metric_of(cell.metric).timed_in == library]
            records += side_by_side(f"{experiment.id}, {table.heading}", own, library, how, say, steps=steps)
    return records


def side_by_side(
    what: str, cells: Sequence[Cell], library: str, how: Rounds, say: Say, *, steps: int | None
) -> list[Record]:
    """Time the rows of a sub-table in one library; arguments as for `times`."""
    runs = {timings.cell_id(cell): timings.timed_run(cell) for cell in cells}.values()
    build = partial(ours, compiled=False) if how.inline and library == "hyperopt" else BUILDS[library]
    made = provenance() | {"device": "cpu", "pack": "1", "library": version(library)}
    subjects = [Subject(library, library, (run,), "cpu", build) for run in runs]
    counts = [min(run_steps(run), steps or run_steps(run)) for run in runs]
    found = in_turn(f"{what}, {library}", subjects, how, say, counts)
    return [
        timings.timing(
            run,
            library,
            [sample.seconds * run_steps(run) / sample.steps for sample in timed.samples],
            min(timed.core),
            run_steps(run),
            made,
            timed_steps=steps,
        )
        for run, timed in zip(runs, found, strict=True)
    ]


def version(library: str) -> str:
    """Return the name of a library, for gdtuo with its version."""
    return f"gdtuo {installed(GDTUO)}" if library == "gdtuo" else library
