"""Steps per second of the reports' MNIST net on a GPU: our packs compared with gdtuo and torch.optim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from statistics import median

import torch
from torch.nn import functional as F

from benchmarks.gpu.site import Found, Site
from benchmarks.rounds import in_turn
from benchmarks.steps import GENERATED, REAL
from benchmarks.subjects import (
    GDTUO_LOOPS,
    Subject,
    gdtuo_in_memory,
    minibatches,
    model_of,
    ours,
    plain_torch,
    runs_of,
    wait,
)
from benchmarks.workers import Train
from hyperopt.config import Run
from hyperopt.data import DataError, prepare
from hyperopt.engine.pack import data_of

STACK = "adam/sgd"
SIZES, SMALL_SIZES = (1, 8, 64, 512), (1, 2)
FASTER = "run-steps a second"


def measure(site: Site) -> Iterator[Found]:
    """Time every subject in turn; yield the median, minimum and maximum over rounds."""
    try:
        prepare("mnist")
        data = GENERATED if site.small else REAL
    except DataError:
        data = {**GENERATED, "dataset.train": 20_000}
    yield "data", "of", "random numbers" if "dataset.generated" in data else "MNIST"
    subjects = list(subjects_of(site, data))
    found = in_turn("steps", subjects, site.how, site.say, spare=True)
    for subject, timed in zip(subjects, found, strict=True):
        if len(timed.samples) < site.how.rounds:
            yield subject.name, "ended in round", str(len(timed.samples) + 1)
        if not timed.samples:
            continue
        rates = [1e3 * len(subject.runs) / ms for ms in timed.ms]
        yield subject.name, FASTER, f"{median(rates):.6g}"
        yield subject.name, f"{FASTER}, lowest", f"{min(rates):.6g}"
        yield subject.name, f"{FASTER}, highest", f"{max(rates):.6g}"
        yield subject.name, "seconds until it trains", f"{timed.warm_up.seconds:.3g}"


def subjects_of(site: Site, data: Mapping[str, object]) -> Iterator[Subject]:
    """Yield our packs of several sizes, then single runs by the peers; torch.optim has no hyper level."""
    device, compiled = site.device, not site.small
    for size in SMALL_SIZES if site.small else SIZES:
        name = "hyperopt, alone" if size == 1 else f"hyperopt, pack of {size}"
        runs = runs_of(STACK, size, data)
        yield Subject("ours", name, runs, device, partial(ours, compiled=compiled))
        if compiled and size in (1, 512):
            yield Subject("eager", f"{name}, not compiled", runs, device, partial(ours, compiled=False))
    tuned, plain = runs_of(STACK, 1, data), runs_of(STACK.partition("/")[0], 1, data)
    for role, graph in (("documented", True), ("gdtuo", False)):
        build = partial(gdtuo_in_memory, create_graph=graph)
        yield Subject(role, GDTUO_LOOPS[role], tuned, device, build)
    for how in ("fused", "capturable"):
        here = device == "cuda" or how == "fused"  # capturable needs a GPU
        build = partial(plain_torch, how={how: True} if here else {})
        yield Subject(how, f"torch.optim.Adam, {how}, no hyper level", plain, device, build)
    name = "torch.optim.Adam, capturable, the whole step a CUDA graph, no hyper level"
    yield Subject("graph", name, plain, device, whole_step_captured)


def whole_step_captured(runs: tuple[Run, ...], device: str) -> Train:
    """Prepare the fastest training of plain torch: a CUDA graph of forward, backward and optimizer."""
    [run] = runs
    if device != "cuda":
        return plain_torch(runs, device, how={})
    all_batches = minibatches(data_of(run, device), run.batch_size)
    batches = (batch for batch in all_batches if len(batch[1]) == run.batch_size)
    model = model_of(run, device)
    optimizer = torch.optim.Adam(model.parameters(), lr=run.alpha[0], capturable=True)
    x, y = (tensor.clone() for tensor in next(batches))

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    optimizer.zero_grad()
    with torch.cuda.graph(graph):
        step()

    def train(steps: int) -> None:
        for _, (inputs, targets) in zip(range(steps), batches, strict=False):
            x.copy_(inputs)
            y.copy_(targets)
            graph.replay()
        wait(device)

    return train
