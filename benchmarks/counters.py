"""Instructions and cache misses of a subject, counted by perf.

valgrind cannot replace perf: it has no AVX-512, so on processors with it other programs would run.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator

from benchmarks.results import Counts, Results
from benchmarks.workers import Inline, Worker, at_once
from hyperopt.pages.markdown import table

INSTRUCTIONS, MISSES = "instructions", "cache-misses"
ATTACHING = 0.3
"""Seconds until perf has certainly attached."""


def counted(worker: Worker | Inline, steps: int) -> Counts | None:
    """Count while a subject trains; None without perf, or if the machine provides no counters."""
    perf = shutil.which("perf")
    if perf is None or isinstance(worker, Inline):
        return None
    command = [perf, "stat", "-x,", "-e", f"{INSTRUCTIONS},{MISSES}", "-p", str(worker.pid)]
    counting = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(ATTACHING)
    if counting.poll() is None:
        at_once([worker], steps)
        counting.send_signal(signal.SIGINT)
    _, said = counting.communicate()
    return read(said, steps)


def read(said: str, steps: int) -> Counts | None:
    """Parse the output of `perf stat -x,`, per step; None if a counter is not supported."""
    found = {}
    for fields in (line.split(",") for line in said.splitlines()):
        if len(fields) > 2 and fields[0].isdecimal():
            found[fields[2].partition(":")[0]] = int(fields[0]) / steps
    return Counts(found[INSTRUCTIONS], found[MISSES]) if {INSTRUCTIONS, MISSES} <= found.keys() else None


def counter_section(results: Results) -> Iterator[str]:
    """Yield the section with the processor's counts."""
    yield "## Instructions and cache misses"
    rows = [
        (
            series.stack,
            series.subject,
            f"{series.counts.instructions / series.runs / 1e6:.2f}",
            f"{series.counts.misses / series.runs / 1e3:.1f}",
        )
        for series in results.of("step", device="cpu")
        if series.counts is not None
    ]
    if not rows:
        yield "Not available: perf is missing, or the machine provides no counters, as virtual ones often do."
        return
    header = ("", "subject", "million instructions per run and step", "thousand cache misses")
    yield table(header, rows, left=("", "subject"))
