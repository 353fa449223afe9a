"""Carrying out a plan: packs side by side, records written as they finish, failures shown and survived."""

from __future__ import annotations

import multiprocessing
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hyperopt.engine.costs import run_steps
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.plan import Plan
from hyperopt.engine.process import prepare_process, start_worker
from hyperopt.engine.progress import Progress
from hyperopt.engine.trainer import train_pack
from hyperopt.optim.own import own_place
from hyperopt.records import Record, Store

POLL_SECONDS = 0.3
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@dataclass
class Outcome:
    """The result of a plan: records by run id, and the packs that failed, with the reasons."""

    records: dict[str, Record] = field(default_factory=dict)
    failures: list[tuple[Pack, str]] = field(default_factory=list)


def execute(
    plan: Plan,
    store: Store,
    options: Options,
    progress: Progress,
    executor: Callable[[], Executor] | None = None,
) -> Outcome:
    """Train the packs of a plan.

    Args:
        plan: what to train.
        store: where the records of a pack go when it finishes; checkpoints lie beside it.
        options: device and workers.
        progress: is told what happens.
        executor: makes an object with the interface of concurrent.futures.Executor; None is local processes,
            or this very process where one is enough.

    Returns:
        The records made, and the packs that failed.
    """
    workers = max(1, min(options.resolved_workers(), len(plan.packs)))
    if executor is None:
        executor = Inline if workers == 1 else lambda: local_processes(workers)
    work = Work(store, options, progress, executor, workers, deque(plan.packs))
    progress.start(plan)
    try:
        with work.watched():
            work.run()
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        progress.close()
    return work.outcome


def local_processes(workers: int) -> ProcessPoolExecutor:
    """A pool of worker processes, each with one torch thread."""
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=start_worker)


class Inline(Executor):
    """An executor that runs what is submitted at once, in this process."""

    def __init__(self) -> None:
        prepare_process()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run it, and return a future that is done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except (Exception, SystemExit) as error:
            future.set_exception(error)
        return future


@dataclass
class Work:
    """A plan in the course of its execution."""

    store: Store
    options: Options
    progress: Progress
    executor: Callable[[], Executor]
    workers: int
    waiting: deque[Pack]
    in_training: dict[str, tuple[Pack, PackFiles]] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    outcome: Outcome = field(default_factory=Outcome)

    def run(self) -> None:
        """Train all packs that wait; a pool that broke is replaced."""
        while self.waiting:
            pool = self.executor()
            try:
                self.run_in(pool)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                for pack, _ in list(self.in_training.values()):
                    self.leave(pack)

    def run_in(self, pool: Executor) -> None:
        """Train in one pool until no pack waits, or the pool breaks."""
        futures: dict[Future[list[Record]], Pack] = {}
        broken = False
        while futures or (self.waiting and not broken):
            while len(futures) < self.workers and not broken and (pack := self.next_pack(wait=not futures)):
                try:
                    futures[pool.submit(train_pack, pack, self.options, self.store.root.parent)] = pack
                except BrokenProcessPool:
                    self.leave(pack)
                    self.waiting.appendleft(pack)
                    broken = True
            for future in wait(futures, return_when=FIRST_COMPLETED).done:
                pack = futures.pop(future)
                error = future.exception()
                if error is None:
                    self.finish(pack, future.result())
                else:
                    broken |= isinstance(error, BrokenProcessPool)
                    self.fail(pack, error)

    def next_pack(self, *, wait: bool) -> Pack | None:
        """The first pack that no other command has, locked; if others have all, None or one waited for."""
        tries = 0
        while self.waiting:
            pack = self.waiting.popleft()
            files = PackFiles(self.store.root.parent, pack.name)
            if not files.lock(wait=wait and tries > len(self.waiting)):
                self.waiting.append(pack)
                tries += 1
                if not wait and tries == len(self.waiting):
                    return None
                continue
            self.in_training[pack.name] = pack, files
            left = self.unfinished(pack)
            if left == pack:
                return pack
            self.leave(pack)
            if left is not None:
                self.waiting.appendleft(left)
        return None

    def unfinished(self, pack: Pack) -> Pack | None:
        """The runs of a pack that no other command has finished since the plan was made."""
        there = self.store.load(run.id for run in pack.runs)
        self.outcome.records.update(there)
        left = tuple(run for run in pack.runs if run.id not in there)
        return Pack(left) if left else None

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        """Keep a pack's records."""
        self.store.write(records, pack.name)
        self.outcome.records.update({record.id: record for record in records})
        self.in_training[pack.name][1].clear()
        self.leave(pack)
        self.progress.finish(pack, records)

    def fail(self, pack: Pack, error: BaseException) -> None:
        """Halve a pack that did not fit into memory, retry a run whose worker vanished, or note a failure."""
        _, files = self.in_training[pack.name]
        self.leave(pack)
        if len(pack.runs) > 1 and ran_out_of_memory(error):
            middle = len(pack.runs) // 2
            self.waiting.extendleft([Pack(pack.runs[middle:]), Pack(pack.runs[:middle])])
            files.clear()
            self.progress.halved(pack)
            return
        if isinstance(error, BrokenProcessPool) and pack.name not in self.tried:
            self.tried.add(pack.name)
            self.waiting.append(pack)
            return
        reason = f"{type(error).__name__}: {(str(error).strip() or 'no message').splitlines()[0]}"
        trace, run = "".join(traceback.format_exception(error)), pack.first
        if place := own_place((*run.stack, run.dataset["name"], run.model["name"]), trace):
            reason = f"{reason}, in your {place}"
        details = files.write_failure(trace)
        self.outcome.failures.append((pack, f"{reason} (details in {details})"))
        self.progress.failed(pack, reason)

    def leave(self, pack: Pack) -> None:
        """Let other commands have the pack."""
        self.in_training.pop(pack.name)[1].unlock()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Tell the progress how far the packs in training are, while work goes on."""
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(POLL_SECONDS):
                for pack, files in list(self.in_training.values()):
                    if (reported := files.reported()) is not None:
                        epoch, since = reported
                        steps = run_steps(pack.first) * epoch // pack.first.epochs
                        self.progress.update(pack, epoch, steps, since)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether a pack failed for want of memory; the likely reason why a worker vanished."""
    if isinstance(error, MemoryError | BrokenProcessPool):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in OUT_OF_MEMORY)
