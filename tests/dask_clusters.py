"""Clusters of Dask for tests, and what their workers do, which are forked from a process that has torch."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dask
from distributed import LocalCluster
from distributed.utils import get_mp_context

MEMORY = 1800 * 2**20
"""Of a worker, which has some 400 of them itself: two runs fit beside that, four do not."""


@contextmanager
def local_cluster(workers: int) -> Iterator[LocalCluster]:
    """Worker processes of one thread each, watched over by nannies."""
    settings = {"n_workers": workers, "threads_per_worker": 1, "memory_limit": MEMORY}
    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        get_mp_context().set_forkserver_preload(["attempts", "hyperopt.engine.dask_task"])
        with LocalCluster(**settings, dashboard_address=":0") as cluster:
            yield cluster


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
