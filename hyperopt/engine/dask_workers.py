"""Packs on the workers of a Dask cluster.

The command stores the results, and keeps the newest checkpoint of every pack beside its records. If a worker
is lost, it resubmits the pack itself, from that checkpoint: Dask would start from scratch.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from secrets import token_hex
from typing import Any, TypeVar

import dask
from distributed import Client, KilledWorker, LocalCluster, Nanny
from distributed import Future as Remote
from distributed.utils import silence_logging_cmgr

from hyperopt.durable import StorageError, write
from hyperopt.engine.dask_task import Errand, read_file, train_there
from hyperopt.engine.heads import heads
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.workers import Blame, ClusterLostError, WorkerLostError
from hyperopt.provenance import command

T = TypeVar("T")
LOG = logging.getLogger(__name__)
DASKS_LOG = logging.getLogger("distributed.client")
"""Dask's message that a scheduler is gone; `ClusterLostError` says what to do about it."""
LOOK_SECONDS = 1.0
WARN_SECONDS = 10.0
"""Seconds without a worker after which the user is told."""
FETCHERS = 4
"""Maximum checkpoint transfers at once; one from a dead worker takes half a minute to time out."""
GONE = (
    asyncio.CancelledError,
    OSError,
    ValueError,
    KeyError,
    RuntimeError,
    TimeoutError,
    CancelledError,
    AttributeError,
)
"""The exceptions that Dask raises if a worker or the scheduler disappears during a request."""


@dataclass(frozen=True)
class Task:
    """A submitted pack.

    Attributes:
        pack: the pack.
        worker: the address of its worker; Dask gives it to no other.
        future: the command's future.
        remote: Dask's future.
    """

    pack: Pack
    worker: str
    future: Future[Any]
    remote: Remote


class DaskWorkers:
    """The workers of a cluster.

    Args:
        client: the scheduler's client; closed at the end.
        root: the folder with the packs' files.
        most: maximum number of packs at once, if the cluster has more workers.
        cluster: closed at the end, if it was started for this command.
    """

    beside = 1

    def __init__(
        self, client: Client, root: Path, most: int | None = None, cluster: LocalCluster | None = None
    ) -> None:
        DASKS_LOG.setLevel(logging.CRITICAL)
        self._client, self._root, self._most, self._cluster = client, root, most, cluster
        self._topic = f"hyperopt-{token_hex(4)}"
        self._topics = (self._topic, "all", "worker-restart-memory")
        self._numbers = count()
        self._tasks: dict[str, Task] = {}
        self._checkpoints = {id_: head.path for head in heads(root) for id_ in head.ids}
        self._saved: dict[str, str] = {}
        self._short_of_memory: set[str] = set()
        self._events: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._workers = set(client.nthreads())
        self._seen = time.monotonic()
        self._closing = threading.Event()
        self._subscribe()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        for _ in range(FETCHERS):
            threading.Thread(target=self._fetch, daemon=True).start()

    @property
    def size(self) -> int:
        """The current number of workers."""
        return min(len(self._workers), self._most or len(self._workers))

    def submit(self, task: Callable[..., T], /, *arguments: Any) -> Future[T]:
        """Submit a pack: `task` is called with it, the options and the folder of its files."""
        pack, options, root = arguments
        errand = Errand(
            root.absolute(),
            PackFiles(root, pack.name).begun.stat().st_mtime_ns,
            command(),
            self._topic,
            self._checkpoint(pack),
        )
        key = f"{self._topic}-{pack.name}-{next(self._numbers)}"
        future: Future[T] = Future()
        busy = [each.worker for each in self._tasks.values()]
        worker = min(self._workers, key=busy.count, default=None)
        if worker is None:
            future.set_exception(WorkerLostError("the last worker has gone", "none"))
            return future
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):  # a checkpoint
            remote = self._client.submit(
                train_there, task, pack, options.on_a_worker(), errand, key=key, pure=False, workers=[worker]
            )
        self._tasks[key] = Task(pack, worker, future, remote)
        remote.add_done_callback(lambda done: self._done(key, done))
        return future

    def shrink(self, size: int) -> None:
        """Do nothing: each worker has its own memory."""

    def close(self) -> None:
        """Cancel training; workers stop at once, and so do workers that we started.

        Dask's messages about connections that close meanwhile are suppressed.
        """
        self._closing.set()
        self._listener.join()
        with silence_logging_cmgr(logging.CRITICAL):
            self._close()

    def _close(self) -> None:
        left = [self._tasks.pop(key).remote for key in list(self._tasks)]
        if self._client.status == "running":
            with suppress(*GONE):
                self._client.cancel(left, force=True)
                for topic in self._topics:
                    self._client.unsubscribe_topic(topic)
        self._client.close()
        if self._cluster is not None:
            self._cluster.sync(_end, self._cluster.workers.values())
            self._cluster.close()

    def _subscribe(self) -> None:
        for topic in self._topics:
            self._client.subscribe_topic(topic, lambda event: self._events.put(event[1]))

    def _checkpoint(self, pack: Pack) -> bytes | None:
        """Return the checkpoint a pack resumes from."""
        path = self._checkpoints.get(pack.first.id)
        with suppress(OSError):
            return None if path is None else path.read_bytes()
        return None

    def _done(self, key: str, remote: Remote) -> None:
        """Pass on a task's result, unless its worker is known to be lost."""
        if (task := self._tasks.pop(key, None)) is None:
            return
        error: BaseException | None = None
        try:
            if remote.status == "finished":
                task.future.set_result(remote.result())
                return
            if remote.status == "error":
                error = remote.exception()
        except (CancelledError, asyncio.CancelledError, OSError):
            pass  # its worker or the scheduler was lost before the result arrived
        except Exception as failed:  # an unreadable result
            error = failed
        if isinstance(error, KilledWorker):
            task.future.set_exception(WorkerLostError("its worker was lost several times", "perhaps"))
        elif error is not None:
            task.future.set_exception(error)
        elif self._connected():
            task.future.set_exception(WorkerLostError("the scheduler has forgotten it", "none"))
        else:
            task.future.set_exception(
                ClusterLostError(
                    "Dask's scheduler is gone; the same command resumes from the last checkpoints."
                )
            )

    def _connected(self) -> bool:
        """Return whether a scheduler answers, perhaps a new one at the same address; wait for a while."""
        while self._client.status == "connecting" and not self._closing.wait(0.1):
            pass
        if self._client.status != "running":
            return False
        self._subscribe()
        return True

    def _listen(self) -> None:
        """Process messages of the scheduler and workers, and update the list of workers."""
        looked = -LOOK_SECONDS
        while not self._closing.is_set():
            with suppress(Empty):
                self._hear(self._events.get(timeout=LOOK_SECONDS))
            if time.monotonic() - looked > LOOK_SECONDS:
                looked = time.monotonic()
                with suppress(*GONE):
                    self._look(set(self._client.nthreads()))

    def _look(self, workers: set[str]) -> None:
        """Update the list of workers; tasks of workers missing twice in a row are lost."""
        for key, task in list(self._tasks.items()):
            if task.worker not in workers | self._workers:
                self._lose(key, expected=False)
        if workers:
            self._seen = time.monotonic()
        elif self._seen and time.monotonic() - self._seen > WARN_SECONDS:
            self._seen = 0.0
            LOG.warning("the cluster has no worker; training resumes when one joins.")
        self._workers = workers

    def _hear(self, event: dict[str, Any]) -> None:
        """Handle a message: a pack's progress, a worker that ends for lack of memory, a lost worker."""
        if task := self._tasks.get(event.get("key", "")):
            if event["reported"] is not None:
                with suppress(StorageError):
                    PackFiles(self._root, task.pack.name).report(*event["reported"])
            if event["saved"] is not None:
                self._saved[event["key"]] = event["saved"]
        elif "rss" in event:
            self._short_of_memory.add(event["worker"])
        elif event.get("action") == "remove-worker":
            self._workers = self._workers - {event["worker"]}
            for key, task in list(self._tasks.items()):
                if task.worker == event["worker"]:
                    self._lose(key, expected=event["expected"])

    def _lose(self, key: str, *, expected: bool) -> None:
        """Give up a task whose worker is gone; `expected`: the worker was told to stop."""
        if (task := self._tasks.pop(key, None)) is None:
            return
        memory = task.worker in self._short_of_memory
        why = " as it had filled its memory" if memory else ""
        blame: Blame = "likely" if memory else "none" if expected else "perhaps"
        task.future.set_exception(WorkerLostError(f"its worker {task.worker} is gone{why}", blame))
        self._client.cancel([task.remote], force=True)

    def _fetch(self) -> None:
        """Fetch the newest checkpoints from workers that do not share the folder."""
        while not self._closing.wait(LOOK_SECONDS):
            for key in list(self._saved):
                saved, task = self._saved.pop(key, None), self._tasks.get(key)
                if saved is None or task is None:
                    continue
                with suppress(*GONE, StorageError):
                    (found,) = self._client.run(read_file, saved, workers=[task.worker]).values()
                    if found is not None and key in self._tasks:
                        path = write(PackFiles(self._root, task.pack.name).checkpoint, found)
                        self._checkpoints.update({run.id: path for run in task.pack.runs})


async def _end(nannies: Iterable[Nanny]) -> None:
    """End workers within a second instead of Dask's four; their data are already on disk."""
    await asyncio.gather(*(nanny.close(timeout=1.0) for nanny in nannies), return_exceptions=True)
