"""Where packs train: in this process, or in worker processes of this machine.

What a plan's execution needs of either, or of a cluster, is `Workers`.
"""

from __future__ import annotations

import os
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from typing import Any, Literal, Protocol, TypeVar

from hyperopt.engine.options import gpus_here, sees_a_gpu
from hyperopt.engine.process import start_worker
from hyperopt.errors import ImpossibleError

T = TypeVar("T")
Blame = Literal["likely", "perhaps", "none"]


class WorkerLostError(Exception):
    """A worker that ended before its task did; the text says how.

    Attributes:
        blame: whether its task may have been the reason, by filling the memory: "likely"; "perhaps", where
            workers also go for other reasons; "none".
    """

    def __init__(self, reason: str, blame: Blame = "likely") -> None:
        super().__init__(reason)
        self.blame = blame


class ClusterLostError(ImpossibleError):
    """A cluster that is no more, with all its workers; the sentence says which."""


class Workers(Protocol):
    """Carries out tasks, several at once."""

    @property
    def size(self) -> int:
        """Tasks that are carried out at once; it may change, also to 0 for a while."""

    @property
    def beside(self) -> int:
        """Tasks that are carried out at once in the memory of one machine."""

    def submit(self, task: Callable[..., T], /, *arguments: Any) -> Future[T]:
        """Have a task carried out.

        The future's error is a `WorkerLostError` where a worker was lost, which loses no other task, and a
        `ClusterLostError` where nothing can be carried out any more.
        """

    def shrink(self, size: int) -> None:
        """Carry out fewer at once from here on; what the others held in memory is free by then."""

    def close(self) -> None:
        """End, and all tasks that are being carried out with it."""


class InThisProcess:
    """Carries out one task at a time, when it is submitted."""

    size = 1

    @property
    def beside(self) -> int:
        """One."""
        return self.size

    def submit(self, task: Callable[..., T], /, *arguments: Any) -> Future[T]:
        """Carry it out; the future is done."""
        future: Future[T] = Future()
        try:
            future.set_result(task(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def shrink(self, size: int) -> None:
        """There is nothing to do: one is the least."""

    def close(self) -> None:
        """There is nothing to do."""


class Processes:
    """Worker processes, each of one core; a thread waits for each, so that one which dies harms no other.

    Args:
        size: how many.
        gpus: the GPUs that they share out, as CUDA_VISIBLE_DEVICES names them; each process sees one.
    """

    def __init__(self, size: int, gpus: Sequence[str] = ()) -> None:
        self.size = size
        self.gpus = gpus
        self._threads = ThreadPoolExecutor(size)
        self._all: list[Process] = []
        self._idle: deque[Process] = deque()

    @property
    def beside(self) -> int:
        """All of them."""
        return self.size

    def submit(self, task: Callable[..., T], /, *arguments: Any) -> Future[T]:
        """Send it to a process that has nothing to do, or to a new one."""
        return self._threads.submit(self._carry_out, self._next(), task, arguments)

    def shrink(self, size: int) -> None:
        """Keep to so many, and end the processes that have nothing to do."""
        self.size = size
        while self._idle:
            self._idle.pop().end()

    def close(self) -> None:
        """End all processes, whatever they do; no other child of this process is touched."""
        for process in self._all:
            process.end()
        self._threads.shutdown(cancel_futures=True)

    def _carry_out(self, process: Process, task: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        result: T = process.carry_out(task, arguments)
        self._idle.append(process)
        return result

    def _next(self) -> Process:
        while self._idle:
            process = self._idle.pop()
            if process.is_alive():
                return process
        self._all = [process for process in self._all if process.is_alive()]
        taken = Counter(process.gpu for process in self._all)
        self._all.append(Process(min(self.gpus, key=taken.__getitem__, default=None)))
        return self._all[-1]


class Process:
    """A process that carries out what is sent to it, and sees no GPU but the one it is given, if any is."""

    def __init__(self, gpu: str | None = None) -> None:
        self.gpu = gpu
        context = SpawnContext()
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, gpu), daemon=True)
        with _deaf_to_interrupts():
            self._process.start()
        there.close()

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    def carry_out(self, task: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """The result of a task.

        Raises:
            WorkerLostError: the process ended before the task did.
        """
        try:
            self._here.send((task, arguments))
            result: T = self._here.recv()
        except (EOFError, OSError):
            self._process.join()
            raise WorkerLostError(_how_it_ended(self._process.exitcode)) from None
        return result

    def end(self) -> None:
        """End it, and wait until it has ended."""
        self._process.terminate()
        self._process.join()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back: a process that is begun meanwhile never hears it, not even while it still imports."""
    if os.name == "nt":
        yield
        return
    resource_tracker.ensure_running()  # which else begins with the process, and ends with SIGINT let through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def visible_gpus() -> list[str]:
    """The GPUs that this process sees, as CUDA_VISIBLE_DEVICES names them."""
    count = gpus_here() if sees_a_gpu() else 0
    named = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    return named[:count] if named != [""] else [str(i) for i in range(count)]


def _serve(there: Connection, gpu: str | None) -> None:
    """Carry out one task after another, until the other side has gone."""
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu  # torch reads it when it first looks for a GPU
    start_worker()
    with suppress(EOFError):
        while True:
            task, arguments = there.recv()
            there.send(task(*arguments))


def _how_it_ended(code: int | None) -> str:
    if code is None or code >= 0:
        return f"its worker process ended with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    memory = ", by which the system ends a process where memory runs out" if name == "SIGKILL" else ""
    return f"its worker process was ended by {name}{memory}"
