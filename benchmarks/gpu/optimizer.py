"""`HyperOptimizer` and torch.optim.Adam on a GPU: the time and kernel launches of a step."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.gpu.site import Found, Site
from benchmarks.optimizer import ALPHA, MODELS, Parameters, loss_of, stack
from benchmarks.rounds import in_turn
from benchmarks.subjects import wait
from benchmarks.workers import Train
from hyperopt.engine.options import cores

CAPTURABLE = "torch.optim.Adam, capturable"
OPTIMIZERS: dict[str, Callable[[Parameters], torch.optim.Optimizer]] = {
    "torch.optim.Adam, foreach": lambda p: torch.optim.Adam(p, ALPHA, foreach=True),
    "torch.optim.Adam, fused": lambda p: torch.optim.Adam(p, ALPHA, fused=True),
    CAPTURABLE: lambda p: torch.optim.Adam(p, ALPHA, capturable=True),
    "HyperOptimizer adam": stack("adam", compiled=False),
    "HyperOptimizer adam/sgd": stack("adam/sgd", compiled=False),
    "HyperOptimizer adam/sgd, compiled": stack("adam/sgd", compiled=True),
}
WHOLE, ALONE = "ms of a training step", "ms of the optimizer's step"
LAUNCHES = "kernel launches of the optimizer's step"
PROFILED = 5


@dataclass(frozen=True)
class Contender:
    """An optimizer in OPTIMIZERS that trains a model in MODELS, or only repeats its own step if `alone`."""

    optimizer: str
    model: str
    device: str
    alone: bool

    @property
    def subject(self) -> str:
        """The name on the page."""
        return f"{MODELS[self.model].title}: {self.optimizer}"

    def prepare(self) -> Train:
        step = self.step()

        def train(steps: int) -> None:
            for _ in range(steps):
                step()
            wait(self.device)

        return train

    def step(self) -> Callable[[], object]:
        """Return the function to time; gradients exist already, for an optimizer that steps alone."""
        torch.set_num_threads(1)
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        module, (x, y) = self.made()
        optimizer: Any = OPTIMIZERS[self.optimizer](module.parameters())

        def whole() -> None:
            optimizer.zero_grad()
            loss_of(module(x), y).backward()
            optimizer.step()

        whole()
        loss_of(module(x), y).backward()
        return optimizer.step if self.alone else whole

    def made(self) -> tuple[nn.Module, tuple[Tensor, ...]]:
        """Return the model and a batch on the device."""
        model = MODELS[self.model]
        return model.build().to(self.device), tuple(tensor.to(self.device) for tensor in model.batch())


def contenders(site: Site) -> list[Contender]:
    """Return every optimizer with every model, stepping alone; in a rehearsal only quick ones."""
    models = ["mlp"] if site.small else [*MODELS]
    names = [name for name in OPTIMIZERS if not (site.small and ("compiled" in name or name == CAPTURABLE))]
    return [Contender(name, model, site.device, alone=True) for model in models for name in names]


def measure(site: Site) -> Iterator[Found]:
    """Time all optimizers in turn, within a training step and alone."""
    every = [each for step in contenders(site) for each in (replace(step, alone=False), step)]
    found = in_turn("optimizers", every, site.how, site.say, spare=True)
    for contender, timed in zip(every, found, strict=True):
        if timed.samples:
            yield contender.subject, ALONE if contender.alone else WHOLE, f"{median(timed.ms):.5g}"


def count_launches(site: Site) -> Iterator[Found]:
    """Count the kernels that each optimizer launches."""
    steps = contenders(site)
    if site.small:
        counts = [*map(launches, steps)]
    else:
        with ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
            counts = [*pool.map(launches, steps)]
    for step, count in zip(steps, counts, strict=True):
        yield step.subject, LAUNCHES, f"{count:g}"


def launches(contender: Contender) -> float:
    """Return the kernels that a step of an optimizer launches, by torch's profiler; 0 on a CPU."""
    step = contender.step()
    for _ in range(3):
        step()
    wait(contender.device)
    with torch.profiler.profile() as profiled:
        for _ in range(PROFILED):
            step()
        wait(contender.device)
    starts = ("cudaLaunchKernel", "cuLaunchKernel", "cudaGraphLaunch")
    events = [event for event in profiled.key_averages() if event.key.startswith(starts)]
    return float(sum(event.count for event in events)) / PROFILED
