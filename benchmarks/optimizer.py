"""Times of `HyperOptimizer` and its peers, for results/optimizer_bench.md."""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
import torchvision
from gradient_descent_the_ultimate_optimizer import gdtuo
from prodigyopt import Prodigy
from schedulefree import AdamWScheduleFree
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.machine import machine
from benchmarks.rounds import Rounds, Say, Timed, in_turn
from benchmarks.workers import Train
from hyperopt.optim import HyperOptimizer
from hyperopt.pages.markdown import table

ALPHA, KAPPA = 1e-3, 1e-5
MIB = 2**20
CLASSES, CHARACTERS, BLOCK = 10, 65, 64


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 128), nn.Tanh(), nn.Linear(128, CLASSES))


def transformer() -> nn.Module:
    """Return a transformer over characters with twelve layers of width 128."""
    layer = nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, batch_first=True)
    layers = nn.TransformerEncoder(layer, 12, enable_nested_tensor=False)
    return nn.Sequential(nn.Embedding(CHARACTERS, 128), layers, nn.Linear(128, CHARACTERS))


def resnet18() -> nn.Module:
    module: nn.Module = torchvision.models.resnet18(num_classes=CLASSES)
    module.conv1, module.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    return module


@dataclass(frozen=True)
class Model:
    """A model that is trained on random data.

    Attributes:
        title: its title on the page.
        build: builds the model.
        shape: the shape of a batch of inputs.
        classes: the number of classes of each input, or of each character.
        how: how long it is timed.
    """

    title: str
    build: Callable[[], nn.Module]
    shape: tuple[int, ...]
    classes: int
    how: Rounds

    def batch(self) -> tuple[Tensor, Tensor]:
        """Return random inputs (characters, if the model reads them) and targets."""
        if self.classes == CHARACTERS:
            return torch.randint(CHARACTERS, self.shape), torch.randint(CHARACTERS, self.shape)
        return torch.randn(self.shape), torch.randint(CLASSES, self.shape[:1])


MODELS = {
    "mlp": Model("MNIST MLP 784-128-10", mlp, (32, 784), CLASSES, Rounds(15, 0.4, warm_up=60)),
    "transformer": Model(
        "A transformer over characters, 12 layers of 128",
        transformer,
        (8, BLOCK),
        CHARACTERS,
        Rounds(9, 0.4, warm_up=4),
    ),
    "resnet18": Model(
        "ResNet-18 with the CIFAR stem", resnet18, (32, 3, 32, 32), CLASSES, Rounds(7, 0.4, warm_up=2)
    ),
}

Parameters = Iterator[nn.Parameter]
FOREACH, FUSED = "torch.optim.Adam, foreach", "torch.optim.Adam, fused"


def stack(name: str, *, compiled: bool) -> Callable[[Parameters], torch.optim.Optimizer]:
    """Return a factory of a stack; its upper level, if any, has the rate KAPPA."""
    alphas = (ALPHA, KAPPA)[: name.count("/") + 1]
    return lambda p: HyperOptimizer(p, name, alphas, compile=compiled)


OPTIMIZERS: dict[str, Callable[[Parameters], torch.optim.Optimizer]] = {
    FOREACH: lambda p: torch.optim.Adam(p, ALPHA, foreach=True),
    FUSED: lambda p: torch.optim.Adam(p, ALPHA, fused=True),
    "HyperOptimizer adam, compiled": stack("adam", compiled=True),
    "HyperOptimizer adam/sgd, compiled": stack("adam/sgd", compiled=True),
    "HyperOptimizer adam/sgd": stack("adam/sgd", compiled=False),
    "HyperOptimizer adamw/sgd, compiled": stack("adamw/sgd", compiled=True),
    "schedulefree.AdamWScheduleFree": lambda p: AdamWScheduleFree(p, ALPHA),
    "prodigyopt.Prodigy": lambda p: Prodigy(p),
}
GDTUO = "gdtuo adam/sgd"
GDTUO_TRAINS = ("mlp", "resnet18")
"""gdtuo replaces parameters of modules by tensors, which torch's attention does not accept."""


@dataclass(frozen=True)
class Contender:
    """An optimizer, in OPTIMIZERS or GDTUO, that trains a model in MODELS."""

    optimizer: str
    model: str

    def prepare(self) -> Train:
        torch.set_num_threads(1)
        warnings.simplefilter("ignore")
        if self.optimizer.endswith("compiled"):  # compile without a cache, as in a user's first run
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = tempfile.mkdtemp()
        torch.manual_seed(0)
        module = MODELS[self.model].build()
        x, y = MODELS[self.model].batch()
        if self.optimizer == GDTUO:
            step = gdtuo_step(module)
        else:
            step = timed_step(OPTIMIZERS[self.optimizer](module.parameters()), module)

        def train(steps: int) -> float:
            return sum(step(x, y) for _ in range(steps))

        return train


Step = Callable[[Tensor, Tensor], float]
"""Trains a step and returns the processor seconds of the optimizer in it."""


def loss_of(outputs: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(outputs.flatten(0, -2), y.flatten())


def timed_step(opt: Any, module: nn.Module) -> Step:
    """Return a training step with a torch.optim.Optimizer."""
    if hasattr(opt, "train"):
        opt.train()

    def step(x: Tensor, y: Tensor) -> float:
        loss_of(module(x), y).backward()
        started = time.process_time()
        opt.step()
        took = time.process_time() - started
        opt.zero_grad()
        return took

    return step


def gdtuo_step(module: nn.Module) -> Step:
    """Return a training step as in gdtuo's README."""
    wrapper = gdtuo.ModuleWrapper(module, optimizer=gdtuo.Adam(ALPHA, optimizer=gdtuo.SGD(KAPPA)))
    wrapper.initialize()

    def step(x: Tensor, y: Tensor) -> float:
        wrapper.begin()
        loss = loss_of(wrapper.forward(x), y)
        wrapper.zero_grad()
        loss.backward(create_graph=True)
        started = time.process_time()
        wrapper.step()
        return time.process_time() - started

    return step


def page(say: Say, *, quick: bool) -> str:
    """Measure everything and return the page in Markdown; `quick` is a smoke test with the MLP only."""
    parts = [
        "# The optimizer beside its peers",
        "Made by `make bench ONLY=optimizer`. One thread, float32, random data, on the CPU. Every optimizer "
        "trains in a process of its own; they work in turn, round after round. Times are medians over rounds "
        'of processor time, "times" of ratios within a round; those of the optimizer are of its step alone. '
        '"Seconds before" are the wall clock of the first steps, in which the compiled ones compile from '
        'nothing: with `compile="auto"` the optimizer begins as the one that is not compiled, and compiles '
        'when that pays. "foreach" and "fused" are torch.optim.Adam\'s. The peak includes torch, the modules '
        "of the compiler where loaded, weights and activations; growth is resident memory after the last "
        "round less that after the first.",
        table(("", "machine"), machine(), left=("", "machine")),
    ]
    for name, model in MODELS.items():
        if quick and name != "mlp":
            continue
        how = Rounds(2, 0.0, inline=True) if quick else model.how
        optimizers = [*OPTIMIZERS, *([GDTUO] if name in GDTUO_TRAINS else [])]
        contenders = [Contender(optimizer, name) for optimizer in optimizers]
        found = in_turn(model.title, contenders, how, say)
        rows = {c.optimizer: timed for c, timed in zip(contenders, found, strict=True)}
        parts += [f"## {model.title}", rows_of(rows)]
    return "\n\n".join(parts) + "\n"


def rows_of(found: Mapping[str, Timed]) -> str:
    """Return a table with a row per optimizer."""
    whole = {name: [1e3 * s.cpu_seconds / s.steps for s in timed.samples] for name, timed in found.items()}
    alone = {name: [1e3 * s.part_seconds / s.steps for s in timed.samples] for name, timed in found.items()}
    header = [
        "optimizer",
        "ms a step",
        "times foreach",
        "ms in the optimizer",
        "times foreach",
        "times fused",
    ]
    header += ["peak, MiB", "MiB grown", "in steps", "seconds before"]
    rows = []
    for name, timed in found.items():
        first, *_, last = timed.samples
        rows.append(
            [
                name,
                f"{median(whole[name]):.2f}",
                f"{ratio(whole[name], whole[FOREACH]):.2f}",
                f"{median(alone[name]):.2f}",
                f"{ratio(alone[name], alone[FOREACH]):.2f}",
                f"{ratio(alone[name], alone[FUSED]):.2f}",
                f"{max(sample.peak for sample in timed.samples) / MIB:.0f}",
                f"{(last.memory - first.memory) / MIB:.1f}",
                f"{sum(sample.steps for sample in timed.samples[1:])}",
                f"{timed.warm_up.seconds:.1f}",
            ]
        )
    return table(header, rows, left=("optimizer",))


def ratio(above: list[float], below: list[float]) -> float:
    """Return the median ratio over rounds."""
    return median(a / b for a, b in zip(above, below, strict=True))
