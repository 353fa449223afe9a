"""The measurements: one step of every subject, packs of several sizes, compiling."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryDirectory

from benchmarks.results import Compiling, Series
from benchmarks.subjects import Subject, beside_gdtuo, ours, runs_of, side_by_side
from benchmarks.workers import Inline, Sample, Worker, at_once, start, steps_lasting
from hyperopt.config import resolve
from hyperopt.engine.costs import largest_pack

STACKS = ("sgd/sgd", "adam/sgd")
SIZES = {"cpu": (1, 2, 4, 8, 16, 32), "cuda": (1, 8, 32, 128, 512)}
SWEPT = "adam/sgd"
CNN_STACK = "adam/sgd"


@dataclass(frozen=True)
class Effort:
    """How much is measured, and on what.

    Attributes:
        mlp: settings that name the data set of the MLP.
        cnn: settings that name the CNN and its data set.
        rounds: in which every subject is asked once.
        seconds: that a sample should last; 0 is one step.
        sizes: of packs, in the sweep; none are those of SIZES.
        pack: runs in ours; None is what the plan takes of the model on the device.
        inline: in this process, and nothing compiled: a smoke test.
    """

    mlp: Mapping[str, object]
    cnn: Mapping[str, object]
    rounds: int = 15
    seconds: float = 0.4
    sizes: tuple[int, ...] = ()
    pack: int | None = None
    inline: bool = False

    def packed(self, settings: Mapping[str, object], device: str) -> int:
        """Runs in our packs."""
        return self.pack or largest_pack(resolve(settings), device)


Say = Callable[[str], None]


def step_times(stack: str, device: str, effort: Effort, say: Say) -> list[Series]:
    """A step of the MLP by every subject."""
    pack = effort.packed(effort.mlp, device)
    subjects = side_by_side(stack, device, pack, effort.mlp, compiled=not effort.inline)
    return in_turn("step", f"{stack} on {device}", stack, subjects, effort, say)


def cnn_times(device: str, effort: Effort, say: Say) -> list[Series]:
    """A step of the CNN by ours and by gdtuo."""
    pack = effort.packed(effort.cnn, device)
    subjects = beside_gdtuo(CNN_STACK, device, pack, effort.cnn, compiled=not effort.inline)
    return in_turn("cnn", f"{CNN_STACK}, CNN on {device}", CNN_STACK, subjects, effort, say)


def in_turn(
    section: str, what: str, stack: str, subjects: Sequence[Subject], effort: Effort, say: Say
) -> list[Series]:
    """A step of every subject: one works at a time, in turn, round after round."""
    say(f"{what}: starting and compiling")
    with workers_for(subjects, effort) as workers:
        at_once(workers, 1)
        steps = [steps_lasting(effort.seconds, worker) for worker in workers]
        samples: list[list[Sample]] = [[] for _ in workers]
        for number in range(effort.rounds):
            say(f"{what}: round {number + 1} of {effort.rounds}")
            for worker, count, taken in zip(workers, steps, samples, strict=True):
                taken += at_once([worker], count)
    return [
        series_of(section, stack, subject, [[sample] for sample in taken])
        for subject, taken in zip(subjects, samples, strict=True)
    ]


def pack_sizes(device: str, effort: Effort, say: Say) -> list[Series]:
    """Our steps in packs of several sizes, by one worker alone and by two at once."""
    say(f"packs on {device}: starting and compiling")
    build = partial(ours, compiled=not effort.inline)
    subjects = [
        Subject("ours", f"pack of {size}", runs_of(SWEPT, size, effort.mlp), device, build)
        for size in effort.sizes or SIZES[device]
    ]
    alone: list[list[list[Sample]]] = [[] for _ in subjects]
    two: list[list[list[Sample]]] = [[] for _ in subjects]
    with workers_for(subjects, effort) as first, workers_for(subjects, effort) as second:
        at_once(first, 1)
        at_once(second, 1)
        steps = [steps_lasting(effort.seconds, worker) for worker in first]
        for number in range(effort.rounds):
            say(f"packs on {device}: round {number + 1} of {effort.rounds}")
            for i, count in enumerate(steps):
                alone[i].append(at_once([first[i]], count))
                two[i].append(at_once([first[i], second[i]], count))
    return [
        series_of("packs", SWEPT, subject, taken)
        for subject, pair in zip(subjects, zip(alone, two, strict=True), strict=True)
        for taken in pair
    ]


def compiling(stack: str, device: str, effort: Effort, say: Say) -> Iterator[Compiling]:
    """How long a process takes until it trains, with an empty and with a full cache of programs."""
    size = effort.packed(effort.mlp, device)
    subject = Subject("ours", f"pack of {size}", runs_of(stack, size, effort.mlp), device, ours)
    with TemporaryDirectory() as folder:
        for cache in ("cold", "warm"):
            say(f"compiling {stack} on {device}, {cache}")
            started = time.perf_counter()
            worker = Worker(subject, {"TORCHINDUCTOR_CACHE_DIR": folder})
            try:
                worker.ready()
                seconds = time.perf_counter() - started
                [first] = at_once([worker], 1)
            finally:
                worker.close()
            yield Compiling(stack, device, size, cache, seconds, first.seconds)


@contextmanager
def workers_for(subjects: Sequence[Subject], effort: Effort) -> Iterator[Sequence[Worker | Inline]]:
    """Workers that are closed at the end."""
    workers = start(subjects, inline=effort.inline)
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()


def series_of(section: str, stack: str, subject: Subject, rounds: Sequence[Sequence[Sample]]) -> Series:
    """A subject's samples, each round those of all its workers, as milliseconds per run and step.

    Of workers at once the rates add up.
    """
    size = len(subject.runs)
    return Series(
        section=section,
        stack=stack,
        role=subject.role,
        subject=subject.name,
        device=subject.device,
        runs=size,
        workers=len(rounds[0]),
        steps=rounds[0][0].steps,
        ms=tuple(1e3 / sum(size * s.steps / s.seconds for s in samples) for samples in rounds),
        core=tuple(sum(s.cpu_seconds / s.seconds for s in samples) / len(samples) for samples in rounds),
        memory=tuple(samples[0].memory for samples in rounds),
    )
