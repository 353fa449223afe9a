"""How large a pack may be, how long it takes, and whether compiling it pays, as its model says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from statistics import median

from hyperopt import data, models
from hyperopt.config import Run
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack, steps_of
from hyperopt.records import kind

Rates = Callable[[Collection[str]], Mapping[str, Sequence[float]]]
"""The measured seconds of a step of each of the kinds asked for, of those that have been measured."""

COMPILE_SECONDS = 15.0
SHORT_PACK_SECONDS = 1.0


def largest_pack(run: Run, device: str) -> int:
    """Most runs in a pack where nothing is said."""
    return models.made(run.model).costs[device].pack


def compile_pays(pack: Pack, options: Options) -> bool:
    """Whether a pack trains long enough to be worth compiling, unless the options say."""
    if options.compile is not None:
        return options.compile
    enough = models.made(pack.first.model).costs[options.resolved_device()].compile_from
    return len(pack.runs) * run_steps(pack.first) >= enough


def estimate(packs: Sequence[Pack], options: Options, rates: Rates) -> float:
    """Seconds that `packs` take here: by the measured rates of their kind, else a rule of thumb."""
    kinds = [kind(pack.first.canonical()) for pack in packs]
    measured = {name: median(found) for name, found in rates({*kinds}).items()}
    workers = max(1, min(options.resolved_workers(), len(packs)))
    total = 0.0
    for pack, name in zip(packs, kinds, strict=True):
        rate = measured.get(name)
        per_run = run_seconds(pack.first, options) if rate is None else run_steps(pack.first) * rate
        start = COMPILE_SECONDS if compile_pays(pack, options) else SHORT_PACK_SECONDS
        total += per_run * len(pack.runs) + start
    return total / workers


def run_steps(run: Run) -> int:
    """Updates of the weights in a whole run."""
    return run.epochs * steps_of(run, data.training_rows(run.dataset))


def run_seconds(run: Run, options: Options) -> float:
    """A rule of thumb for the seconds of a run in a pack."""
    of = data.find(run.dataset["name"])
    step = models.made(run.model).seconds(options.resolved_device(), of.shape, of.classes or 1)
    return run_steps(run) * step
