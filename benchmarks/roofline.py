"""A roofline estimate: how close a step comes to the machine's arithmetic speed and memory bandwidth.

The machine's speeds are measured in the same rounds as the subjects, with one large matrix product and with
copying more than the caches hold. The work in a step comes from a formula.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from statistics import median

import torch

from benchmarks.results import Results, Series, Work, ratio_of
from benchmarks.subjects import Subject
from benchmarks.workers import Train
from hyperopt.config import Run
from hyperopt.data import find
from hyperopt.engine.captured import size
from hyperopt.engine.pack import Pack, data_of
from hyperopt.engine.process import prepare_process
from hyperopt.engine.products import onednn_is_faster
from hyperopt.engine.program import initial
from hyperopt.engine.torch_private import onednn_linear
from hyperopt.pages.markdown import table

SIDE = 1536
"""The size of the square matrices that are multiplied."""
COPIED = 2**26
"""The number of bytes copied; each is read and written."""
SPEEDS = {"product": 2 * SIDE**3, "copy": 2 * COPIED}
"""The operations, or bytes moved, in a step of each role."""


def work_of(run: Run, stack: str) -> Work:
    """Return the work in a step of a net with one hidden layer, if activations stay in the caches.

    Of arrays as large as the weights, the forward pass reads the weights and the backward pass writes the
    gradient. The update reads both and the rule's state, and writes the weights and the state. The
    hypergradient reads the gradient, the previous gradient, and the previous state.
    """
    spec = find(run.dataset["name"])
    inputs, (hidden,), classes = math.prod(spec.shape), run.model["hidden"], spec.classes
    assert classes is not None, "a net that classifies"
    operations = 2 * run.batch_size * hidden * (2 * inputs + 3 * classes)
    _, state = initial(Pack((run,)), data_of(run, "cpu"), "cpu")
    weights, memory = size(state.params), size(state.stack[0].memory.rule)
    moved = 2 * weights + (2 * weights + memory) + (weights + memory)
    return Work(stack, operations, moved + (2 * weights + memory if run.tune else 0))


def machine_subjects(run: Run) -> list[Subject]:
    """Return the subjects that measure the machine's speeds; the run is not trained."""
    return [
        Subject("product", "one large product", (run,), "cpu", product),
        Subject("copy", "copying", (run,), "cpu", copy),
    ]


def product(_runs: tuple[Run, ...], _device: str) -> Train:
    """Return a function that multiplies two large matrices with the fastest library here."""
    prepare_process()
    a, b = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    out, linear = torch.empty(SIDE, SIDE), onednn_linear() if onednn_is_faster() else None
    multiply = partial(torch.mm, out=out) if linear is None else linear

    def train(steps: int) -> None:
        for _ in range(steps):
            multiply(a, b)

    return train


def copy(_runs: tuple[Run, ...], _device: str) -> Train:
    """Return a function that copies memory."""
    source, target = torch.ones(COPIED, dtype=torch.uint8), torch.ones(COPIED, dtype=torch.uint8)

    def train(steps: int) -> None:
        for _ in range(steps):
            target.copy_(source)

    return train


def roof_section(results: Results) -> Iterator[str]:
    """Yield the section on the share of the machine's speeds that our steps attain."""
    if not results.work:
        return
    yield "## What the machine allows"
    rows = []
    for work in results.work:
        [ours] = results.of("step", stack=work.stack, role="ours", device="cpu")
        speed = {role: results.of("machine", stack=work.stack, role=role)[0] for role in SPEEDS}
        arithmetic = lasting(work.operations, speed["product"], SPEEDS["product"])
        bytes_ = lasting(work.moved, speed["copy"], SPEEDS["copy"])
        both = [a + b for a, b in zip(arithmetic, bytes_, strict=True)]
        shares = [
            [own / ms for own, ms in zip(part, ours.busy, strict=True)] for part in (arithmetic, bytes_, both)
        ]
        rows.append(
            (
                work.stack,
                f"{work.operations / 1e6:.1f}",
                f"{work.moved / 1e6:.2f}",
                f"{median(arithmetic):.3f}",
                f"{median(bytes_):.3f}",
                f"{median(ours.busy):.3f}",
                *map(ratio_of, shares),
            )
        )
    header = ("", "million operations", "MB moved", "ms of arithmetic", "ms of bytes", "ms of the step")
    shares_of = ("arithmetic / step", "bytes / step", "both, one after the other / step")
    yield table((*header, *shares_of), rows, left=("",))
    gigaflops, gigabytes = (
        median(amount / 1e6 / ms for s in results.of("machine", role=role) for ms in s.busy)
        for role, amount in SPEEDS.items()
    )
    yield (
        f"One core multiplies and adds {gigaflops:.0f} times 10⁹ a second in one product of {SIDE} x {SIDE} "
        f"matrices, and reads and writes {gigabytes:.1f} GB a second in a copy of {COPIED / 1e6:.0f} MB, "
        "measured in the same rounds. Operations are those of the five matrix products of a run; bytes those "
        "of arrays as large as its weights, each of which is taken to come from memory."
    )


def lasting(amount: int, series: Series, of_step: int) -> list[float]:
    """Return the milliseconds that an amount of work takes at a subject's speed, in each round."""
    return [amount / of_step * ms for ms in series.busy]
