"""The pieces of `make gpu`, each in its own process with a time limit; finished ones are kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

from benchmarks.gpu import commands, optimizer, parity, steps
from benchmarks.gpu.page import page
from benchmarks.gpu.rows import BEGUN, SECONDS, WHOLE, Row, append, finished, read
from benchmarks.gpu.site import Found, Site
from benchmarks.machine import machine
from benchmarks.rounds import Say
from hyperopt.durable import write
from hyperopt.errors import ConfigError

CSV, PAGE = "gpu.csv", "gpu.md"


@dataclass(frozen=True)
class Piece:
    """A part of the measurement.

    Attributes:
        measure: yields results one by one.
        seconds: the time limit, after which it is killed; results until then are kept.
    """

    measure: Callable[[Site], Iterator[Found]]
    seconds: float


PIECES: dict[str, Piece] = {
    "tests": Piece(commands.tests, 120),
    "steps": Piece(steps.measure, 180),
    "optimizer": Piece(optimizer.measure, 180),
    "launches": Piece(optimizer.count_launches, 120),
    "table": Piece(commands.table, 240),
    "parity": Piece(parity.measure, 240),
    "nets": Piece(commands.nets, 470),
}


@dataclass(frozen=True)
class Asked:
    """The options of the command.

    Attributes:
        names: the pieces to measure, even if they are done; () means all that are not done.
        rehearse: whether to measure on the CPU, with tiny sizes, in this process.
        seconds: a time limit for every piece in place of its own.
        out: the folder of the results.
    """

    names: tuple[str, ...]
    rehearse: bool
    seconds: float | None
    out: Path


def measure_pieces(asked: Asked, say: Say) -> int:
    """Measure pieces, and write rows and page after each; return the number of pieces that were killed.

    Raises:
        ConfigError: a piece is unknown, or there is no GPU.
    """
    if unknown := [name for name in asked.names if name not in PIECES]:
        raise ConfigError(f"{', '.join(unknown)}: the pieces are {', '.join(PIECES)}.")
    if not (asked.rehearse or torch.cuda.is_available()):
        raise ConfigError("torch finds no GPU here; make gpu REHEARSE=1 rehearses everything on the CPU.")
    device, csv = device_name(rehearse=asked.rehearse), asked.out / CSV
    done = finished(read(csv), device)
    cut = 0
    for name in asked.names or [name for name in PIECES if name not in done]:
        say(f"{name}: begins")
        if asked.rehearse:
            measure_here(name, asked, say)
        elif not in_time(name, asked):
            say(f"{name}: ended after {limit(name, asked):g} seconds; its results so far are kept")
            cut += 1
        write(asked.out / PAGE, page(read(csv)))
        say(f"{name}: written to {csv} and {asked.out / PAGE}")
    return cut


def measure_here(name: str, asked: Asked, say: Say) -> None:
    """Measure a piece in this process, and write each row at once."""
    device, csv = device_name(rehearse=asked.rehearse), asked.out / CSV

    def row(subject: str, quantity: str, value: str) -> Row:
        return Row(device, name, subject, quantity, value)

    site = Site(
        "cpu" if asked.rehearse else "cuda",
        asked.rehearse,
        asked.out / "local" / "gpu",
        limit(name, asked),
        say,
    )
    started = time.perf_counter()
    append(csv, [row(WHOLE, BEGUN, datetime.now(UTC).isoformat(timespec="seconds"))])
    append(csv, (Row(device, "machine", what, "is", value) for what, value in machine()))
    append(csv, (row(*found) for found in PIECES[name].measure(site)))
    append(csv, [row(WHOLE, SECONDS, f"{time.perf_counter() - started:.1f}")])


def in_time(name: str, asked: Asked) -> bool:
    """Measure a piece in its own process, killed with all its children after the time limit.

    Returns:
        Whether it finished in time and without error.
    """
    limits = [] if asked.seconds is None else ["--seconds", str(asked.seconds)]
    command = [sys.executable, "-m", "benchmarks", "gpu", name, "--here", "--out", str(asked.out), *limits]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        return process.wait(limit(name, asked)) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its session."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def limit(name: str, asked: Asked) -> float:
    """Return the time limit of a piece in seconds."""
    return asked.seconds or PIECES[name].seconds


def device_name(*, rehearse: bool) -> str:
    """Return the GPU's name, or "cpu" in a rehearsal."""
    return "cpu" if rehearse else torch.cuda.get_device_name()
