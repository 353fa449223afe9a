"""`python -m benchmarks.times ID ...`: times the rows of tables with a Time(s) column, on an idle machine.

Each run trains alone, in a process with one torch thread, in turn with the other rows of its sub-table, round
after round. The times are kept in the working store, for `hyperopt tables` and `hyperopt publish` to find.
Of runs with more than `--steps` steps so many are timed in each round, and the time of all is in proportion.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial

from benchmarks.measure import Say
from benchmarks.numpy_loop import loop
from benchmarks.subjects import Build, Subject, gdtuo_in_memory, ours
from benchmarks.workers import Inline, Worker, at_once, start
from hyperopt.engine.costs import run_steps
from hyperopt.experiments import load
from hyperopt.experiments.experiment import Cell, Experiment
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


def main(argv: Sequence[str] | None = None) -> int:
    """Time, and write the records; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.times", description=__doc__)
    parser.add_argument("ids", nargs="+", metavar="ID", help="adabelief_amsgrad/table1 or a glob")
    parser.add_argument("--rounds", type=int, default=5, help="how often each row is timed")
    parser.add_argument("--steps", type=int, help="most steps timed in a round; all by default")
    arguments = parser.parse_args(argv)
    started = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - started:5.0f} s  {what}", file=sys.stderr, flush=True)

    for experiment in load(*arguments.ids):
        if records := times(experiment, arguments.rounds, say, steps=arguments.steps):
            path = working().write(records, f"times-{experiment.id.replace('/', '-')}")
            say(f"{experiment.id}: {len(records)} times written to {path}")
        else:
            say(f"{experiment.id} shows no times")
    return 0


def times(
    experiment: Experiment, rounds: int, say: Say, *, steps: int | None = None, inline: bool = False
) -> list[Record]:
    """A record for each time that an experiment shows.

    Args:
        experiment: what is timed.
        rounds: how often each row is.
        say: is told what happens.
        steps: most steps that are timed in a round; None for all.
        inline: in this process, uncompiled: a smoke test.
    """
    records = []
    for table in experiment.tables:
        cells = timings.timed(experiment, table)
        for library in dict.fromkeys(metric_of(cell.metric).timed_in for cell in cells):
            assert library is not None
            say(f"{experiment.id}, {table.heading}, {library}: starting and compiling")
            own = [cell for cell in cells if metric_of(cell.metric).timed_in == library]
            records += side_by_side(own, library, rounds, say, steps=steps, inline=inline)
    return records


def side_by_side(
    cells: Sequence[Cell], library: str, rounds: int, say: Say, *, steps: int | None, inline: bool
) -> list[Record]:
    """The rows of a sub-table in one library, in turn, round after round; arguments as of `times`."""
    runs = {timings.cell_id(cell): timings.timed_run(cell) for cell in cells}
    build = partial(ours, compiled=False) if inline and library == "hyperopt" else BUILDS[library]
    made = provenance() | {"device": "cpu", "pack": "1", "library": version(library)}
    workers = start([Subject(library, library, (run,), "cpu", build) for run in runs.values()], inline=inline)
    seconds: list[list[float]] = [[] for _ in workers]
    core = [float("inf")] * len(workers)
    try:
        at_once(workers, 1 if inline else WARM_UP_STEPS)
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            for i, (worker, run) in enumerate(zip(workers, runs.values(), strict=True)):
                whole = run_steps(run)
                [sample] = at_once([worker], min(whole, steps or whole))
                seconds[i].append(sample.seconds * whole / sample.steps)
                core[i] = min(core[i], sample.cpu_seconds / sample.seconds)
    finally:
        close(workers)
    return [
        timings.timing(run, library, *measured, run_steps(run), made, timed_steps=steps)
        for run, *measured in zip(runs.values(), seconds, core, strict=True)
    ]


def version(library: str) -> str:
    """A library and its version."""
    return f"gdtuo {installed(GDTUO)}" if library == "gdtuo" else library


def close(workers: Sequence[Worker | Inline]) -> None:
    """End the processes."""
    for worker in workers:
        worker.close()


if __name__ == "__main__":
    raise SystemExit(main())
