"""Clusters of Dask for tests, and what their workers do, which are forked from a process that has torch."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import dask
from distributed import LocalCluster, Scheduler, Worker
from forked import forking

MEMORY = 1800 * 2**20
"""Of a worker, which has 400 to 700 MiB of them itself: two runs fit beside that, four do not."""


@contextmanager
def local_cluster(workers: int) -> Iterator[LocalCluster]:
    """Worker processes of one thread each, watched over by nannies."""
    settings = {"n_workers": workers, "threads_per_worker": 1, "memory_limit": MEMORY}
    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        forking()
        with LocalCluster(**settings, dashboard_address=":0") as cluster:
            yield cluster


def scheduler_and_worker(file: str) -> tuple[BaseProcess, BaseProcess]:
    """A scheduler, which writes its address into the file, and its worker; the caller kills both."""
    scheduler, worker = (
        forking().Process(target=serve, args=(kind, file)) for kind in ("scheduler", "worker")
    )
    scheduler.start()
    until(Path(file).exists)
    worker.start()
    return scheduler, worker


def serve(kind: str, file: str) -> None:
    """Be a scheduler, or a worker of the one that wrote the file."""

    async def served() -> None:
        usual = {"scheduler_file": file, "dashboard": False}
        server = Scheduler(port=0, **usual) if kind == "scheduler" else Worker(nthreads=1, **usual)
        async with server:
            await server.finished()

    asyncio.run(served())


def own_pid() -> int:
    """Of the worker that is asked."""
    return os.getpid()


def until(true: Callable[[], object], seconds: float = 180.0) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it has not come true"
        time.sleep(0.02)


def kill(pid: int) -> None:
    """By the signal that nobody can catch."""
    os.kill(pid, signal.SIGKILL)
