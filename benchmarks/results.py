"""The results of a benchmark, and summaries of samples."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles

from hyperopt.statistics.intervals import median_interval

NARROW = 0.04
"""The relative width of a ratio's interval at which no more rounds are needed."""


@dataclass(frozen=True)
class Counts:
    """The processor's counts for a step: instructions and cache misses."""

    instructions: float
    misses: float


@dataclass(frozen=True)
class Series:
    """The samples of a subject, one per round, in order.

    Attributes:
        section: "step", "cnn", "packs", or "machine" for subjects that measure the machine's speed.
        stack: the stack of the comparison, such as "adam/sgd", even if this subject has only level 0.
        role: the role of the subject in the comparison.
        subject: the name of the subject.
        device: "cpu" or "cuda".
        runs: the number of runs trained together in a worker.
        workers: the number of workers at once.
        steps: the number of steps in a sample.
        ms: the wall-clock milliseconds per run and step.
        core: the share of a core of each sample, per worker; well below 1 on a CPU means a busy machine.
        memory: the resident bytes of a worker after each sample.
        counts: the processor's counts for a step of all its runs, if available.
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
        """The milliseconds of processor time per run and step, for one worker on a CPU; otherwise `ms`."""
        if self.device != "cpu" or self.workers > 1:
            return list(self.ms)
        return [ms * core for ms, core in zip(self.ms, self.core, strict=True)]


@dataclass(frozen=True)
class Work:
    """The work in a step of one run.

    Attributes:
        stack: the stack of the run.
        operations: the multiplications and additions of its matrix products.
        moved: the bytes read and written in arrays as large as the weights.
    """

    stack: str
    operations: int
    moved: int


@dataclass(frozen=True)
class Compiling:
    """The time until a process trains.

    Attributes:
        stack: the stack of its runs.
        device: "cpu" or "cuda".
        runs: the number of runs in the pack.
        cache: "cold" if the cache of compiled programs was empty, "warm" if it had this program.
        start: the seconds to start, import and read data.
        first_step: the seconds of the first step.
    """

    stack: str
    device: str
    runs: int
    cache: str
    start: float
    first_step: float


@dataclass(frozen=True)
class WholeTable:
    """The wall-clock time of a whole table, compared with that of its runs in plain loops.

    Attributes:
        experiment: the id of the table.
        command: the timed command.
        runs: the number of runs.
        run_steps: the number of steps of all runs.
        seconds: the wall-clock time with an empty store and an empty cache of compiled programs.
        cores: the number of cores used.
        loops: the seconds of all runs on one core in a peer's loop, by its role: median step times steps.
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
    """The results of a benchmark.

    Attributes:
        machine: hardware and software, as (name, value).
        data: "real" or "generated".
        smoke: whether it was a smoke test, in one process and without compiling.
        series: the samples of all subjects.
        compiling: the times until a process trains.
        assumed: the assumptions of plans' estimates, as (what, device, value).
        work: the work in a step of each stack.
        load: the load of the machine at the end.
        stolen: the share of processor time that other virtual machines took; None if unknown.
        table: the time of a whole table, if measured.
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
        """Return the series of a section that have these attributes."""
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
    """Return the median and quartiles of a sample of at least one value."""
    low, _, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return Spread(median(values), low, high)


def ratios(above: Series, below: Series) -> list[float]:
    """Return the ratio of the times of `above` and `below` in each round; on a CPU, of processor time."""
    return [a / b for a, b in zip(above.busy, below.busy, strict=True)]


def ratio_of(values: Sequence[float]) -> str:
    """Return the median of a ratio over rounds, with its interval, as text."""
    found = median_interval(values)
    bounds = f" ({found.low:.2f} to {found.high:.2f})" if found else ""
    return f"{median(values):.2f}{bounds}"


def narrow(values: Sequence[float]) -> bool:
    """Return whether the interval of a ratio's median is narrow enough to stop."""
    found = median_interval(values)
    return found is not None and found.high - found.low <= NARROW * median(values)


def to_csv(results: Results) -> str:
    """Return CSV with a row per series: median and quartiles of milliseconds per run and step, unrounded."""
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
    """Return all results with every sample as JSON."""
    return json.dumps(asdict(results), indent=1) + "\n"
