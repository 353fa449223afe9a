"""Times of a training step and its peers, of packs of several sizes and of compiling (results/bench.md)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from tempfile import TemporaryDirectory

import torch

from benchmarks.machine import Stolen, machine
from benchmarks.results import Compiling, Results, Series, narrow, ratios
from benchmarks.roofline import SPEEDS, machine_subjects, work_of
from benchmarks.rounds import Rounds, Say, Timed, in_turn, steps_lasting, workers_for
from benchmarks.subjects import Subject, beside_gdtuo, ours, runs_of, side_by_side
from benchmarks.workers import Sample, Worker, at_once
from hyperopt.config import resolve
from hyperopt.data import DataError, prepare
from hyperopt.engine.costs import COMPILE_SECONDS, largest_pack
from hyperopt.models import MODELS, Model

STACKS = ("sgd/sgd", "adam/sgd")
SIZES = {"cpu": (1, 2, 4, 8, 16, 32), "cuda": (1, 8, 32, 128, 512)}
SWEPT = "adam/sgd"
CNN_STACK = "adam/sgd"
REAL: dict[str, object] = {"dataset": "mnist"}
GENERATED: dict[str, object] = {"dataset": "mnist", "dataset.generated": True}
GENERATED_ROWS = 20_000
CNN: dict[str, object] = {
    "model": "cnn",
    "dataset": "cifar10",
    "dataset.normalize": "global",
    "dataset.generated": True,
    "dataset.train": 10_000,
}
FEW_ROWS = {"batch_size": 16, "dataset.train": 64, "dataset.test": 16}


@dataclass(frozen=True)
class Effort:
    """The extent of the measurement.

    Attributes:
        mlp: settings with the data set of the MLP.
        cnn: settings with the CNN and its data set.
        sizes: the sizes of packs in the sweep; () means those of SIZES.
        pack: the number of runs in our packs; None means that of plans for the model and device.
        how: how long subjects are timed.
    """

    mlp: Mapping[str, object]
    cnn: Mapping[str, object]
    sizes: tuple[int, ...] = ()
    pack: int | None = None
    how: Rounds = field(default_factory=lambda: Rounds(11, most=75.0))

    def packed(self, settings: Mapping[str, object], device: str) -> int:
        """Return the number of runs in our packs."""
        return self.pack or largest_pack(resolve(settings), device)


QUICK = Effort(
    GENERATED, {**CNN, **FEW_ROWS}, sizes=(1, 2), pack=2, how=Rounds(rounds=2, seconds=0.0, inline=True)
)


def step_times(stack: str, device: str, effort: Effort, say: Say) -> list[Series]:
    """Time a step of the MLP by every subject."""
    pack = effort.packed(effort.mlp, device)
    subjects = side_by_side(stack, device, pack, effort.mlp, compiled=not effort.how.inline)
    ours = subjects[0]
    if device == "cpu":
        subjects += machine_subjects(ours.runs[0])
    found = beside_peers("step", f"{stack} on {device}", stack, subjects, effort, say, counts=device == "cpu")
    return [replace(s, section="machine") if s.role in SPEEDS else s for s in found]


def all_narrow(by_role: Mapping[str, Series]) -> bool:
    """Return whether the intervals of all ratios to ours are narrow enough."""
    return all(narrow(ratios(series, by_role["ours"])) for series in by_role.values())


def cnn_times(device: str, effort: Effort, say: Say) -> list[Series]:
    """Time a step of the CNN by ours and by gdtuo."""
    pack = effort.packed(effort.cnn, device)
    subjects = beside_gdtuo(CNN_STACK, device, pack, effort.cnn, compiled=not effort.how.inline)
    return beside_peers("cnn", f"{CNN_STACK}, CNN on {device}", CNN_STACK, subjects, effort, say)


def beside_peers(
    section: str,
    what: str,
    stack: str,
    subjects: Sequence[Subject],
    effort: Effort,
    say: Say,
    *,
    counts: bool = False,
) -> list[Series]:
    """Time a step of every subject, in as many rounds as the ratios to ours need."""

    def series(timed: Sequence[Timed]) -> list[Series]:
        return [
            replace(series_of(section, stack, subject, [[s] for s in own.samples]), counts=own.counts)
            for subject, own in zip(subjects, timed, strict=True)
        ]

    def enough(timed: Sequence[Timed]) -> bool:
        return effort.how.inline or all_narrow({own.role: own for own in series(timed)})

    return series(in_turn(what, subjects, effort.how, say, enough=enough, counts=counts))


def pack_sizes(device: str, effort: Effort, say: Say) -> list[Series]:
    """Time our steps in packs of several sizes, with one worker and with two at once."""
    say(f"packs on {device}: starting and compiling")
    build = partial(ours, compiled=not effort.how.inline)
    subjects = [
        Subject("ours", f"pack of {size}", runs_of(SWEPT, size, effort.mlp), device, build)
        for size in effort.sizes or SIZES[device]
    ]
    alone: list[list[list[Sample]]] = [[] for _ in subjects]
    two: list[list[list[Sample]]] = [[] for _ in subjects]
    with (
        workers_for(subjects, inline=effort.how.inline) as first,
        workers_for(subjects, inline=effort.how.inline) as second,
    ):
        at_once(first, 1)
        at_once(second, 1)
        steps = [steps_lasting(effort.how.seconds, worker) for worker in first]
        for number in range(effort.how.rounds):
            say(f"packs on {device}: round {number + 1} of {effort.how.rounds}")
            for i, count in enumerate(steps):
                alone[i].append(at_once([first[i]], count))
                two[i].append(at_once([first[i], second[i]], count))
    return [
        series_of("packs", SWEPT, subject, taken)
        for subject, pair in zip(subjects, zip(alone, two, strict=True), strict=True)
        for taken in pair
    ]


def compiling(stack: str, device: str, effort: Effort, say: Say) -> Iterator[Compiling]:
    """Measure the time until a process trains, with an empty and with a full cache of programs."""
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


def series_of(section: str, stack: str, subject: Subject, rounds: Sequence[Sequence[Sample]]) -> Series:
    """Return a subject's samples as milliseconds per run and step.

    Each round has the samples of all workers at once, whose rates are added.
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


def real_or_generated(say: Say) -> tuple[Effort, str]:
    """Return the full extent on MNIST, or on generated data if MNIST is not available."""
    try:
        prepare("mnist")
    except DataError as error:
        say(f"on generated data: {error}")
        return Effort({**GENERATED, "dataset.train": GENERATED_ROWS}, CNN), "generated"
    return Effort(REAL, CNN), "real"


def measure(effort: Effort, data: str, say: Say) -> Results:
    """Measure everything except a whole table."""
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    on, stolen = machine(), Stolen()
    compiled = [
        found
        for device in devices
        for stack in STACKS
        for found in ([] if effort.how.inline else compiling(stack, device, effort, say))
    ]
    series = [s for device in devices for stack in STACKS for s in step_times(stack, device, effort, say)]
    series += cnn_times("cpu", effort, say)
    series += [s for device in devices for s in pack_sizes(device, effort, say)]
    assumed = [("compile", device, 2 * COMPILE_SECONDS) for device in devices]  # stacks of two levels
    assumed += [("step", device, Model.costs[device].seconds) for device in devices]
    assumed += [("cnn", "cpu", MODELS["cnn"].costs["cpu"].seconds)]
    work = tuple(work_of(runs_of(stack, 1, effort.mlp)[0], stack) for stack in STACKS)
    return Results(
        on,
        data,
        effort.how.inline,
        tuple(series),
        tuple(compiled),
        tuple(assumed),
        work,
        load=os.getloadavg()[0],
        stolen=stolen.share(),
    )
