"""Where packs train: in this process, or in worker processes of this machine.

What a plan's execution needs of either is `Workers`; another machine's, such as a cluster's, needs no more.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from typing import Any, Protocol, TypeVar

from hyperopt.engine.process import start_worker

T = TypeVar("T")


class WorkerLostError(Exception):
    """A worker that ended before its task did; the text says how."""


class Workers(Protocol):
    """Carries out tasks, several at once."""

    @property
    def size(self) -> int:
        """Tasks that are carried out at once; it may change."""

    def submit(self, task: Callable[..., T], /, *arguments: Any) -> Future[T]:
        """Have a task carried out.

        The future's error is a `WorkerLostError` where a worker was lost; that loses no other task.
        """

    def shrink(self, size: int) -> None:
        """Carry out fewer at once from here on; what the others held in memory is free by then."""

    def close(self) -> None:
        """End, and all tasks that are being carried out with it."""


class InThisProcess:
    """Carries out one task at a time, when it is submitted."""

    size = 1

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
    """Worker processes, each of one core; a thread waits for each, so that one which dies harms no other."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._threads = ThreadPoolExecutor(size)
        self._all: list[Process] = []
        self._idle: deque[Process] = deque()

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
        self._all.append(Process())
        return self._all[-1]


class Process:
    """A process that carries out what is sent to it."""

    def __init__(self) -> None:
        context = SpawnContext()
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there,), daemon=True)
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


def _serve(there: Connection) -> None:
    """Carry out one task after another, until the other side has gone."""
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
