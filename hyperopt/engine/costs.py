"""How large a pack may be, how long it takes, and whether compiling it pays, as its model says."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from hyperopt import data, models
from hyperopt.config import Run
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack, run_steps, shape_of
from hyperopt.provenance import cpu
from hyperopt.records import Timed, kind

Measured = Callable[[Collection[str]], Mapping[str, Sequence[Timed]]]
"""What records of each of the kinds asked for took here."""

COMPILE_SECONDS = 20.0
CACHED_COMPILE_SECONDS = 2.0
"""Loading a program that is kept, as it is where packs are alike."""
START_SECONDS = 3.0
"""Until a pack's data are there, in a process that has just begun."""
EVALUATION = 0.5
"""The time of a row in evaluation, as a share of its time in training: measured 0.45 to 0.55."""


@dataclass(frozen=True)
class Forecast:
    """The seconds that a pack will take: until its first step, and from then on with evaluation."""

    start: float
    training: float

    @property
    def seconds(self) -> float:
        """All of them."""
        return self.start + self.training


def largest_pack(run: Run, device: str) -> int:
    """Most runs in a pack where nothing is said."""
    return models.made(run.model).costs[device].pack


def compile_pays(run: Run, options: Options) -> bool:
    """Whether a run trains long enough to be worth compiling, unless the options say.

    It follows from the run and its device alone, since compiled and uncompiled steps are rounded otherwise: a
    run has the same numbers alone, in packs of any size, and after a pack was halved.
    """
    if options.compile is not None:
        return options.compile
    return run_steps(run) >= models.made(run.model).costs[options.resolved_device()].compile_from


def forecasts(packs: Sequence[Pack], options: Options, measured: Measured) -> list[Forecast]:
    """How long each pack takes here: as runs of its kind took on this machine, else by a rule of thumb."""
    compiled = [compile_pays(pack.first, options) for pack in packs]
    device = options.device_name() if packs else ""
    kinds = [
        kind(pack.first.canonical(), {"device": device, "cpu": cpu(), "compile": str(c).lower()})
        for pack, c in zip(packs, compiled, strict=True)
    ]
    known = measured({*kinds})
    programs: set[Hashable] = set()
    made = []
    for pack, compile_, name in zip(packs, compiled, kinds, strict=True):
        if timed := known.get(name):
            step = seconds_per_step(timed, len(pack.runs))
        else:
            step = run_seconds(pack.first, options) / run_steps(pack.first)
        start, program = START_SECONDS, (shape_of(pack.first), len(pack.runs))
        if compile_:
            start += CACHED_COMPILE_SECONDS if program in programs else COMPILE_SECONDS
            programs.add(program)
        rows = _evaluated_rows(pack.first) * EVALUATION / pack.first.batch_size
        made.append(Forecast(start, len(pack.runs) * step * (run_steps(pack.first) + rows)))
    return made


def together(made: Sequence[Forecast], workers: int) -> float:
    """The seconds that packs take, so many of them at once."""
    each = [forecast.seconds for forecast in made]
    return max(sum(each) / max(1, min(workers, len(each))), *each) if each else 0.0


def seconds_per_step(timed: Sequence[Timed], size: int) -> float:
    """The seconds of a step per run in a pack of that size, by the runs in packs of the nearest size.

    Their median, in which every step counts once: a run of two steps says little.
    """

    def away(pack: int) -> float:
        return abs(math.log(pack / size))

    nearest = min(away(one.pack) for one in timed)
    rates = sorted((one.seconds / one.steps, one.steps) for one in timed if away(one.pack) == nearest)
    passed = list(accumulate(steps for _, steps in rates))
    return rates[bisect_left(passed, passed[-1] / 2)][0]


def run_seconds(run: Run, options: Options) -> float:
    """A rule of thumb for the seconds of a run's steps in a pack."""
    of = data.find(run.dataset["name"])
    step = models.made(run.model).seconds(options.resolved_device(), of.shape, of.classes or 1)
    return run_steps(run) * step


def _evaluated_rows(run: Run) -> int:
    """The rows that a run is measured on: test rows after each epoch, training rows at its end at least."""
    train, test = data.training_rows(run.dataset), data.test_rows(run.dataset)
    after_each: int = test + (train if run.procedure["full_loss"] else 0)
    return run.epochs * after_each + train
