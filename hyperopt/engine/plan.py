"""What is to be trained: the runs that have no record yet, as packs, and how long they will take."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

from hyperopt.config import Run
from hyperopt.data import DATASETS, training_rows
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack, shape_of, steps_of
from hyperopt.records import Record
from hyperopt.wording import counted, duration

PACK = {"cpu": 16, "cuda": 512}
RUNS_OF_A_SEED = 8
PACK_OF_MODEL = {("cpu", "cnn"): 4, ("cpu", "logistic"): 32, ("cpu", "unet"): 1, ("cpu", "vgg16"): 1}
SECONDS_PER_STEP = {"cpu": 1.2e-3, "cuda": 2e-4}
SECONDS_PER_STEP_OF_MODEL = {("cpu", "cnn"): 7e-2, ("cpu", "unet"): 0.15, ("cpu", "vgg16"): 4.0}
DENSE, WEIGHTS = ("mlp", "logistic"), 101_770
"""Models of linear layers, whose steps take time by their weights; the reports' MNIST net has so many."""
COMPILE_SECONDS = 15.0
COMPILE_PAYS_FROM = 3000
COMPILE_PAYS_FROM_OF_MODEL = {("cpu", "unet"): 1000}
SHORT_PACK_SECONDS = 1.0


@dataclass(frozen=True)
class Plan:
    """What a command will do.

    Attributes:
        packs: to train, the cheapest experiment's first, in the order given.
        cached: runs asked for whose records are already there.
        seconds: estimate of the time that training takes here.
    """

    packs: tuple[Pack, ...]
    cached: tuple[Run, ...]
    seconds: float

    @property
    def runs(self) -> int:
        """Runs to train."""
        return sum(len(pack.runs) for pack in self.packs)

    @property
    def may_stop(self) -> bool:
        """Whether some runs stop at a loss, perhaps long before their last epoch."""
        return any(pack.first.procedure["stop_at_loss"] is not None for pack in self.packs)

    def describe(self) -> str:
        """One line: runs, packs, runs already there, estimated time."""
        if not self.packs:
            return f"nothing to train: all {len(self.cached)} runs are there"
        there = f", {len(self.cached)} already there" if self.cached else ""
        return (
            f"{counted(self.runs, 'run')} to train in {counted(len(self.packs), 'pack')}{there}; "
            f"{'at most' if self.may_stop else 'about'} {duration(self.seconds)} here"
        )


def plan(
    runs: Sequence[Run],
    have: Mapping[str, object] | set[str],
    options: Options,
    *,
    started: Iterable[Sequence[str]] = (),
    known: Iterable[Record] = (),
) -> Plan:
    """Turn what is asked into packs.

    Args:
        runs: asked for; of runs with one id the first counts.
        have: ids of the records that are there.
        options: device, workers and pack size.
        started: ids of packs that have checkpoints; one of which every run is missing goes on as it was.
        known: records that tell how fast runs of a shape train.
    """
    asked = {run.id: run for run in runs}
    missing = {key: run for key, run in asked.items() if key not in have}
    packs = []
    for ids in started:
        if missing.keys() >= set(ids):
            packs.append(Pack(tuple(missing.pop(key) for key in ids)))  # noqa: PERF401 (it empties `missing`)
    groups: dict[Hashable, list[Run]] = {}
    for run in missing.values():
        groups.setdefault(shape_of(run), []).append(run)
    for group in groups.values():
        for runs_together in by_seed(group, options):
            packs += [Pack(tuple(part)) for part in split(runs_together, options)]
    cached = tuple(run for key, run in asked.items() if key in have)
    return Plan(tuple(packs), cached, estimate(packs, options, known))


def by_seed(runs: Sequence[Run], options: Options) -> list[Sequence[Run]]:
    """On a CPU the runs of each seed apart, where there are enough of each: they share their minibatches."""
    seeds: dict[int, list[Run]] = {}
    for run in runs:
        seeds.setdefault(run.seed, []).append(run)
    apart = options.resolved_device() == "cpu" and min(map(len, seeds.values())) >= RUNS_OF_A_SEED
    return list(seeds.values()) if apart else [runs]


def split(runs: Sequence[Run], options: Options) -> list[Sequence[Run]]:
    """Parts of nearly equal size that fit into packs, as many as keep all workers busy where that pays."""
    most = options.pack or largest_pack(runs[0], options.resolved_device())
    parts = -(-len(runs) // most)
    workers = options.resolved_workers()
    if run_seconds(runs[0], options) * len(runs) > 4 * COMPILE_SECONDS:
        parts = min(-(-parts // workers) * workers, len(runs))
    size, larger = divmod(len(runs), parts)
    starts = [i * size + min(i, larger) for i in range(parts + 1)]
    return [runs[a:b] for a, b in pairwise(starts)]


def largest_pack(run: Run, device: str) -> int:
    """Most runs in a pack where nothing is said.

    On one core of a CPU a step of the cnn took 62 ms per run alone, 64 in packs of 4, 68 in packs of 8: what
    packs up to 4 lose, they save by compiling less often. One of the unet took 140 ms alone, 200 in packs of
    2 or 4, whose convolutions are grouped. Of logistic regression on MNIST a step took 0.47 ms alone, 0.19
    per run in packs of 9, 0.15 of 16 and 0.17 of 32.
    """
    return PACK_OF_MODEL.get((device, run.model["name"]), PACK[device])


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


def compile_pays(pack: Pack, options: Options) -> bool:
    """Whether a pack trains long enough to be worth compiling, unless the options say.

    Compiling a step of the unet takes about a minute and saves 90 ms of its 230.
    """
    if options.compile is not None:
        return options.compile
    kind_of_step = options.resolved_device(), pack.first.model["name"]
    enough = COMPILE_PAYS_FROM_OF_MODEL.get(kind_of_step, COMPILE_PAYS_FROM)
    return len(pack.runs) * run_steps(pack.first) >= enough


def kind(config: Mapping[str, object]) -> Hashable:
    """What the time of a step depends on."""
    keys = ["dataset", "stack", "batch_size", *sorted(k for k in config if k.split(".")[0] == "model")]
    return tuple((k, str(config.get(k))) for k in keys)


def run_steps(run: Run) -> int:
    """Updates of the weights in a whole run."""
    return run.epochs * steps_of(run, training_rows(run.dataset))


def run_seconds(run: Run, options: Options) -> float:
    """A rule of thumb for the seconds of a run in a pack."""
    device = options.resolved_device()
    per_step = SECONDS_PER_STEP_OF_MODEL.get((device, run.model["name"]), SECONDS_PER_STEP[device])
    if device == "cpu" and run.model["name"] in DENSE:
        per_step *= max(1 / 6, dense_weights(run) / WEIGHTS)
    return run_steps(run) * per_step


def dense_weights(run: Run) -> int:
    """Weights of a model of linear layers."""
    data = DATASETS[run.dataset["name"]]
    widths = [prod(data.shape), *run.model.get("hidden", ()), data.classes or 1]
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(widths))
