"""`python -m benchmarks.scale`: the overhead of a command with up to a million runs on a thousand workers.

The workers are simulated: each sleeps for a random time, is lost now and then, and returns artificial
records. Planning, submitting, storing and the table are the real code. Every size runs in its own process.
Times are processor seconds, without those of the simulated workers.
"""

from __future__ import annotations

import heapq
import json
import os
import random
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from itertools import count, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tabulate import tabulate

from benchmarks.full_store import record
from hyperopt.cli.results_text import settings_table, sweep_table
from hyperopt.config import Run, resolve
from hyperopt.engine.attempt import Failure
from hyperopt.engine.execute import execute
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import Plan, plan
from hyperopt.engine.workers import WorkerLostError
from hyperopt.records import Store

SIZES = (1_000, 10_000, 100_000, 1_000_000)
WORKERS, SEEDS_OF_A_SETTING = 1_000, 1_000
MEAN_SECONDS = 1.0
LOST, TOO_LARGE = 0.01, 0.001
"""The shares of packs that lose their worker, and that do not fit into its memory."""


@dataclass(frozen=True)
class Cost:
    """The cost for a number of runs: packs tried, processor seconds of each part, and peak megabytes."""

    runs: int
    tries: int
    plan: float
    training: float
    table: float
    megabytes: float


class SimulatedWorkers:
    """Simulated workers that sleep; one thread wakes them."""

    beside = 1

    def __init__(self, size: int) -> None:
        self.size = size
        self.tries = 0
        self.seconds = 0.0
        self._draw = random.Random(0)
        self._numbers = count()
        self._asleep: list[tuple[float, int, Pack, Future[Any]]] = []
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._wake)
        self._thread.start()

    def submit(self, _: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Let a worker sleep in place of training a pack."""
        future: Future[Any] = Future()
        until = time.monotonic() + self._draw.expovariate(1 / MEAN_SECONDS)
        with self._changed:
            heapq.heappush(self._asleep, (until, next(self._numbers), arguments[0], future))
            self._changed.notify()
        self.tries += 1
        return future

    def shrink(self, size: int) -> None:
        """Do nothing, since each worker has its own memory."""

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()

    def _wake(self) -> None:
        while True:
            with self._changed:
                while self._open and (not self._asleep or self._asleep[0][0] > time.monotonic()):
                    wait = self._asleep[0][0] - time.monotonic() if self._asleep else None
                    self._changed.wait(wait)
                if not self._open:
                    self.seconds = time.thread_time()
                    return
                _, _, pack, future = heapq.heappop(self._asleep)
            chance = self._draw.random()
            if chance < LOST:
                future.set_exception(WorkerLostError("its worker is gone", "perhaps"))
            elif chance < LOST + TOO_LARGE:
                future.set_result(Failure("out of memory", "out of memory", memory=True))
            else:
                future.set_result([record(run) for run in pack.runs])


class Silent:
    """A progress display that shows nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def asked(number: int) -> list[Run]:
    """Return this many runs, a thousand distinct seeds of each setting, so that packs have one setting."""
    settings = -(-number // SEEDS_OF_A_SETTING)
    bases = [
        resolve({"stack": "adam/sgd", "dataset.generated": True, "alpha": 1e-6 * (i + 1), "epochs": 5})
        for i in range(settings)
    ]
    return [
        base.at(SEEDS_OF_A_SETTING * i + k) for i, base in enumerate(bases) for k in range(SEEDS_OF_A_SETTING)
    ]


def cost(number: int) -> Cost:
    """Plan, submit, store and tabulate this many runs in this process."""
    began = time.process_time()
    runs = asked(number)
    made: Plan = plan(runs, set(), Options(device="cpu", workers=WORKERS, pack=16))
    planned = time.process_time()
    with TemporaryDirectory(prefix="scale-") as folder:
        store, workers = Store(Path(folder) / "records"), SimulatedWorkers(WORKERS)
        outcome = execute(made, store, Options(device="cpu"), Silent(), workers)
        trained = time.process_time()
        assert not outcome.failures
        del outcome, made
        rows = []
        for start in range(0, number, SEEDS_OF_A_SETTING):
            part = runs[start : start + SEEDS_OF_A_SETTING]
            rows += settings_table(part, store.load([run.id for run in part]))
        assert sum(row["n"] for row in rows) == number
        sweep_table(rows)
        tabulated = time.process_time()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    training = trained - planned - workers.seconds
    return Cost(number, workers.tries, planned - began, training, tabulated - trained, megabytes)


def growth(costs: Sequence[Cost]) -> str:
    """Return a table of all sizes: the seconds of each part, and the growth of milliseconds per run."""
    headers = [
        "runs",
        "packs tried",
        "plan, s",
        "submit and store, s",
        "table, s",
        "ms a run",
        "growth",
        "MB",
    ]
    rows = []
    each = [1e3 * (one.plan + one.training + one.table) / one.runs for one in costs]
    grew = [None, *(after / before for before, after in pairwise(each))]
    for one, of_a_run, times in zip(costs, each, grew, strict=True):
        rows.append(
            [
                f"{one.runs:,}",
                f"{one.tries:,}",
                f"{one.plan:.1f}",
                f"{one.training:.1f}",
                f"{one.table:.1f}",
                f"{of_a_run:.2f}",
                "-" if times is None else f"{times:.2f}",
                f"{one.megabytes:,.0f}",
            ]
        )
    text: str = tabulate(rows, headers=headers, tablefmt="pipe", disable_numparse=True)
    return text


def main(words: Sequence[str]) -> None:
    """Measure each size in its own process, or with `one SIZE` that size in this process."""
    if words[:1] == ["one"]:
        print(json.dumps(asdict(cost(int(words[1])))))
        return
    costs = []
    for size in map(int, words) if words else SIZES:
        command = [sys.executable, "-m", "benchmarks.scale", "one", str(size)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=os.environ)
        costs.append(Cost(**json.loads(done.stdout)))
        print(costs[-1], file=sys.stderr)
    print(growth(costs))


if __name__ == "__main__":
    main(sys.argv[1:])
