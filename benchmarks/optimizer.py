"""Steps of `HyperOptimizer` beside torch.optim.Adam and gdtuo: what results/optimizer_bench.md shows."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

import torch
import torchvision
from gradient_descent_the_ultimate_optimizer import gdtuo
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.machine import machine
from benchmarks.rounds import Rounds, Say, Timed, in_turn
from benchmarks.workers import Train
from hyperopt.optim import HyperOptimizer
from hyperopt.pages.markdown import table

BATCH, CLASSES = 32, 10
ALPHA, KAPPA = 1e-3, 1e-5
MIB = 2**20


@dataclass(frozen=True)
class Model:
    """A net that is trained on random data.

    Attributes:
        title: what the page calls it.
        shape: of an input.
        how: long it is timed.
    """

    title: str
    shape: tuple[int, ...]
    how: Rounds


MODELS = {
    "mlp": Model("MNIST MLP 784-128-10", (784,), Rounds(15, 0.4, warm_up=60)),
    "resnet18": Model("ResNet-18 with the CIFAR stem, 3x32x32", (3, 32, 32), Rounds(5, 0.4, warm_up=2)),
    "resnet18_lean": Model(
        "ResNet-18 with the ImageNet stem, 3x32x32: little arithmetic per weight",
        (3, 32, 32),
        Rounds(9, 0.4, warm_up=3),
    ),
}

Parameters = Iterator[nn.Parameter]
OPTIMIZERS: dict[str, Callable[[Parameters], torch.optim.Optimizer]] = {
    "torch.optim.Adam, foreach": lambda p: torch.optim.Adam(p, ALPHA, foreach=True),
    "torch.optim.Adam, fused": lambda p: torch.optim.Adam(p, ALPHA, fused=True),
    "HyperOptimizer adam": lambda p: HyperOptimizer(p, "adam", ALPHA),
    "HyperOptimizer adam/sgd": lambda p: HyperOptimizer(p, "adam/sgd", (ALPHA, KAPPA)),
    "HyperOptimizer adam/sgd, eager": lambda p: HyperOptimizer(p, "adam/sgd", (ALPHA, KAPPA), compile=False),
}
GDTUO = "gdtuo adam/sgd"


@dataclass(frozen=True)
class Contender:
    """An optimizer, one of OPTIMIZERS or GDTUO, that trains one of MODELS."""

    optimizer: str
    model: str

    def prepare(self) -> Train:
        torch.set_num_threads(1)
        warnings.simplefilter("ignore")
        module, shape = built(self.model), MODELS[self.model].shape
        x, y = torch.randn(BATCH, *shape), torch.randint(CLASSES, (BATCH,))
        step = gdtuo_step(module) if self.optimizer == GDTUO else torch_step(self.optimizer, module)

        def train(steps: int) -> float:
            return sum(step(x, y) for _ in range(steps))

        return train


Step = Callable[[Tensor, Tensor], float]
"""A step of training; returns the processor seconds of the optimizer in it."""


def built(name: str) -> nn.Module:
    """One of MODELS."""
    torch.manual_seed(0)
    if name == "mlp":
        return nn.Sequential(nn.Linear(784, 128), nn.Tanh(), nn.Linear(128, CLASSES))
    module: nn.Module = torchvision.models.resnet18(num_classes=CLASSES)
    if name == "resnet18":
        module.conv1, module.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    return module


def torch_step(optimizer: str, module: nn.Module) -> Step:
    """As any torch.optim.Optimizer is used."""
    opt = OPTIMIZERS[optimizer](module.parameters())

    def step(x: Tensor, y: Tensor) -> float:
        F.cross_entropy(module(x), y).backward()
        started = time.process_time()
        opt.step()
        took = time.process_time() - started
        opt.zero_grad()
        return took

    return step


def gdtuo_step(module: nn.Module) -> Step:
    """As gdtuo's README has it."""
    wrapper = gdtuo.ModuleWrapper(module, optimizer=gdtuo.Adam(ALPHA, optimizer=gdtuo.SGD(KAPPA)))
    wrapper.initialize()

    def step(x: Tensor, y: Tensor) -> float:
        wrapper.begin()
        loss = F.cross_entropy(wrapper.forward(x), y)
        wrapper.zero_grad()
        loss.backward(create_graph=True)
        started = time.process_time()
        wrapper.step()
        return time.process_time() - started

    return step


def page(say: Say, *, quick: bool) -> str:
    """Everything measured, as Markdown; `quick` is a smoke test of the MLP alone."""
    parts = [
        "# The optimizer beside its peers",
        f"Made by `make bench ONLY=optimizer`. One thread, batch {BATCH}, float32, random data, on the CPU. "
        "Every optimizer trains in a process of its own; they work in turn, round after round. Times are "
        'medians over rounds of processor time; "seconds before" are the wall clock of the first steps, not '
        'in them: HyperOptimizer compiles there (`compile="auto"`; what was compiled once lies in torch\'s '
        "cache). "
        '"foreach" and "fused" are torch.optim.Adam\'s. The peak includes torch, the compiler\'s modules '
        "where they are loaded, weights and activations; growth is resident memory after the last round less "
        "that after the first.",
        table(("", "machine"), machine(), left=("", "machine")),
    ]
    for name, model in MODELS.items():
        if quick and name != "mlp":
            continue
        how = Rounds(2, 0.0, inline=True) if quick else model.how
        contenders = [Contender(optimizer, name) for optimizer in (*OPTIMIZERS, GDTUO)]
        found = in_turn(model.title, contenders, how, say)
        rows = {c.optimizer: timed for c, timed in zip(contenders, found, strict=True)}
        parts += [f"## {model.title}", rows_of(rows)]
    return "\n\n".join(parts) + "\n"


def rows_of(found: Mapping[str, Timed]) -> str:
    """A row an optimizer."""
    steps = {name: processor_ms(timed) for name, timed in found.items()}
    foreach, fused = (steps[f"torch.optim.Adam, {kind}"] for kind in ("foreach", "fused"))
    header = ["optimizer", "ms a step", "times foreach", "times fused", "ms in the optimizer", "peak, MiB"]
    header += ["MiB grown", "in steps", "seconds before"]
    rows = []
    for name, timed in found.items():
        own = [1e3 * sample.part_seconds / sample.steps for sample in timed.samples]
        first, *_, last = timed.samples
        rows.append(
            [
                name,
                f"{median(steps[name]):.2f}",
                f"{ratio(steps[name], foreach):.2f}",
                f"{ratio(steps[name], fused):.2f}",
                f"{median(own):.2f}",
                f"{max(sample.peak for sample in timed.samples) / MIB:.0f}",
                f"{(last.memory - first.memory) / MIB:.1f}",
                f"{sum(sample.steps for sample in timed.samples[1:])}",
                f"{timed.warm_up.seconds:.1f}",
            ]
        )
    return table(header, rows, left=("optimizer",))


def processor_ms(timed: Timed) -> list[float]:
    """Milliseconds of processor time of a step, by round."""
    return [1e3 * sample.cpu_seconds / sample.steps for sample in timed.samples]


def ratio(above: list[float], below: list[float]) -> float:
    """The median over rounds."""
    return median(a / b for a, b in zip(above, below, strict=True))
