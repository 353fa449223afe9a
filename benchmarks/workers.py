"""Subjects of measurement in processes of their own, asked in turn, so that all meet the same machine."""

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
"""Trains by so many more steps, and returns when they are done: the processor seconds of a part, or None."""

NOTHING: Mapping[str, str] = MappingProxyType({})


class Prepares(Protocol):
    """What is measured; a plain value that can be sent to another process."""

    def prepare(self) -> Train: ...


@dataclass(frozen=True)
class Sample:
    """One answer.

    Attributes:
        steps: that were timed.
        seconds: of wall clock.
        cpu_seconds: of processor time, of all threads of the process.
        memory: bytes resident after the steps.
        peak: most bytes resident during them; where the system cannot say, the most ever.
        part_seconds: of processor time, in the part of a step that the subject times itself.
    """

    steps: int
    seconds: float
    cpu_seconds: float
    memory: int
    peak: int = 0
    part_seconds: float = 0.0


def measured(train: Train, steps: int) -> Sample:
    """Time so many steps."""
    forget_peak()
    started, cpu_started = time.perf_counter(), time.process_time()
    part = train(steps)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    return Sample(steps, seconds, cpu_seconds, resident_bytes(), peak_bytes(), part or 0.0)


def resident_bytes() -> int:
    """Memory that this process holds now; where the system does not say, the most it ever held."""
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def forget_peak() -> None:
    """Have the system count the peak of memory from here on, where it can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """The most memory that this process held since `forget_peak`, or ever."""
    status = Path("/proc/self/status")
    if status.is_file() and (line := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return 1024 * int(line[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class Inline:
    """A subject in this very process, for a smoke test: it answers as a `Worker` does."""

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
    """A subject in a process of its own (spawn), which is idle unless it is asked.

    Args:
        subject: prepared in the process, which takes a while: `ready` waits for it.
        environment: variables to set there first.
    """

    def __init__(self, subject: Prepares, environment: Mapping[str, str] = NOTHING) -> None:
        context, self._subject = multiprocessing.get_context("spawn"), subject
        self._connection, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, subject, dict(environment)), daemon=True)
        self._process.start()
        there.close()

    @property
    def pid(self) -> int | None:
        """Of its process."""
        return self._process.pid

    def ready(self) -> None:
        """Until the subject is prepared.

        Raises:
            RuntimeError: preparing it failed there.
        """
        self._receive()

    def ask(self, steps: int) -> None:
        """Have it train; `answer` waits for the end."""
        self._connection.send(steps)

    def answer(self) -> Sample:
        """What came of the last `ask`.

        Raises:
            RuntimeError: it failed there.
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
            raise RuntimeError(f"a measured process ended unasked, {how}") from None
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
    os._exit(0)  # torch's pool of compilers ends with its parent, and takes seconds where it is asked to


def start(subjects: Sequence[Prepares], *, inline: bool) -> list[Worker] | list[Inline]:
    """A worker for each subject, all prepared; started together."""
    if inline:
        return [Inline(subject) for subject in subjects]
    workers = [Worker(subject) for subject in subjects]
    for worker in workers:
        worker.ready()
    return workers


def at_once(workers: Sequence[Worker | Inline], steps: int) -> list[Sample]:
    """Have some workers train side by side."""
    for worker in workers:
        worker.ask(steps)
    return [worker.answer() for worker in workers]
