"""The timing of subjects: they take turns in several rounds, and only one works at a time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median

from benchmarks.counters import counted
from benchmarks.results import Counts
from benchmarks.workers import Inline, Prepares, Sample, Worker, at_once, start

Say = Callable[[str], None]


@dataclass(frozen=True)
class Rounds:
    """How long subjects are timed.

    Attributes:
        rounds: the minimum number of rounds, each with one sample of every subject.
        seconds: the duration of a sample; 0 means one step.
        warm_up: the steps of a subject before the first sample, in which it compiles.
        most: the seconds of all samples after which no further rounds are added.
        inline: whether to run in this process without compiling, as a smoke test.
    """

    rounds: int = 15
    seconds: float = 0.4
    warm_up: int = 1
    most: float = 150.0
    inline: bool = False


@dataclass(frozen=True)
class Timed:
    """A subject's warm-up, its samples, one per round, and the processor's counts for a step."""

    warm_up: Sample
    samples: tuple[Sample, ...]
    counts: Counts | None = None

    @property
    def ms(self) -> list[float]:
        """The wall-clock milliseconds of a step in each round."""
        return [1e3 * sample.seconds / sample.steps for sample in self.samples]

    @property
    def core(self) -> list[float]:
        """The share of a core in each round."""
        return [sample.cpu_seconds / sample.seconds for sample in self.samples]

    @property
    def memory(self) -> float:
        """The median of the resident bytes after a sample."""
        return median(sample.memory for sample in self.samples)


def in_turn(
    what: str,
    subjects: Sequence[Prepares],
    how: Rounds,
    say: Say,
    steps: Sequence[int] | None = None,
    *,
    enough: Callable[[list[Timed]], bool] | None = None,
    counts: bool = False,
    spare: bool = False,
) -> list[Timed]:
    """Time subjects in turn; while one works the others are idle, so that conditions are equal for all.

    Every second round is in reverse order, so that a machine that slows down within a round favours none.

    Args:
        what: the name of the comparison, for `say`.
        subjects: the subjects; each is prepared in its own process.
        how: how long they are timed.
        say: receives messages about progress.
        steps: the number of steps in a sample of each subject, instead of `how.seconds`.
        enough: whether the samples suffice; rounds are added until they do, or `how.most` is over.
        counts: whether to also read the processor's counters, in one more sample.
        spare: whether to continue with the other subjects if one fails; it keeps its samples so far.
    """
    say(f"{what}: starting and compiling")
    with workers_for(subjects, inline=how.inline) as workers:
        first = at_once(workers, how.warm_up)
        lasting = steps or [steps_lasting(how.seconds, worker) for worker in workers]
        samples: list[list[Sample]] = [[] for _ in workers]
        failed: set[int] = set()

        def timed() -> list[Timed]:
            return [Timed(warm_up, tuple(taken)) for warm_up, taken in zip(first, samples, strict=True)]

        number = 0
        while number < how.rounds or not (enough is None or _over(samples, how) or enough(timed())):
            number += 1
            say(f"{what}: round {number}" + (f" of {how.rounds}" if number <= how.rounds else ""))
            for i in range(len(workers))[:: 1 if number % 2 else -1]:
                if i in failed:
                    continue
                try:
                    samples[i] += at_once([workers[i]], lasting[i])
                except RuntimeError as error:
                    if not spare:
                        raise
                    say(f"{what}: {error}")
                    failed.add(i)
        if not counts:
            return timed()
        found = [counted(worker, count) for worker, count in zip(workers, lasting, strict=True)]
    return [replace(own, counts=read) for own, read in zip(timed(), found, strict=True)]


def _over(samples: Sequence[Sequence[Sample]], how: Rounds) -> bool:
    return sum(sample.seconds for taken in samples for sample in taken) >= how.most


@contextmanager
def workers_for(subjects: Sequence[Prepares], *, inline: bool) -> Iterator[Sequence[Worker | Inline]]:
    """Start a worker for each subject; close them at the end."""
    workers = start(subjects, inline=inline)
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()


def steps_lasting(seconds: float, worker: Worker | Inline, tried: int = 3) -> int:
    """Return the number of steps that take about this long, at least 1, by timing a few."""
    if not seconds:
        return 1
    [sample] = at_once([worker], tried)
    return max(1, round(seconds / (sample.seconds / tried)))


def saying() -> Say:
    """Return a function that prints messages with the elapsed seconds to standard error."""
    started = time.monotonic()
    return lambda what: print(f"{time.monotonic() - started:5.0f} s  {what}", file=sys.stderr, flush=True)
