"""Pack sizes, time estimates, and whether compiling pays, from the model's costs and from records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

from hyperopt import data, models
from hyperopt.config import Run
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack, run_steps, shape_of
from hyperopt.engine.step_times import assumed, measured
from hyperopt.provenance import cpu
from hyperopt.records import Timed, kind

Told = Callable[[Collection[str]], Mapping[str, Sequence[Timed]]]
"""Returns the timings in records of the given kinds on this machine."""

COMPILE_SECONDS = 9.0
"""Compile time for each level of a stack: measured 8 to 16."""
CACHED_COMPILE_SECONDS = 1.0
"""Time to load a stored program, if such a pack was trained before."""
START_SECONDS = 4.5
"""For a new process: until the pack's data are loaded, and from the last epoch until all is saved."""
NEXT_START_SECONDS = 0.3
"""For a process that has already trained a pack."""


@dataclass(frozen=True)
class Forecast:
    """The estimated seconds of a pack: before its first step, and after it including evaluation."""

    start: float
    training: float

    @property
    def seconds(self) -> float:
        """Return the total."""
        return self.start + self.training


def largest_pack(run: Run, device: str) -> int:
    """Return the default maximum number of runs in a pack."""
    return models.made(run.model).costs[device].pack


def compile_pays(run: Run, options: Options) -> bool:
    """Return whether a run is long enough to compile, unless the options decide.

    It depends only on the run and its device, because compiled and uncompiled steps round differently: a run
    has the same numbers alone, in packs of any size, and after its pack was halved.
    """
    if options.compile is not None:
        return options.compile
    return run_steps(run) >= models.made(run.model).costs[options.resolved_device()].compile_from


def forecasts(packs: Sequence[Pack], options: Options, told: Told) -> list[Forecast]:
    """Estimate each pack's time from records of its kind on this machine, else from its model's costs.

    Evaluation time is scaled from the model's estimate by the same factor as steps.
    """
    processes = len(packs) if options.engine == "slurm" else options.resolved_workers() if packs else 0
    compiled = [compile_pays(pack.first, options) for pack in packs]
    device = options.device_name() if packs else ""
    kinds = [
        kind(pack.first.canonical(), {"device": device, "cpu": cpu(), "compile": str(c).lower()})
        for pack, c in zip(packs, compiled, strict=True)
    ]
    known = told({*kinds})
    programs: set[Hashable] = set()
    made = []
    for place, (pack, compile_, name) in enumerate(zip(packs, compiled, kinds, strict=True)):
        run, size, timed = pack.first, len(pack.runs), known.get(name, ())
        like = assumed(run, options.resolved_device(), compiled=compile_)
        step = measured(timed, size, like) if timed else like.seconds(size)
        start, program = START_SECONDS if place < processes else NEXT_START_SECONDS, (shape_of(run), size)
        if compile_:
            kept = program in programs or any(one.pack == size for one in timed)
            start += CACHED_COMPILE_SECONDS if kept else COMPILE_SECONDS * len(run.stack)
            programs.add(program)
        evaluation = size * _evaluated_rows(run) * like.of_a_row * step / like.seconds(size)
        made.append(Forecast(start, run_steps(run) * step + evaluation))
    return made


def together(made: Sequence[Forecast], workers: int) -> float:
    """Return the total seconds of packs with this many workers."""
    each = [forecast.seconds for forecast in made]
    return max(sum(each) / max(1, min(workers, len(each))), *each) if each else 0.0


def run_seconds(run: Run, options: Options) -> float:
    """Return the assumed seconds of a run's steps in the largest pack."""
    device = options.resolved_device()
    size, like = largest_pack(run, device), assumed(run, device, compiled=compile_pays(run, options))
    return run_steps(run) * like.seconds(size) / size


def _evaluated_rows(run: Run) -> int:
    """Return the number of rows evaluated: test rows after each epoch, training rows at least at the end."""
    train, test = data.training_rows(run.dataset), data.test_rows(run.dataset)
    after_each: int = test + (train if run.procedure["full_loss"] else 0)
    return run.epochs * after_each + train
