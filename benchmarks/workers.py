"""Worker processes, each with one subject, that train when asked."""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

Train = Callable[[int], float | None]
"""Trains a number of further steps; returns the processor seconds of a part that it times itself, or None."""

NOTHING: Mapping[str, str] = MappingProxyType({})


class Prepares(Protocol):
    """A subject: a value that can be sent to another process and prepares a training there."""

    def prepare(self) -> Train: ...


@dataclass(frozen=True)
class Sample:
    """A measurement of some steps.

    Attributes:
        steps: the number of steps.
        seconds: the wall-clock time.
        cpu_seconds: the processor time of all threads of the process.
        memory: the resident bytes after the steps.
        peak: the peak of resident bytes during the steps; if the system cannot say, the peak ever.
        part_seconds: the processor time of the part of the steps that the subject times itself.
    """

    steps: int
    seconds: float
    cpu_seconds: float
    memory: int
    peak: int = 0
    part_seconds: float = 0.0


def measured(train: Train, steps: int) -> Sample:
    """Measure a number of steps."""
    forget_peak()
    started, cpu_started = time.perf_counter(), time.process_time()
    part = train(steps)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    return Sample(steps, seconds, cpu_seconds, resident_bytes(), peak_bytes(), part or 0.0)


def resident_bytes() -> int:
    """Return the resident memory of this process; if the system does not say, its peak."""
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def forget_peak() -> None:
    """Reset the system's peak of memory, if it can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """Return the peak of resident memory since `forget_peak`, or ever."""
    status = Path("/proc/self/status")
    if status.is_file() and (line := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return 1024 * int(line[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class Inline:
    """A subject in this process, with the interface of a `Worker`, for smoke tests."""

    def __init__(self, subject: Prepares) -> None:
        self._train = subject.prepare()
        self._asked = 0

    def ask(self, steps: int) -> None:
        self._asked = steps

    def answer(self) -> Sample:
        return measured(self._train, self._asked)

    def close(self) -> None:
        pass


class Worker:
    """A subject in its own process (spawn), which is idle unless asked.

    Args:
        subject: the subject, prepared in the process; `ready` waits for it.
        environment: environment variables to set in the process first.
    """

    def __init__(self, subject: Prepares, environment: Mapping[str, str] = NOTHING) -> None:
        context, self._subject = multiprocessing.get_context("spawn"), subject
        self._connection, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, subject, dict(environment)), daemon=True)
        self._process.start()
        there.close()

    @property
    def pid(self) -> int | None:
        """The id of the process."""
        return self._process.pid

    def ready(self) -> None:
        """Wait until the subject is prepared.

        Raises:
            RuntimeError: preparing it failed.
        """
        self._receive()

    def ask(self, steps: int) -> None:
        """Start training this many steps; `answer` waits for the end."""
        self._connection.send(steps)

    def answer(self) -> Sample:
        """Wait for the measurement of the last `ask` and return it.

        Raises:
            RuntimeError: training failed.
        """
        sample = self._receive()
        assert isinstance(sample, Sample)
        return sample

    def close(self) -> None:
        """End the process."""
        with suppress(OSError):
            self._connection.send(None)
        self._process.join(timeout=10)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()

    def _receive(self) -> object:
        try:
            answer = self._connection.recv()
        except EOFError:
            self._process.join()
            how = f"with code {self._process.exitcode}: was there too little memory for {self._subject}?"
            raise RuntimeError(f"a measured process ended unexpectedly {how}") from None
        if isinstance(answer, str):
            raise RuntimeError(f"a measured process failed:\n{answer}")
        return answer


def _serve(connection: Connection, subject: Prepares, environment: Mapping[str, str]) -> None:
    os.environ.update(environment)
    try:
        train = subject.prepare()
        connection.send(None)
        while (steps := connection.recv()) is not None:
            connection.send(measured(train, steps))
    except (EOFError, KeyboardInterrupt):
        pass
    except Exception:
        connection.send(traceback.format_exc())
    os._exit(0)  # a regular exit waits seconds for torch's pool of compilers, which ends with its parent


def start(subjects: Sequence[Prepares], *, inline: bool) -> list[Worker] | list[Inline]:
    """Start a worker for each subject, and wait until all are prepared."""
    if inline:
        return [Inline(subject) for subject in subjects]
    workers = [Worker(subject) for subject in subjects]
    for worker in workers:
        worker.ready()
    return workers


def at_once(workers: Sequence[Worker | Inline], steps: int) -> list[Sample]:
    """Have workers train at the same time; return their measurements."""
    for worker in workers:
        worker.ask(steps)
    return [worker.answer() for worker in workers]
