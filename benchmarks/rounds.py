"""The one way in which subjects are timed: all of them in turn, round after round, each alone at work."""

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
        rounds: in which every subject is asked once; more where that is not enough.
        most: seconds of all samples after which no more round begins for that.
        seconds: that a sample should last; 0 is one step.
        warm_up: steps of a subject before the first sample, in which it compiles.
        inline: in this process, and nothing compiled: a smoke test.
    """

    rounds: int = 15
    seconds: float = 0.4
    warm_up: int = 1
    most: float = 150.0
    inline: bool = False


@dataclass(frozen=True)
class Timed:
    """A subject's warm-up, its samples, one a round, and what the processor counted of a step."""

    warm_up: Sample
    samples: tuple[Sample, ...]
    counts: Counts | None = None

    @property
    def ms(self) -> list[float]:
        """Milliseconds of wall clock of a step, by round."""
        return [1e3 * sample.seconds / sample.steps for sample in self.samples]

    @property
    def core(self) -> list[float]:
        """Share of a core, by round."""
        return [sample.cpu_seconds / sample.seconds for sample in self.samples]

    @property
    def memory(self) -> float:
        """Bytes resident after a sample: the median."""
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
    """Time every subject; while one works the others are idle, so that all meet the same machine.

    Every second round goes backwards: a machine that grows slower within a round favours nobody.

    Args:
        what: they are, for `say`.
        subjects: each is prepared in a process of its own.
        how: long.
        say: is told what happens.
        steps: of a sample of each subject, instead of how.seconds.
        enough: whether what was timed is enough; rounds go on until it is, or how.most is over.
        counts: whether the processor's own counters are read too, of one more sample.
        spare: a subject that fails while it is timed is said and has the samples before; the others go on.
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
    """Workers that are closed at the end."""
    workers = start(subjects, inline=inline)
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()


def steps_lasting(seconds: float, worker: Worker | Inline, tried: int = 3) -> int:
    """How many steps last about so long, at least 1, found by timing a few."""
    if not seconds:
        return 1
    [sample] = at_once([worker], tried)
    return max(1, round(seconds / (sample.seconds / tried)))


def saying() -> Say:
    """Tells standard error what happens, and when, in seconds from now."""
    started = time.monotonic()
    return lambda what: print(f"{time.monotonic() - started:5.0f} s  {what}", file=sys.stderr, flush=True)
