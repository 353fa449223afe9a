"""Steps of torch.optim.Adam, HyperOptimizer and gdtuo side by side: on the CPU, batch 32, one thread.

    python benchmarks/optimizer.py              everything, about five minutes, to results/optimizer_bench.md
    python benchmarks/optimizer.py --quick      a few steps of each, printed only

Each contender trains in a process of its own on the same random data: some steps unmeasured (they compile),
then the measured ones. Times are medians of processor time, which other work on the machine changes little;
the peak is the largest resident memory of the process during the measured steps; growth is resident memory
after 1,000 more steps less that before them.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torchvision
from gradient_descent_the_ultimate_optimizer import gdtuo
from torch import Tensor, nn
from torch.nn import functional as F

from hyperopt.optim import HyperOptimizer

BATCH, CLASSES = 32, 10
ALPHA, KAPPA = 1e-3, 1e-5
PAGE = Path(__file__).resolve().parent.parent / "results" / "optimizer_bench.md"
GROWTH_STEPS = 1000

MODELS: dict[str, tuple[str, tuple[int, ...], tuple[int, int]]] = {
    "mlp": ("MNIST MLP 784-128-10", (784,), (60, 400)),
    "resnet18": ("ResNet-18 with the CIFAR stem, 3x32x32", (3, 32, 32), (2, 5)),
    "resnet18_lean": (
        "ResNet-18 with the ImageNet stem, 3x32x32: little arithmetic per weight",
        (3, 32, 32),
        (3, 9),
    ),
}
"""Name, shape of an input, and how many steps are unmeasured and measured."""

Parameters = Iterator[nn.Parameter]
OPTIMIZERS: dict[str, Callable[[Parameters], torch.optim.Optimizer]] = {
    "torch.optim.Adam, foreach": lambda p: torch.optim.Adam(p, ALPHA, foreach=True),
    "torch.optim.Adam, fused": lambda p: torch.optim.Adam(p, ALPHA, fused=True),
    "HyperOptimizer adam": lambda p: HyperOptimizer(p, "adam", ALPHA),
    "HyperOptimizer adam/sgd": lambda p: HyperOptimizer(p, "adam/sgd", (ALPHA, KAPPA)),
    "HyperOptimizer adam/sgd, eager": lambda p: HyperOptimizer(p, "adam/sgd", (ALPHA, KAPPA), compile=False),
}
GDTUO = "gdtuo adam/sgd"


def model(name: str) -> nn.Module:
    torch.manual_seed(0)
    if name == "mlp":
        return nn.Sequential(nn.Linear(784, 128), nn.Tanh(), nn.Linear(128, CLASSES))
    module = torchvision.models.resnet18(num_classes=CLASSES)
    if name == "resnet18":
        module.conv1, module.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    return module


def steps(contender: str, module: nn.Module, x: Tensor, y: Tensor) -> Iterator[float]:
    """Train; yields the seconds that each optimizer step takes."""
    if contender == GDTUO:
        yield from gdtuo_steps(module, x, y)
        return
    opt = OPTIMIZERS[contender](module.parameters())
    while True:
        F.cross_entropy(module(x), y).backward()
        start = time.process_time()
        opt.step()
        took = time.process_time() - start
        opt.zero_grad()
        yield took


def gdtuo_steps(module: nn.Module, x: Tensor, y: Tensor) -> Iterator[float]:
    """The loop of gdtuo's README."""
    wrapper = gdtuo.ModuleWrapper(module, optimizer=gdtuo.Adam(ALPHA, optimizer=gdtuo.SGD(KAPPA)))
    wrapper.initialize()
    while True:
        wrapper.begin()
        loss = F.cross_entropy(wrapper.forward(x), y)
        wrapper.zero_grad()
        loss.backward(create_graph=True)
        start = time.process_time()
        wrapper.step()
        yield time.process_time() - start


def measure(contender: str, name: str, *, quick: bool) -> dict[str, float]:
    """Milliseconds of a step and of the optimizer in it, seconds to the first measured one, megabytes."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    _, shape, (unmeasured, measured) = MODELS[name]
    if quick:
        unmeasured, measured = 2, 3
    module = model(name)
    x, y = torch.randn(BATCH, *shape), torch.randint(CLASSES, (BATCH,))
    training = steps(contender, module, x, y)
    begun = time.perf_counter()
    for _ in range(unmeasured):
        next(training)
    ready = time.perf_counter() - begun
    Path("/proc/self/clear_refs").write_text("5")
    whole, own = [], []
    for _ in range(measured):
        start = time.process_time()
        own.append(next(training))
        whole.append(time.process_time() - start)
    found = {
        "step": 1e3 * statistics.median(whole),
        "optimizer": 1e3 * statistics.median(own),
        "ready": ready,
        "peak": megabytes("VmHWM"),
    }
    if name == "mlp" and not quick:
        before = megabytes("VmRSS")
        for _ in range(GROWTH_STEPS):
            next(training)
        found["growth"] = megabytes("VmRSS") - before
    return found


def megabytes(field: str) -> float:
    """A memory field of this process (Linux)."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def table(name: str, found: dict[str, dict[str, float]]) -> str:
    title, *_ = MODELS[name]
    foreach, fused = (found[f"torch.optim.Adam, {kind}"]["step"] for kind in ("foreach", "fused"))
    columns = ["optimizer", "ms a step", "times foreach", "times fused", "ms in the optimizer", "peak MB"]
    columns += ["MB grown in 1,000 steps", "s before"]
    lines = [f"## {title}", "", f"| {' | '.join(columns)} |", f"|---{'|---:' * (len(columns) - 1)}|"]
    for contender, row in found.items():
        growth = f"{row['growth']:.1f}" if "growth" in row else ""
        lines.append(
            f"| {contender} | {row['step']:.2f} | {row['step'] / foreach:.2f} | {row['step'] / fused:.2f} "
            f"| {row['optimizer']:.2f} | {row['peak']:.0f} | {growth} | {row['ready']:.1f} |"
        )
    return "\n".join(lines)


def page(tables: list[str]) -> str:
    machine = f"torch {torch.__version__}, {platform.machine()}, one thread, batch {BATCH}, float32"
    header = f"""# The optimizer beside its peers

`python benchmarks/optimizer.py`, {machine}.
Medians of processor time over the measured steps, each optimizer in a process of its own; "s before" are the
seconds that the unmeasured steps before them took, in which HyperOptimizer compiles (`compile="auto"`; what
was compiled once lies in torch's cache). "foreach" and "fused" are torch.optim.Adam's. The peak includes
torch, the compiler's modules where they are loaded, weights and activations."""
    return "\n\n".join([header, *tables]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument(
        "--one", nargs=2, metavar=("CONTENDER", "MODEL"), help="measure one, print it as JSON"
    )
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one, quick=options.quick)))
        return
    tables = []
    for name in MODELS:
        found = {}
        for contender in [*OPTIMIZERS, GDTUO]:
            command = [
                sys.executable,
                __file__,
                "--one",
                contender,
                name,
                *(["--quick"] if options.quick else []),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{contender} on {name} failed:\n{done.stderr[-2000:]}", file=sys.stderr)
                continue
            found[contender] = json.loads(done.stdout.splitlines()[-1])
            print(f"{name:9} {contender:31} {found[contender]['step']:9.2f} ms a step", flush=True)
        if {"torch.optim.Adam, foreach", "torch.optim.Adam, fused"} <= found.keys():
            tables.append(table(name, found))
    if options.quick:
        print("\n\n".join(tables))
    else:
        PAGE.write_text(page(tables))
        print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
