"""Clusters of Dask for tests, and what their workers do, which are forked from a process that has torch."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from distributed import LocalCluster
from distributed.utils import get_mp_context

from hyperopt.engine import trainer
from hyperopt.engine.attempt import Failure, attempt
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.records import Record

EPOCH = trainer.train_epoch
MEGABYTE = 2**20
A_RUN = 500 * MEGABYTE
MEMORY = 1800 * MEGABYTE
"""Of a worker, which has some 400 of them itself: two runs fit beside that, four do not."""


@contextmanager
def local_cluster(workers: int) -> Iterator[LocalCluster]:
    """Worker processes of one thread each, watched over by nannies."""
    settings = {"n_workers": workers, "threads_per_worker": 1, "memory_limit": MEMORY}
    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        get_mp_context().set_forkserver_preload(["dask_clusters", "hyperopt.engine.dask_task"])
        with LocalCluster(**settings, dashboard_address=":0") as cluster:
            yield cluster


def slowly(pack: Pack, options: Options, root: Path) -> list[Record] | Failure:
    """Train a pack with a checkpoint after every epoch and a rest before it, short where it goes on."""
    files = PackFiles(root, pack.name)
    rest = 0.05 if files.checkpoint.exists() else 0.3

    def epoch_and_rest(*arguments: Any) -> Any:
        time.sleep(rest)
        return EPOCH(*arguments)

    vars(trainer).update(CHECKPOINT_SECONDS=-1.0, train_epoch=epoch_and_rest)
    return attempt(pack, options, root)


def alone(pack: Pack, options: Options, root: Path) -> list[Record] | Failure:
    """Train a pack where the folder of the command cannot be seen."""
    assert "dask" in str(root), root
    return slowly(pack, options, root)


def hungry(pack: Pack, options: Options, root: Path) -> list[Record] | Failure:
    """Train a pack that takes much memory."""
    taken = bytearray(A_RUN * len(pack.runs))
    time.sleep(1.0)  # the nanny looks ten times a second
    assert taken
    return attempt(pack, options, root)


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
