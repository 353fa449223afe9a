"""The subjects of benchmarks: our training, gdtuo's, torch.optim's, and a step's matrix products alone."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from gradient_descent_the_ultimate_optimizer import gdtuo
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from benchmarks.workers import Train
from hyperopt import models
from hyperopt.config import Run, resolve
from hyperopt.data import Data, find
from hyperopt.engine.pack import Pack, data_of, numbers_of
from hyperopt.engine.process import prepare_process
from hyperopt.engine.speed import SteppedTraining

Build = Callable[[tuple[Run, ...], str], Train]

GDTUO_LOOPS = {
    "documented": "gdtuo, in memory, create_graph=True",
    "gdtuo": "gdtuo, in memory, no create_graph",
    "readme": "gdtuo, its README's loop",
}
"""The names of gdtuo's loops by role."""


@dataclass(frozen=True)
class Subject:
    """A training to measure.

    Attributes:
        role: its role in a comparison, see `side_by_side` and `beside_gdtuo`.
        name: its name on the page.
        runs: the runs trained together; peers train one.
        device: "cpu" or "cuda".
        build: prepares the training.
    """

    role: str
    name: str
    runs: tuple[Run, ...]
    device: str
    build: Build

    def prepare(self) -> Train:
        torch.set_num_threads(1)
        return self.build(self.runs, self.device)


def runs_of(stack: str, size: int, settings: Mapping[str, object]) -> tuple[Run, ...]:
    """Return runs of a stack at its default rates and one seed, with slightly different top rates.

    They share initial weights and minibatches, as in the reports' tables.
    """
    *below, top = resolve({**settings, "stack": stack}).alpha
    rates = ["/".join(map(repr, (*below, top * (1 + i / 100)))) for i in range(size)]
    return tuple(resolve({**settings, "stack": stack, "alpha": alpha}) for alpha in rates)


def model_of(run: Run, device: str) -> torch.nn.Module:
    """Return the module of a run's model on a device."""
    spec = find(run.dataset["name"])
    return models.build(run.model, spec.shape, spec.classes).to(device)


def ours(runs: tuple[Run, ...], device: str, *, compiled: bool = True) -> Train:
    """Prepare training with our engine."""
    prepare_process()
    return SteppedTraining(Pack(runs), data_of(runs[0], device), device, compiled).advance


def gdtuo_in_memory(runs: tuple[Run, ...], device: str, *, create_graph: bool) -> Train:
    """Prepare training with gdtuo, with the data in one tensor that each step indexes."""
    [run] = runs
    batches = minibatches(data_of(run, device), run.batch_size)
    wrapper = gdtuo.ModuleWrapper(model_of(run, device), optimizer=tower(run))
    wrapper.initialize()

    def train(steps: int) -> None:
        with no_cycle_warning():
            for _, (x, y) in zip(range(steps), batches, strict=False):
                wrapper.begin()
                loss = F.cross_entropy(wrapper.forward(x), y)
                wrapper.zero_grad()
                loss.backward(create_graph=create_graph)
                wrapper.step()
        wait(device)

    return train


def gdtuo_readme(runs: tuple[Run, ...], device: str) -> Train:
    """Prepare training as in gdtuo's README: torchvision's images, a DataLoader, and a running loss."""
    [run] = runs
    images = Images(data_of(run, "cpu"))
    loader: DataLoader[tuple[Tensor, Tensor]] = DataLoader(images, batch_size=run.batch_size, shuffle=True)
    batches = (batch for epoch in iter(lambda: loader, None) for batch in epoch)
    wrapper = gdtuo.ModuleWrapper(model_of(run, device), optimizer=tower(run))
    wrapper.initialize()

    def train(steps: int) -> None:
        running_loss = 0.0
        with no_cycle_warning():
            for _, (features, labels) in zip(range(steps), batches, strict=False):
                wrapper.begin()
                x, y = features.reshape(len(features), -1).to(device), labels.to(device)
                loss = F.cross_entropy(wrapper.forward(x), y)
                wrapper.zero_grad()
                loss.backward(create_graph=True)
                wrapper.step()
                running_loss += loss.item() * len(features)
        wait(device)

    return train


def plain_torch(runs: tuple[Run, ...], device: str, how: Mapping[str, bool]) -> Train:
    """Prepare training with torch.optim and the data in one tensor; `how` are the optimizer's arguments."""
    [run] = runs
    batches = minibatches(data_of(run, device), run.batch_size)
    model = model_of(run, device)
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[run.stack[0]]
    optimizer: Any = kind(model.parameters(), lr=run.alpha[0], **how)

    def train(steps: int) -> None:
        for _, (x, y) in zip(range(steps), batches, strict=False):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        wait(device)

    return train


def matrix_products(runs: tuple[Run, ...], device: str) -> Train:
    """Prepare the five matrix products of a step of a net with one hidden layer, in preallocated tensors."""
    [run] = runs
    spec = find(run.dataset["name"])
    inputs, (hidden,), classes = math.prod(spec.shape), run.model["hidden"], spec.classes
    assert classes is not None, "a net that classifies"
    batch = run.batch_size

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, device=device)

    x, w1, h, w2 = (
        random(batch, inputs),
        random(hidden, inputs),
        random(batch, hidden),
        random(classes, hidden),
    )
    dz1, dz2 = random(batch, hidden), random(batch, classes)
    products = (
        (x, w1.T, random(batch, hidden)),
        (h, w2.T, random(batch, classes)),
        (dz2, w2, random(batch, hidden)),
        (dz2.T, h, random(classes, hidden)),
        (dz1.T, x, random(hidden, inputs)),
    )

    def train(steps: int) -> None:
        for _ in range(steps):
            for left, right, out in products:
                torch.mm(left, right, out=out)
        wait(device)

    return train


def minibatches(data: Data, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield shuffled minibatches forever; the last one of an epoch may be smaller."""
    while True:
        for rows in torch.randperm(len(data.train_x), device=data.train_x.device).split(batch_size):
            yield data.train_x[rows], data.train_y[rows]


def tower(run: Run) -> gdtuo.Optimizable:
    """Return a run's stack of gdtuo's optimizers, without clipping, which gdtuo does not have.

    If only alpha is tuned, gdtuo has separate rules for Adam and RMSProp.
    """
    above = gdtuo.NoOpOptimizer()
    levels = list(zip(run.stack, numbers_of(run), strict=True))
    for level, (name, numbers) in reversed(list(enumerate(levels))):
        alpha = float(numbers["alpha"])
        only_alpha = level == 0 and run.tune == ("alpha",)
        match name:
            case "sgd":
                above = gdtuo.SGD(alpha, float(numbers["momentum"]), optimizer=above)
            case "adam" if only_alpha:
                above = gdtuo.AdamBaydin(alpha, numbers["beta1"], numbers["beta2"], optimizer=above)
            case "adam":
                above = gdtuo.Adam(alpha, numbers["beta1"], numbers["beta2"], optimizer=above)
            case "adagrad":
                above = gdtuo.AdaGrad(alpha, optimizer=above)
            case "rmsprop" if only_alpha:
                above = gdtuo.RMSPropAlpha(alpha, numbers["gamma"], optimizer=above)
            case "rmsprop":
                above = gdtuo.RMSProp(alpha, numbers["gamma"], optimizer=above)
            case _:
                raise ValueError(f"{name}: gdtuo supports sgd, adam, adagrad and rmsprop")
    return above


class Images(MNIST):  # type: ignore[misc]
    """torchvision's MNIST, made from tensors instead of files; items are read and transformed as usual."""

    def __init__(self, data: Data) -> None:
        self.data = data.train_x.mul(255).round().to(torch.uint8).squeeze(1)
        self.targets = data.train_y
        self.transform, self.target_transform = ToTensor(), None


@contextmanager
def no_cycle_warning() -> Iterator[None]:
    """Suppress torch's warning that create_graph=True makes a reference cycle, since gdtuo requires it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Using backward.* with create_graph=True")
        yield


def wait(device: str) -> None:
    """Wait until the device has finished its work."""
    if device == "cuda":
        torch.cuda.synchronize()


def side_by_side(
    stack: str, device: str, pack: int, settings: Mapping[str, object], *, compiled: bool
) -> list[Subject]:
    """Return all subjects for a stack on a device; our pack is first, the floor is last."""
    bottom = stack.partition("/")[0]
    tuned, plain = runs_of(stack, pack, settings), runs_of(bottom, pack, settings)
    build, fused = partial(ours, compiled=compiled), partial(plain_torch, how={"fused": True})
    together = f"hyperopt, pack of {pack}"
    return [
        Subject("ours", together, tuned, device, build),
        Subject("alone", "hyperopt, alone", tuned[:1], device, build),
        Subject("without", f"{together}, no hyper level", plain, device, build),
        *gdtuo_loops(tuned[0], device),
        Subject("fused", "torch.optim, fused, no hyper level", plain[:1], device, fused),
        Subject("torch", "torch.optim, no hyper level", plain[:1], device, partial(plain_torch, how={})),
        Subject("floor", "matrix products", plain[:1], device, matrix_products),
    ]


def beside_gdtuo(
    stack: str, device: str, pack: int, settings: Mapping[str, object], *, compiled: bool
) -> list[Subject]:
    """Return our training in a pack and alone, and gdtuo with its data in memory."""
    runs, build = runs_of(stack, pack, settings), partial(ours, compiled=compiled)
    return [
        Subject("ours", f"hyperopt, pack of {pack}", runs, device, build),
        Subject("alone", "hyperopt, alone", runs[:1], device, build),
        *(loop for loop in gdtuo_loops(runs[0], device) if loop.role != "readme"),
    ]


def gdtuo_loops(run: Run, device: str) -> list[Subject]:
    """Return the three ways to train a run with gdtuo."""
    builds: dict[str, Build] = {
        "documented": partial(gdtuo_in_memory, create_graph=True),
        "gdtuo": partial(gdtuo_in_memory, create_graph=False),
        "readme": gdtuo_readme,
    }
    return [Subject(role, name, (run,), device, builds[role]) for role, name in GDTUO_LOOPS.items()]
