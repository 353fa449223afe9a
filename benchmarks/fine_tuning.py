"""`python -m benchmarks.fine_tuning train`: fine-tuning of trained weights at small rates.

Models are first trained with torch's AdamW at 1e-3. Then AdamW, the default of `HyperOptimizer`, and additive
Adam over Adam continue from the same weights with the same minibatches. Results have the format of
benchmarks/defaults.py; `table` prints the table of docs/optimizer.md.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor, nn
from torchvision.transforms.functional import InterpolationMode, rotate

from benchmarks.defaults import ADAMW, Cell, Row, cells, held_out, optimizer_of, prepare_worker, read, study
from benchmarks.workloads import Task, Transformer, loss_of, mlp
from hyperopt.data import load
from hyperopt.pages.markdown import table

OPTIMIZERS = (ADAMW, "adamw/adam, x0.01, alpha alone", "adam/adam, 1e-3, clip")
"""The second is the default of `HyperOptimizer`."""
RATES = (1e-5, 1e-4, 1e-3)
"""The initial rates of fine-tuning; the last is that of the first training."""
FEW = 1_000
"""The number of images for fine-tuning; for text, a tenth as many rows."""


@dataclass(frozen=True)
class Workload:
    """A model, its first training and its fine-tuning.

    Attributes:
        title: its title in the table.
        build: builds the model.
        before: the steps and batch size of the first training.
        after: the steps and batch size of fine-tuning.
    """

    title: str
    build: Callable[[], nn.Module]
    before: tuple[int, int]
    after: tuple[int, int]


SMALL = partial(Transformer, 64, 2)
WORKLOADS = {
    "rotated": Workload("MLP, on 1,000 images turned by 15 degrees", mlp, (705, 256), (160, 64)),
    "on": Workload("transformer, on with the same text", SMALL, (300, 32), (150, 32)),
    "another": Workload("transformer, on 100 rows of other plays", SMALL, (300, 32), (150, 32)),
}
"""705 steps are three epochs of MNIST, 160 are ten epochs of 1,000 images, 150 are 48 epochs of 100 rows."""


@cache
def tasks(workload: str) -> tuple[Task, Task]:
    """Return the data of the first training and of fine-tuning, each with its own test rows."""
    if workload == "rotated":
        data = load("mnist")
        turned = [rotate(x, 15, InterpolationMode.BILINEAR) for x in (data.train_x[:FEW], data.test_x)]
        first = Task(data.train_x, data.train_y, data.test_x, data.test_y)
        return first, Task(turned[0], data.train_y[:FEW], turned[1], data.test_y)
    data, few = load("tinyshakespeare"), FEW // 10
    x, y = data.test_x.long(), data.test_y
    first = Task(data.train_x.long(), data.train_y, x[-256:], y[-256:])
    return first, first if workload == "on" else Task(x[:few], y[:few], x[-256:], y[-256:])


def train_on(net: nn.Module, optimizer: torch.optim.Optimizer, task: Task, minibatches: Tensor) -> None:
    """Train a step for each row of indices."""
    for rows in minibatches:
        optimizer.zero_grad()
        loss_of(net(task.train_x[rows]), task.train_y[rows]).backward()
        optimizer.step()


def drawn(task: Task, steps: int, batch: int, shorten: float) -> Tensor:
    """Return random indices of training rows, [steps, batch]."""
    return torch.randint(len(task.train_x), (max(2, round(steps * shorten)), batch))


@cache
def trained(workload: str, seed: int, shorten: float) -> nn.Module:
    """Return the model after its first training."""
    how, (task, _) = WORKLOADS[workload], tasks(workload)
    torch.manual_seed(seed)
    net = how.build()
    train_on(net, torch.optim.AdamW(net.parameters(), 1e-3), task, drawn(task, *how.before, shorten))
    return net


def train(cell: Cell, shorten: float) -> Row:
    """Fine-tune the weights of a seed; minibatches depend only on the seed, not on the optimizer."""
    how, (_, task) = WORKLOADS[cell.workload], tasks(cell.workload)
    net = how.build()
    net.load_state_dict(trained(cell.workload, cell.seed, shorten).state_dict())
    started, (before, _) = time.perf_counter(), held_out(net, task)
    torch.manual_seed(cell.seed)
    optimizer, minibatches = optimizer_of(cell, net.parameters()), drawn(task, *how.after, shorten)
    train_on(net, optimizer, task, minibatches)
    loss, error = held_out(net, task)
    rate, seconds = float(optimizer.param_groups[0]["lr"]), round(time.perf_counter() - started, 3)
    return Row(
        **vars(cell),
        loss_before=before,
        loss=loss,
        error=error,
        rate_after=rate,
        steps=len(minibatches),
        seconds=seconds,
        device="cpu",
    )


def page(rows: Sequence[Row]) -> str:
    """Return a table of mean held-out losses by workload, optimizer and rate, and of learned rates."""
    lines = []
    for name, how in WORKLOADS.items():
        for optimizer in OPTIMIZERS:
            of = [row for row in rows if (row.workload, row.optimizer) == (name, optimizer)]
            at = [[row for row in of if row.rate == rate] for rate in RATES]
            losses = [f"{fmean(row.loss for row in some):.3f}" for some in at]
            learned = [f"{fmean(row.rate_after for row in some):.1e}" for some in at]
            before = f"{fmean(row.loss_before for row in of):.3f}"
            lines.append([how.title, optimizer, before, *losses, *learned])
    heads = ["", "optimizer", "before", *(f"from {rate:g}" for rate in RATES)]
    heads += [f"rate after {rate:g}" for rate in RATES]
    return table(heads, lines, left=["", "optimizer"])


def main(argv: Sequence[str] | None = None) -> int:
    """Train, or print the table; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fine_tuning", description=__doc__)
    parser.add_argument("command", choices=("train", "table"))
    parser.add_argument("rows", type=Path, help="CSV file of results, appended to")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--shorten", type=float, default=1.0, help="share of the steps to train")
    asked = parser.parse_args(argv)
    if asked.command == "table":
        print(page(read(asked.rows)))
        return 0
    todo = sorted(
        cells(list(WORKLOADS), OPTIMIZERS, RATES, range(asked.seeds)), key=lambda cell: cell.workload
    )
    with ProcessPoolExecutor(1, get_context("spawn"), prepare_worker) as pool:
        return int(study(todo, asked.rows, partial(train, shorten=asked.shorten), pool, math.inf) > 0)


if __name__ == "__main__":
    raise SystemExit(main())
