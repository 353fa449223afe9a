"""The wall-clock time of a whole table, and of its runs in gdtuo's loops."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.results import WholeTable
from benchmarks.rounds import Rounds, Say, in_turn
from benchmarks.subjects import GDTUO_LOOPS, gdtuo_loops
from hyperopt.config import Run
from hyperopt.config.sweep import parse
from hyperopt.engine.options import Options
from hyperopt.engine.pack import run_steps
from hyperopt.experiments import load


def whole_table(experiment: str, overrides: Sequence[str], how: Rounds, say: Say) -> WholeTable:
    """Time an experiment from an empty store, and gdtuo's steps of each of its stacks."""
    command = ["tables", experiment, *overrides]
    [asked] = load(experiment)
    settings, _ = parse(overrides)
    seconds = from_nothing(command, say)
    runs = asked.changed(settings).runs(None) if settings else asked.runs(None)
    step = {stack: loop_seconds(of_stack(runs, stack), how, say) for stack in {run.stack for run in runs}}
    return WholeTable(
        experiment=experiment,
        command=" ".join(["hyperopt", *command]),
        runs=len(runs),
        run_steps=sum(map(run_steps, runs)),
        seconds=seconds,
        cores=Options().resolved_workers(),
        loops={role: sum(run_steps(run) * step[run.stack][role] for run in runs) for role in GDTUO_LOOPS},
    )


def from_nothing(command: Sequence[str], say: Say) -> float:
    """Return the seconds of a `hyperopt` command with an empty store and an empty cache of compiled programs.

    Raises:
        RuntimeError: the command failed.
    """
    with TemporaryDirectory() as folder:
        empty = {
            "HYPEROPT_HOME": str(Path(folder) / "home"),
            "TORCHINDUCTOR_CACHE_DIR": str(Path(folder) / "cache"),
        }
        say(f"hyperopt {' '.join(command)}, from an empty store")
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "hyperopt", *command],
            env={**os.environ, **empty},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"hyperopt {' '.join(command)} failed:\n{done.stderr}")
    return seconds


def loop_seconds(run: Run, how: Rounds, say: Say) -> dict[str, float]:
    """Return the median seconds of a step of a run in each of gdtuo's loops."""
    subjects = gdtuo_loops(run, "cpu")
    timed = in_turn(f"gdtuo's steps of {run.label}", subjects, how, say)
    return {subject.role: median(found.ms) / 1e3 for subject, found in zip(subjects, timed, strict=True)}


def of_stack(runs: Sequence[Run], stack: tuple[str, ...]) -> Run:
    """Return the run of a stack with the lowest rates, without clipping; it stays finite in gdtuo too."""
    run = min((run for run in runs if run.stack == stack), key=lambda run: run.alpha[::-1])
    return replace(run, clip=(False,) * len(run.clip))
