"""What is measured: our training, gdtuo's, torch.optim's, and the bare matrix products of a step."""

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
"""By role, what the page calls it."""


@dataclass(frozen=True)
class Subject:
    """One thing to measure.

    Attributes:
        role: which of the subjects it is, see `side_by_side` and `beside_gdtuo`.
        name: what the page calls it.
        runs: trained together; peers train one.
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
    """So many runs of a stack at its default rates and one seed, the top rate a little different in each.

    They share initial weights and minibatches, as those of the reports' tables do.
    """
    *below, top = resolve({**settings, "stack": stack}).alpha
    rates = ["/".join(map(repr, (*below, top * (1 + i / 100)))) for i in range(size)]
    return tuple(resolve({**settings, "stack": stack, "alpha": alpha}) for alpha in rates)


def model_of(run: Run, device: str) -> torch.nn.Module:
    """A run's model."""
    spec = find(run.dataset["name"])
    return models.build(run.model, spec.shape, spec.classes).to(device)


def ours(runs: tuple[Run, ...], device: str, *, compiled: bool = True) -> Train:
    """Our engine."""
    prepare_process()
    return SteppedTraining(Pack(runs), data_of(runs[0], device), device, compiled).advance


def gdtuo_in_memory(runs: tuple[Run, ...], device: str, *, create_graph: bool) -> Train:
    """gdtuo, its data one tensor that each step indexes."""
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
    """gdtuo as its README trains: torchvision's images through a DataLoader, the loss summed as a number."""
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
    """torch.optim, no hyper level, its data one tensor that each step indexes; `how` is what torch takes."""
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
    """The five matrix products of a step of a net with one hidden layer, into preallocated tensors."""
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
    """Shuffled minibatches without end; the last of an epoch may be smaller."""
    while True:
        for rows in torch.randperm(len(data.train_x), device=data.train_x.device).split(batch_size):
            yield data.train_x[rows], data.train_y[rows]


def tower(run: Run) -> gdtuo.Optimizable:
    """A run's stack as gdtuo builds it; gdtuo cannot clip.

    Where only alpha is tuned, it has rules of their own for Adam and RMSProp.
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
                raise ValueError(f"{name}: gdtuo has sgd, adam, adagrad and rmsprop")
    return above


class Images(MNIST):  # type: ignore[misc]
    """torchvision's MNIST made from tensors instead of files; an item is read and transformed as ever."""

    def __init__(self, data: Data) -> None:
        self.data = data.train_x.mul(255).round().to(torch.uint8).squeeze(1)
        self.targets = data.train_y
        self.transform, self.target_transform = ToTensor(), None


@contextmanager
def no_cycle_warning() -> Iterator[None]:
    """Without torch's warning that create_graph=True makes a reference cycle: gdtuo asks for it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Using backward.* with create_graph=True")
        yield


def wait(device: str) -> None:
    """Until the device has done what it was told."""
    if device == "cuda":
        torch.cuda.synchronize()


def side_by_side(
    stack: str, device: str, pack: int, settings: Mapping[str, object], *, compiled: bool
) -> list[Subject]:
    """All subjects of one stack on one device, ours in a pack first, the floor last."""
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
    """Ours in a pack and alone, and gdtuo with its data in memory."""
    runs, build = runs_of(stack, pack, settings), partial(ours, compiled=compiled)
    return [
        Subject("ours", f"hyperopt, pack of {pack}", runs, device, build),
        Subject("alone", "hyperopt, alone", runs[:1], device, build),
        *(loop for loop in gdtuo_loops(runs[0], device) if loop.role != "readme"),
    ]


def gdtuo_loops(run: Run, device: str) -> list[Subject]:
    """The three ways to train a run with gdtuo."""
    builds: dict[str, Build] = {
        "documented": partial(gdtuo_in_memory, create_graph=True),
        "gdtuo": partial(gdtuo_in_memory, create_graph=False),
        "readme": gdtuo_readme,
    }
    return [Subject(role, name, (run,), device, builds[role]) for role, name in GDTUO_LOOPS.items()]
