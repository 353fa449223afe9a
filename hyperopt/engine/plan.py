"""Plans: the runs without records, as packs, and estimates of their time."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from hyperopt.config import Run
from hyperopt.engine.costs import (
    Forecast,
    Told,
    forecasts,
    largest_pack,
    run_seconds,
    together,
)
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack, one_of_each_setting, shape_of
from hyperopt.wording import counted, duration

RUNS_OF_A_SEED = 8
LONG_SECONDS = 80.0
"""Work that takes longer is split among all workers, each of which compiles."""


@dataclass(frozen=True)
class Plan:
    """The work of a command.

    Attributes:
        packs: the packs to train, in this order.
        cached: the requested runs that already have records.
        forecasts: the estimated time of each pack on this machine.
        workers: the number of packs that train at once.
    """

    packs: tuple[Pack, ...]
    cached: tuple[Run, ...]
    forecasts: tuple[Forecast, ...]
    workers: int = 1

    @property
    def seconds(self) -> float:
        """Return the estimated training time on this machine."""
        return together(self.forecasts, self.workers)

    def within(self, seconds: float) -> Plan:
        """Return the plan with the first packs that fit into this time."""
        chosen: list[int] = []
        for i in range(len(self.packs)):
            if together([self.forecasts[k] for k in (*chosen, i)], self.workers) <= seconds:
                chosen.append(i)
        return replace(
            self,
            packs=tuple(self.packs[i] for i in chosen),
            forecasts=tuple(self.forecasts[i] for i in chosen),
        )

    @property
    def runs(self) -> int:
        """Number of runs to train."""
        return sum(len(pack.runs) for pack in self.packs)

    @property
    def may_stop(self) -> bool:
        """Return whether some runs stop at a loss, perhaps long before their last epoch."""
        return any(pack.first.procedure["stop_at_loss"] is not None for pack in self.packs)

    def describe(self) -> str:
        """One line: runs, packs, runs already there, estimated time."""
        if not self.packs:
            there = "the run is" if len(self.cached) == 1 else f"all {len(self.cached)} runs are"
            return f"nothing to train: {there} there"
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
    told: Told = lambda _: {},
) -> Plan:
    """Group the requested runs into packs.

    Args:
        runs: the requested runs; duplicates by id are ignored.
        have: the ids of existing records.
        options: device, workers and pack size.
        started: run ids of packs with checkpoints; a pack continues if all its runs are missing.
        told: returns the timings in records of given kinds.
    """
    asked = {run.id: run for run in runs}
    packs = packs_of([run for key, run in asked.items() if key not in have], options, started)
    cached = tuple(run for key, run in asked.items() if key in have)
    expected = tuple(forecasts(packs, options, told))
    return Plan(tuple(packs), cached, expected, options.resolved_workers() if packs else 1)


def packs_of(runs: Iterable[Run], options: Options, started: Iterable[Sequence[str]] = ()) -> list[Pack]:
    """Group runs into packs; arguments as in `plan`."""
    missing = {run.id: run for run in runs}
    packs = []
    for ids in started:
        if missing.keys() >= set(ids):
            packs.append(Pack(tuple(missing.pop(key) for key in ids)))  # noqa: PERF401 (it empties `missing`)
    shapes = {id(run.setting): shape_of(run) for run in one_of_each_setting(missing.values())}
    groups: dict[Hashable, list[Run]] = {}
    for run in missing.values():
        groups.setdefault(shapes[id(run.setting)], []).append(run)
    for group in groups.values():
        for runs_together in by_seed(group, options):
            packs += [Pack(tuple(part)) for part in split(runs_together, options)]
    return packs


def by_seed(runs: Sequence[Run], options: Options) -> list[Sequence[Run]]:
    """On a CPU, separate the runs of each seed, if each has enough, because they share minibatches."""
    seeds: dict[int, list[Run]] = {}
    for run in runs:
        seeds.setdefault(run.seed, []).append(run)
    apart = options.resolved_device() == "cpu" and min(map(len, seeds.values())) >= RUNS_OF_A_SEED
    return list(seeds.values()) if apart else [runs]


def split(runs: Sequence[Run], options: Options) -> list[Sequence[Run]]:
    """Split into nearly equal parts that fit into packs, enough to keep all workers busy if that pays."""
    most = options.pack or largest_pack(runs[0], options.resolved_device())
    parts = -(-len(runs) // most)
    workers = options.resolved_workers()
    if run_seconds(runs[0], options) * len(runs) > LONG_SECONDS:
        parts = min(-(-parts // workers) * workers, len(runs))
    size, larger = divmod(len(runs), parts)
    starts = [i * size + min(i, larger) for i in range(parts + 1)]
    return [runs[a:b] for a, b in pairwise(starts)]
