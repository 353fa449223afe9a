"""`python -m benchmarks.defaults train`: compares candidates for the defaults of `HyperOptimizer` with AdamW.

A cell of the study trains one workload with one optimizer, one initial rate and one seed. Results are
appended to a CSV file, and cells that are in it are not trained again.
"""

from __future__ import annotations

import argparse
import csv
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.workloads import WORKLOADS, Task, load, loss_of, prepare
from hyperopt.optim import HyperOptimizer

RATES = (1e-3, 1e-6, 1e-5, 1e-4, 1e-2, 1e-1, 1.0)
"""The initial rates of level 0, in the order in which they are tried."""
ADAMW = "AdamW"
"""The name of torch.optim.AdamW, which has its other defaults."""

CANDIDATES: dict[str, dict[str, Any]] = {
    "adam/sgd, 1e-5": {"stack": "adam/sgd", "alpha": 1e-5},
    "adamw/sgd, 1e-5": {"stack": "adamw/sgd", "alpha": 1e-5},
    "adamw/sgd, 3e-6": {"stack": "adamw/sgd", "alpha": 3e-6},
    "adamw/sgd, 1e-6": {"stack": "adamw/sgd", "alpha": 1e-6},
    "adamw/sgd, 1e-6, clip": {"stack": "adamw/sgd", "alpha": 1e-6, "clip": True},
    "adamw/sgd, 1e-7": {"stack": "adamw/sgd", "alpha": 1e-7},
    "adamw/sgd, x0.1": {"stack": "adamw/sgd", "alpha": 0.1, "multiplicative": True},
    "adamw/adam, 1e-5, alpha alone": {"stack": "adamw/adam", "alpha": 1e-5, "tune": "alpha"},
    "adam/adam, 1e-3": {"stack": "adam/adam", "alpha": 1e-3},
    "adam/adam, 1e-3, clip": {"stack": "adam/adam", "alpha": 1e-3, "clip": True},
    "adamw/adam, 1e-3": {"stack": "adamw/adam", "alpha": 1e-3},
    "adamw/adam, 1e-3, clip": {"stack": "adamw/adam", "alpha": 1e-3, "clip": True},
    "adamw/adam, x0.01": {"stack": "adamw/adam", "alpha": 0.01, "multiplicative": True},
    "adamw/adam, x0.01, clip": {"stack": "adamw/adam", "alpha": 0.01, "multiplicative": True, "clip": True},
} | {
    f"adamw/adam, x{alpha:g}, alpha alone": {
        "stack": "adamw/adam",
        "alpha": alpha,
        "multiplicative": True,
        "tune": "alpha",
    }
    for alpha in (0.01, 0.03)
}
"""The arguments of `HyperOptimizer` by name: stack, top rate ("x" if multiplicative), and other options."""


@dataclass(frozen=True)
class Cell:
    """A training."""

    workload: str
    optimizer: str
    rate: float
    seed: int


@dataclass(frozen=True)
class Row(Cell):
    """The result of a training.

    Attributes:
        loss_before: the loss on held-out rows before training.
        loss: the loss on held-out rows after training.
        error: the error on held-out rows after training, in percent.
        rate_after: the learned rate after training; for AdamW, the initial one.
        steps: the number of steps.
        seconds: the wall-clock time.
        device: "cpu" or "cuda".
    """

    loss_before: float
    loss: float
    error: float
    rate_after: float
    steps: int
    seconds: float
    device: str

    @property
    def diverged(self) -> bool:
        """Whether training did not lower the loss, or made it NaN."""
        return not self.loss <= self.loss_before


def optimizer_of(cell: Cell, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """Return the optimizer of a cell."""
    if cell.optimizer == ADAMW:
        return torch.optim.AdamW(parameters, cell.rate)
    return HyperOptimizer(parameters, lr=cell.rate, compile=False, **CANDIDATES[cell.optimizer])


@cache
def _task(workload: str, folder: Path, device: str) -> Task:
    return load(workload, folder, device)


def held_out(net: torch.nn.Module, task: Task) -> tuple[float, float]:
    """Return the loss and error on held-out rows; batch normalization uses the statistics of these rows."""
    with torch.no_grad():
        outputs = torch.cat([net(x) for x in task.test_x.split(256)])
        wrong = (outputs.argmax(1) != task.test_y).float().mean()
        return float(loss_of(outputs, task.test_y)), 100 * float(wrong)


def train(cell: Cell, folder: Path, device: str, shorten: float) -> Row:
    """Train a cell; initial weights and minibatches depend only on its seed, not on the optimizer.

    Args:
        cell: the cell.
        folder: the folder of the workloads' data.
        device: "cpu", "cuda", or "auto" for the workload's preferred one.
        shorten: the share of the workload's steps to train.
    """
    workload = WORKLOADS[cell.workload]
    on = "cuda" if device == "auto" and workload.on_gpu and torch.cuda.is_available() else "cpu"
    on = on if device == "auto" else device
    task = _task(cell.workload, folder, on)
    started, steps = time.perf_counter(), max(2, round(workload.steps * shorten))
    torch.manual_seed(cell.seed)
    net = workload.build().to(on)
    drawn = torch.randint(len(task.train_x), (steps, workload.batch)).to(on)
    before, _ = held_out(net, task)
    optimizer = optimizer_of(cell, net.parameters())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # rates that turn negative are in the results
        for rows in drawn:
            optimizer.zero_grad()
            loss_of(net(task.train_x[rows]), task.train_y[rows]).backward()
            optimizer.step()
    loss, error = held_out(net, task)
    rate = float(optimizer.param_groups[0]["lr"])
    seconds = round(time.perf_counter() - started, 3)
    return Row(
        **vars(cell),
        loss_before=before,
        loss=loss,
        error=error,
        rate_after=rate,
        steps=steps,
        seconds=seconds,
        device=on,
    )


def cells(
    workloads: Sequence[str], optimizers: Sequence[str], rates: Sequence[float], seeds: Sequence[int]
) -> list[Cell]:
    """Return all cells by seed and rate; workloads alternate, so that every device is busy."""
    return [
        Cell(workload, optimizer, rate, seed)
        for seed in seeds
        for rate in rates
        for optimizer in optimizers
        for workload in workloads
    ]


def read(path: Path) -> list[Row]:
    """Read the results of a file; [] if it does not exist."""
    if not path.exists():
        return []
    types = {field.name: {"str": str, "int": int, "float": float}[str(field.type)] for field in fields(Row)}
    with path.open(newline="") as file:
        return [Row(**{k: types[k](v) for k, v in row.items()}) for row in csv.DictReader(file)]


def study(
    todo: Sequence[Cell], out: Path, train_one: Callable[[Cell], Row], pool: Executor, budget: float
) -> int:
    """Train cells that are not in the file yet; return the number of failed trainings.

    Args:
        todo: the cells.
        out: the CSV file, to which results are appended.
        train_one: trains a cell.
        pool: the executor.
        budget: the seconds after which no further training begins.
    """
    known = {Cell(row.workload, row.optimizer, row.rate, row.seed) for row in read(out)}
    missing, fresh = [cell for cell in todo if cell not in known], not out.exists()
    started, failed = time.monotonic(), 0
    with out.open("a", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        if fresh:
            writer.writeheader()
        futures = {pool.submit(train_one, cell): cell for cell in missing}
        for done, future in enumerate(as_completed(futures), 1):
            if future.cancelled():
                continue
            if error := future.exception():
                failed += 1
                print(f"{futures[future]}: {type(error).__name__}: {error}", flush=True)
            else:
                writer.writerow(asdict(future.result()))
                file.flush()
            seconds = time.monotonic() - started
            if not done % 50:
                print(f"{done} of {len(missing)} trained, {seconds:.0f} s", flush=True)
            if seconds > budget:
                for waiting in futures:
                    waiting.cancel()
    return failed


def prepare_worker() -> None:
    """Set up a worker process: one thread, denormals flushed, TF32 on a GPU."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True


def main(argv: Sequence[str] | None = None) -> int:
    """Prepare data, train, or print results; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.defaults", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    data = commands.add_parser("data", help="write the files of the workloads")
    data.add_argument("--text", type=Path, help="tinyshakespeare, plain or gzipped; downloaded by default")
    trains = commands.add_parser("train", help="train what is not in the file of results yet")
    shows = commands.add_parser("table", help="print the tables of docs/optimizer.md")
    shows.add_argument("rows", type=Path, help="CSV file of results")
    for command in (data, trains):
        command.add_argument("--data", type=Path, required=True, help="folder of the workloads' files")
    trains.add_argument("--out", type=Path, required=True, help="CSV file of results, appended to")
    trains.add_argument("--jobs", type=int, default=1, help="processes")
    trains.add_argument("--budget", type=float, default=float("inf"), help="seconds after which none begins")
    trains.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    trains.add_argument("--seeds", type=int, default=3)
    trains.add_argument("--shorten", type=float, default=1.0, help="share of the steps to train")
    trains.add_argument("--workloads", nargs="*", choices=WORKLOADS, default=list(WORKLOADS))
    trains.add_argument("--optimizers", nargs="*", choices=(ADAMW, *CANDIDATES), default=[ADAMW, *CANDIDATES])
    trains.add_argument("--rates", nargs="*", type=float, default=RATES)
    asked = parser.parse_args(argv)
    if asked.command == "data":
        prepare(asked.data, asked.text)
        return 0
    if asked.command == "table":
        from benchmarks.defaults_page import page

        print(page(read(asked.rows)))
        return 0
    todo = cells(asked.workloads, asked.optimizers, asked.rates, range(asked.seeds))
    one = partial(train, folder=asked.data, device=asked.device, shorten=asked.shorten)
    with ProcessPoolExecutor(asked.jobs, get_context("spawn"), prepare_worker) as pool:
        return int(study(todo, asked.out, one, pool, asked.budget) > 0)


if __name__ == "__main__":
    raise SystemExit(main())
