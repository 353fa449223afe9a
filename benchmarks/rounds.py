"""The one way in which subjects are timed: all of them in turn, round after round, each alone at work."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from benchmarks.workers import Inline, Prepares, Sample, Worker, at_once, start

Say = Callable[[str], None]


@dataclass(frozen=True)
class Rounds:
    """How long subjects are timed.

    Attributes:
        rounds: in which every subject is asked once.
        seconds: that a sample should last; 0 is one step.
        warm_up: steps of a subject before the first sample, in which it compiles.
        inline: in this process, and nothing compiled: a smoke test.
    """

    rounds: int = 15
    seconds: float = 0.4
    warm_up: int = 1
    inline: bool = False


@dataclass(frozen=True)
class Timed:
    """A subject's warm-up, and its samples, one a round."""

    warm_up: Sample
    samples: tuple[Sample, ...]

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
    spare: bool = False,
) -> list[Timed]:
    """Time every subject; while one works the others are idle, so that all meet the same machine.

    Args:
        what: they are, for `say`.
        subjects: each is prepared in a process of its own.
        how: long.
        say: is told what happens.
        steps: of a sample of each subject, instead of how.seconds.
        spare: a subject that fails while it is timed is said and has the samples before; the others go on.
    """
    say(f"{what}: starting and compiling")
    with workers_for(subjects, inline=how.inline) as workers:
        first = at_once(workers, how.warm_up)
        counts = steps or [steps_lasting(how.seconds, worker) for worker in workers]
        samples: list[list[Sample]] = [[] for _ in workers]
        failed: set[int] = set()
        for number in range(how.rounds):
            say(f"{what}: round {number + 1} of {how.rounds}")
            for i, (worker, count, taken) in enumerate(zip(workers, counts, samples, strict=True)):
                if i in failed:
                    continue
                try:
                    taken += at_once([worker], count)
                except RuntimeError as error:
                    if not spare:
                        raise
                    say(f"{what}: {error}")
                    failed.add(i)
    return [Timed(warm_up, tuple(taken)) for warm_up, taken in zip(first, samples, strict=True)]


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
