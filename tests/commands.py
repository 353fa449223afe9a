"""Commands at once on one store, as processes that can be killed.

Each case is fixed by its number but for how the system shares time. Training is simulated; where the kind is
`trained` it is done, and all commands but a last one may be killed. All are forked from one process, so that
a case takes some 0.1 s.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from forked import forking
from small_runs import Watcher, fake_record, measured, small_run

from hyperopt.config import Run
from hyperopt.engine import attempt as engine
from hyperopt.engine import begun, trainer
from hyperopt.engine import execute as execution
from hyperopt.engine.execute import execute
from hyperopt.engine.heads import checkpointed_ids
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import plan
from hyperopt.engine.workers import InThisProcess
from hyperopt.records import Record, Store

T = TypeVar("T")
NAP = 0.002
PATIENCE = 20.0
"""Seconds after which a case of some 0.1 s counts as hanging."""


class Threads:
    """Workers that are threads."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool = ThreadPoolExecutor(size)

    @property
    def beside(self) -> int:
        return self.size

    def submit(self, task: Any, /, *arguments: Any) -> Future[Any]:
        return self._pool.submit(task, *arguments)

    def shrink(self, size: int) -> None:
        self.size = size

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def command(folder: Path, runs: Sequence[Run], options: Options, number: int, case: int, kind: str) -> None:
    """One command: plan, train, and check that all that was asked for is there."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(1000 * case + number)

    def simulated(pack: Pack, options: Options, root: Path) -> list[Record]:
        time.sleep(rng.choice([0.0, 0.001, 0.01]))
        say(folder / "trained", *(run.id for run in pack.runs))
        return [fake_record(run) for run in pack.runs]

    if kind != "trained":
        setattr(engine, "train_pack", simulated)  # noqa: B010 (to mypy it is another module's)
    trainer.CHECKPOINT_SECONDS = -1.0
    execution.POLL_SECONDS = 0.01
    store = Store(folder / "records")
    workers = InThisProcess() if kind == "trained" else Threads(options.resolved_workers())
    started = checkpointed_ids(folder)
    outcome = execute(plan(runs, store.ids(), options, started=started), store, options, Watcher(), workers)
    there = outcome.records.keys() | store.ids()
    if outcome.failures or not {run.id for run in runs} <= there:
        say(folder / "faults", f"command {number}: {outcome.failures}, {len(there)} of {len(runs)} runs")


def say(path: Path, *lines: str) -> None:
    """Append lines, whole also where several do it at once."""
    with path.open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def fork(folder: Path, *arguments: Any) -> int:
    """Start a command; its process id."""
    if child := os.fork():
        return child
    try:
        command(folder, *arguments)
    except BaseException:
        say(folder / "faults", traceback.format_exc())
    os._exit(0)


def play(case: int, folder: Path, all_runs: Sequence[Run], kind: str, expected: dict[str, Any]) -> list[str]:
    """Two to four commands, identical, shuffled or overlapping, in packs of any size; what went wrong."""
    rng = random.Random(case)
    orders, children = rng.choice(["identical", "shuffled", "overlapping"]), {}
    for number in range(rng.randint(2, 4)):
        runs = list(all_runs)
        if orders == "overlapping":
            runs = rng.sample(runs, rng.randint(1, len(runs)))
        elif orders == "shuffled":
            rng.shuffle(runs)
        options = Options("cpu", workers=rng.randint(1, 2), pack=rng.randint(1, 5), compile=False)
        children[fork(folder, runs, options, number, case, kind)] = number
        time.sleep(rng.choice([0.0, 0.0, 0.005, 0.02]))
    if kind != "none":
        for child in list(children)[kind == "kills" :]:
            time.sleep(rng.uniform(0, 0.05) if kind == "kills" else rng.uniform(0, 1))
            os.kill(child, signal.SIGKILL)
    faults = [f"{orders}: command {children[child]} hangs" for child in outlasting(list(children))]
    if kind == "trained":
        last = fork(folder, all_runs, Options("cpu", 1, rng.randint(1, 5), compile=False), 9, case, kind)
        faults += ["the last command hangs"] * len(outlasting([last]))
        found = {each: measured(record) for each, record in Store(folder / "records").load().items()}
        differ = [each for each, numbers in expected.items() if found.get(each) != numbers]
        faults += [f"{orders}: {len(differ)} of {len(expected)} runs have other numbers"] * bool(differ)
    if (folder / "faults").exists():
        faults.append((folder / "faults").read_text())
    if kind != "none":
        return faults
    counts = Counter((folder / "trained").read_text().split())
    if twice := [each for each, times in counts.items() if times > 1]:
        faults.append(f"{orders}: {len(twice)} of {len(counts)} runs were trained more than once")
    left = [path.name for name in ("claims", "begun", "progress") for path in (folder / name).glob("*.json")]
    if left:
        faults.append(f"{orders}: left behind: {left}")
    return faults


def starts_until_done(folder: Path, runs: Sequence[Run], most: int) -> int:
    """How often a command is started whose only process the system ends at packs of more than `most` runs."""

    def too_large(pack: Pack, options: Options, root: Path) -> list[Record]:
        if len(pack.runs) > most:
            os.kill(os.getpid(), signal.SIGKILL)
        return [fake_record(run) for run in pack.runs]

    store, options, starts = Store(folder / "records"), Options("cpu", 1, pack=len(runs), compile=False), 0
    while len(store.ids()) < len(runs):
        starts += 1
        if not (child := os.fork()):
            setattr(engine, "train_pack", too_large)  # noqa: B010 (to mypy it is another module's)
            setattr(begun, "memory_mark", str)  # noqa: B010 (the system would count what it ends)
            execute(plan(runs, store.ids(), options), store, options, Watcher())
            os._exit(0)
        os.waitpid(child, 0)
        if starts == len(runs) + 1:
            break
    return starts


def outlasting(children: list[int]) -> list[int]:
    """Wait for processes to end; those that have to be ended."""
    naps = 0  # counted, not timed: who is stopped for a while, such as a whole machine, does not hang
    while children and naps < PATIENCE / NAP:
        children = [child for child in children if not os.waitpid(child, os.WNOHANG)[0]]
        time.sleep(NAP)
        naps += 1
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return children


def whole(folder: Path, kind: str) -> list[Run]:
    """Train the runs, undisturbed: for what their numbers are to be, and for its imports, once for all."""
    runs = [small_run(stack=stack, seed=seed) for stack in ("adam/sgd", "sgd/sgd") for seed in range(6)]
    command(folder / "whole", runs, Options("cpu", workers=1, compile=False), 0, 0, kind)
    return runs


def faults_in(folder: Path, cases: range, kind: str) -> list[str]:
    """What goes wrong in some cases."""
    runs, faults = whole(folder, kind), list[str]()
    expected = {key: measured(record) for key, record in Store(folder / "whole" / "records").load().items()}
    for case in cases:
        here = folder / str(case)
        faults += [f"case {case}: {fault}" for fault in play(case, here, runs, kind, expected)]
        shutil.rmtree(here)
    return faults


def starts_by_room(folder: Path, runs: int) -> list[int]:
    """How often a command of so many runs is started, of whose packs one to all fit into memory."""
    of_all = whole(folder, "none")[:runs]
    return [starts_until_done(folder / str(most), of_all, most) for most in range(1, runs + 1)]


def in_a_process(task: Callable[..., T], *arguments: Any) -> T:
    """The result of what forks, and changes modules, in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=forking()) as pool:
        return pool.submit(task, *arguments).result()
