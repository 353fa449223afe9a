"""Workers that train packs: in this process, or in worker processes on this machine.

`Workers` is the interface that a plan's execution uses for these and for clusters.
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
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from hyperopt.engine.options import gpus_here, sees_a_gpu
from hyperopt.engine.process import start_worker
from hyperopt.errors import ImpossibleError

T = TypeVar("T")
Blame = Literal["likely", "perhaps", "other", "none"]


class WorkerLostError(Exception):
    """A worker ended before its task did; the text says how.

    Attributes:
        blame: whether its task may have caused it by filling the memory: "likely"; "perhaps", if workers also
            end for other reasons; "other", if it ended by itself; "none", if its task has no part in it.
    """

    def __init__(self, reason: str, blame: Blame) -> None:
        super().__init__(reason)
        self.blame = blame


class ClusterLostError(ImpossibleError):
    """A cluster was lost with all its workers; the message says which."""


class Workers(Protocol):
    """Executes tasks, several at once."""

    @property
    def size(self) -> int:
        """Number of tasks executed at once; may change, also to 0 for a while."""

    @property
    def beside(self) -> int:
        """Number of tasks executed at once in one machine's memory."""

    def submit(self, task: Callable[..., T], /, *arguments: Any) -> Future[T]:
        """Submit a task.

        The future's error is a `WorkerLostError` if a worker was lost, which affects no other task, and a
        `ClusterLostError` if no task can be executed any more.
        """

    def shrink(self, size: int) -> None:
        """Execute fewer tasks at once from now on; the others' memory is then free."""

    def close(self) -> None:
        """Stop, and cancel all running tasks."""


class InThisProcess:
    """Executes one task at a time, at submission."""

    size = 1

    @property
    def beside(self) -> int:
        """One."""
        return self.size

    def submit(self, task: Callable[..., T], /, *arguments: Any) -> Future[T]:
        """Execute the task; the returned future is done."""
        future: Future[T] = Future()
        try:
            future.set_result(task(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def shrink(self, size: int) -> None:
        """Do nothing: one is the minimum."""

    def close(self) -> None:
        """Do nothing."""


class Processes:
    """One-core worker processes; a thread waits for each, so that a crash affects no other.

    Args:
        size: the number of processes.
        gpus: the GPUs to distribute, as in CUDA_VISIBLE_DEVICES; each process sees one.
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
        """Send the task to an idle process or a new one."""
        return self._threads.submit(self._carry_out, self._next(), task, arguments)

    def shrink(self, size: int) -> None:
        """Limit the number of processes and end idle ones."""
        self.size = size
        while self._idle:
            self._idle.pop().end()

    def close(self) -> None:
        """End all processes, even busy ones; other children of this process are not touched."""
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
    """A process that executes tasks sent to it and sees only its own GPU, if any."""

    def __init__(self, gpu: str | None = None) -> None:
        self.gpu = gpu
        context = SpawnContext()
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, gpu), daemon=True)
        with _deaf_to_interrupts():
            self._process.start()
        there.close()

    def is_alive(self) -> bool:
        """Return whether it is still running."""
        return self._process.is_alive()

    def carry_out(self, task: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """Return the result of a task.

        Raises:
            WorkerLostError: the process ended before the task did.
        """
        before = memory_mark()
        try:
            self._here.send((task, arguments))
            result: T = self._here.recv()
        except (EOFError, OSError):
            self._process.join()
            raise _lost(self._process.exitcode, memory=memory_mark() != before) from None
        return result

    def end(self) -> None:
        """End the process and wait for it."""
        self._process.terminate()
        self._process.join()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Block Ctrl-C: a process started meanwhile never receives it, not even during its imports."""
    if os.name == "nt":
        yield
        return
    resource_tracker.ensure_running()  # otherwise it starts with the process and unblocks SIGINT
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def visible_gpus() -> list[str]:
    """Return the GPUs that this process sees, as in CUDA_VISIBLE_DEVICES."""
    count = gpus_here() if sees_a_gpu() else 0
    named = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    return named[:count] if named != [""] else [str(i) for i in range(count)]


def _serve(there: Connection, gpu: str | None) -> None:
    """Execute tasks until the other side closes."""
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu  # torch reads it when it first looks for a GPU
    start_worker()
    with suppress(EOFError):
        while True:
            task, arguments = there.recv()
            there.send(task(*arguments))


def memory_mark() -> str:
    """Return this start of the system and how many processes it has ended for lack of memory; "" if unknown.

    While it stays the same, the system has ended none.
    """
    with suppress(OSError):
        start = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines():
            if line.startswith("oom_kill "):
                return f"{start} {line.split()[1]}"
    return ""


def _lost(code: int | None, *, memory: bool) -> WorkerLostError:
    """Return how a process ended; `memory`: the system has meanwhile ended processes for lack of memory."""
    if code is None or code >= 0:
        reason = f"its worker process ended with exit code {code}; its output, if any, is above"
        return WorkerLostError(reason, "other")
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if name == "SIGKILL" and memory:
        return WorkerLostError("its worker process was ended by SIGKILL, as memory ran out", "likely")
    return WorkerLostError(f"its worker process was ended by {name}", "perhaps")
