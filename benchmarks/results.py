"""What a benchmark found, and the summary of a sample."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Series:
    """One subject's samples, one per round, in order.

    Attributes:
        section: "step", "cnn" or "packs".
        stack: that it was measured for, such as "adam/sgd", also where it has no level above 0.
        role: which of the subjects it is.
        subject: its name.
        device: "cpu" or "cuda".
        runs: trained together in a worker.
        workers: at once.
        steps: timed in a sample.
        ms: milliseconds of wall clock per run and step.
        core: share of a core that each sample had, per worker; well under 1 on a CPU means a busy machine.
        memory: bytes resident in a worker after each sample.
    """

    section: str
    stack: str
    role: str
    subject: str
    device: str
    runs: int
    workers: int
    steps: int
    ms: tuple[float, ...]
    core: tuple[float, ...]
    memory: tuple[int, ...]


@dataclass(frozen=True)
class Compiling:
    """Seconds until a process trains: from its start to the end of preparing, then of its first step.

    Attributes:
        cache: "cold" where the cache of compiled programs was empty, "warm" where it held this program.
    """

    stack: str
    device: str
    runs: int
    cache: str
    start: float
    first_step: float


@dataclass(frozen=True)
class WholeTable:
    """A whole table by wall clock, and what its runs would take in a plain loop.

    Attributes:
        experiment: its id.
        command: that was timed.
        runs: of the table.
        run_steps: of all its runs.
        seconds: by wall clock, an empty store and nothing compiled before.
        cores: used.
        loops: by a peer's role, seconds of all runs on one core: its median step times the steps.
    """

    experiment: str
    command: str
    runs: int
    run_steps: int
    seconds: float
    cores: int
    loops: dict[str, float]


@dataclass(frozen=True)
class Results:
    """All of a benchmark.

    Attributes:
        machine: what it ran on, as (name, value).
        data: "real" or "generated".
        smoke: it was a smoke test, in one process and not compiled.
        assumed: what the plan's estimates assume, as (what, device, value).
    """

    machine: tuple[tuple[str, str], ...]
    data: str
    smoke: bool
    series: tuple[Series, ...]
    compiling: tuple[Compiling, ...]
    assumed: tuple[tuple[str, str, float], ...]
    table: WholeTable | None = None

    def of(self, section: str, **wanted: object) -> list[Series]:
        """The series of a section with these attributes."""
        return [
            series
            for series in self.series
            if series.section == section and all(getattr(series, k) == v for k, v in wanted.items())
        ]


@dataclass(frozen=True)
class Spread:
    """Median and quartiles, lowest and highest."""

    median: float
    low: float
    high: float
    least: float
    most: float


def spread(values: Sequence[float]) -> Spread:
    """Describe a sample of at least one value."""
    low, _, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return Spread(median(values), low, high, min(values), max(values))


def ratios(above: Series, below: Series) -> list[float]:
    """How many times `below`'s milliseconds those of `above` are, round by round."""
    return [a / b for a, b in zip(above.ms, below.ms, strict=True)]


def to_csv(results: Results) -> str:
    """One row per series: median and quartiles of the milliseconds per run and step, unrounded."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = ("section", "stack", "role", "subject", "device", "runs", "workers", "steps")
    writer.writerow((*header, "samples", "ms_median", "ms_q1", "ms_q3", "core_median", "memory_last_bytes"))
    writer.writerows(_rows(results, header))
    return text.getvalue()


def _rows(results: Results, header: Sequence[str]) -> Iterator[tuple[object, ...]]:
    for series in results.series:
        ms = spread(series.ms)
        known = (getattr(series, name) for name in header)
        yield *known, len(series.ms), ms.median, ms.low, ms.high, median(series.core), series.memory[-1]


def to_json(results: Results) -> str:
    """Everything, every sample."""
    return json.dumps(asdict(results), indent=1) + "\n"
