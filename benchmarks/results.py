"""What a benchmark found, and the summary of a sample."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles

from hyperopt.statistics.intervals import median_interval

NARROW = 0.04
"""Of a ratio, how wide its interval is when no more rounds are needed."""


@dataclass(frozen=True)
class Counts:
    """What a processor counts of a step: instructions, and accesses to memory that no cache had."""

    instructions: float
    misses: float


@dataclass(frozen=True)
class Series:
    """One subject's samples, one per round, in order.

    Attributes:
        section: "step", "cnn", "packs", or "machine", whose subjects measure that.
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
        counts: what the processor counted of a step of all its runs, where it does.
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
    counts: Counts | None = None

    @property
    def busy(self) -> list[float]:
        """Milliseconds of processor time per run and step on a CPU, where others do not count; else `ms`."""
        if self.device != "cpu" or self.workers > 1:
            return list(self.ms)
        return [ms * core for ms, core in zip(self.ms, self.core, strict=True)]


@dataclass(frozen=True)
class Work:
    """A step of one run of a stack.

    Attributes:
        stack: of the run.
        operations: multiplications and additions of its matrix products.
        moved: bytes of arrays as large as the weights, read or written.
    """

    stack: str
    operations: int
    moved: int


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
        work: of a step of each stack.
        load: of the machine when all was measured.
        stolen: the share of the processors' time that went to other machines on the same hardware meanwhile;
            None where the system does not say.
    """

    machine: tuple[tuple[str, str], ...]
    data: str
    smoke: bool
    series: tuple[Series, ...]
    compiling: tuple[Compiling, ...]
    assumed: tuple[tuple[str, str, float], ...]
    work: tuple[Work, ...] = ()
    load: float = 0.0
    stolen: float | None = None
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
    """Median and quartiles."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Describe a sample of at least one value."""
    low, _, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return Spread(median(values), low, high)


def ratios(above: Series, below: Series) -> list[float]:
    """How many times `below`'s time that of `above` is, round by round; on a CPU, processor time."""
    return [a / b for a, b in zip(above.busy, below.busy, strict=True)]


def ratio_of(values: Sequence[float]) -> str:
    """A ratio over rounds: its median and the interval of that."""
    found = median_interval(values)
    bounds = f" ({found.low:.2f} to {found.high:.2f})" if found else ""
    return f"{median(values):.2f}{bounds}"


def narrow(values: Sequence[float]) -> bool:
    """Whether the median of a ratio over rounds is known closely enough."""
    found = median_interval(values)
    return found is not None and found.high - found.low <= NARROW * median(values)


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
