"""How large a pack may be, how long it takes, and whether compiling it pays, as its model says."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from hyperopt import data, models
from hyperopt.config import Run
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack, steps_of
from hyperopt.records import Record

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


def estimate(packs: Sequence[Pack], options: Options, known: Iterable[Record]) -> float:
    """Seconds that `packs` take here: as measured in `known` records of their kind, else a rule of thumb."""
    rates: dict[Hashable, list[float]] = {}
    for record in known:
        if record.steps and record.seconds:
            rates.setdefault(kind(record.config), []).append(record.seconds / record.steps)
    workers = max(1, min(options.resolved_workers(), len(packs)))
    total = 0.0
    for pack in packs:
        measured = sorted(rates.get(kind(pack.first.canonical()), []))
        per_run = (
            run_steps(pack.first) * measured[len(measured) // 2]
            if measured
            else run_seconds(pack.first, options)
        )
        start = COMPILE_SECONDS if compile_pays(pack, options) else SHORT_PACK_SECONDS
        total += per_run * len(pack.runs) + start
    return total / workers


def kind(config: Mapping[str, object]) -> Hashable:
    """What the time of a step depends on."""
    keys = ["dataset", "stack", "batch_size", *sorted(k for k in config if k.split(".")[0] == "model")]
    return tuple((k, str(config.get(k))) for k in keys)


def run_steps(run: Run) -> int:
    """Updates of the weights in a whole run."""
    return run.epochs * steps_of(run, data.training_rows(run.dataset))


def run_seconds(run: Run, options: Options) -> float:
    """A rule of thumb for the seconds of a run in a pack."""
    of = data.find(run.dataset["name"])
    step = models.made(run.model).seconds(options.resolved_device(), of.shape, of.classes or 1)
    return run_steps(run) * step
