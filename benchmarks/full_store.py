"""`python -m benchmarks.full_store 100000`: the cost of commands with a store of this many records.

The records are artificial, in packs of 16, in a temporary folder; nothing is trained. The first command reads
every file to build the index.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from tabulate import tabulate

from hyperopt.config import Run, resolve
from hyperopt.records import Record, Store

PACK = 16
SETTINGS = {"stack": "adam/sgd", "dataset.generated": True, "epochs": 5}
OVERRIDES = [f"{key}={str(value).lower()}" for key, value in SETTINGS.items()]


@dataclass(frozen=True)
class Cost:
    """The cost of a command: wall-clock seconds, processor seconds, and the peak of memory in megabytes."""

    seconds: float
    processor: float
    megabytes: float


def record(run: Run) -> Record:
    """Return an artificial record with as many numbers as a real one."""
    series = [0.1 * epoch + run.seed for epoch in range(run.epochs)]
    metrics = ("train_loss", "train_error", "test_loss", "test_error", "learning_rate")
    levels = ("0.alpha", "0.beta1", "0.beta2", "1.alpha")
    made = {"command": "hyperopt run -m seed=...", "device": "cpu", "cpu": "made up", "pack": str(PACK)}
    return Record(
        id=run.id,
        config=run.canonical(),
        metrics=dict.fromkeys(metrics, series),
        hyperparameters=dict.fromkeys(levels, series),
        final={"train_loss_full": 1.0},
        diverged=False,
        seconds=3.0 + run.seed % 7,
        steps=1175,
        made=made,
    )


def fill(home: Path, count: int) -> list[str]:
    """Write this many records; return their ids."""
    store, base = Store(home / "records"), resolve(SETTINGS)
    runs = [base.at(seed) for seed in range(count)]
    for start in range(0, count, PACK):
        pack = runs[start : start + PACK]
        name = sha256(" ".join(run.id for run in pack).encode()).hexdigest()[:16]
        store.write([record(run) for run in pack], name)
    return [run.id for run in runs]


def cost(home: Path, *words: str) -> Cost:
    """Return the cost of a `hyperopt` command with these arguments."""
    environment = os.environ | {"HYPEROPT_HOME": str(home)}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "hyperopt", *words], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, processor, after.ru_maxrss / 1000)


def main(count: int) -> None:
    """Fill a store and print the cost of each command."""
    with TemporaryDirectory(prefix="full-store-") as folder:
        home = Path(folder)
        ids = fill(home, count)
        commands = {
            "list, for the first time": ["list"],
            "list": ["list"],
            "show": ["show", ids[count // 2]],
            "a cached run": ["run", *OVERRIDES],
            "1,000 cached runs": ["run", "-m", *OVERRIDES, f"seed=range(0,{min(count, 1000)})"],
            "tables --plan": ["tables", "--plan"],
            "a plan of 10,000 runs": ["run", "-m", "seed=range(0,10000)", "--plan"],
            "a plan of 100,000 runs": ["run", "-m", "seed=range(0,100000)", "--plan"],
        }
        rows = [(name, *vars(cost(home, *words)).values()) for name, words in commands.items()]
    headers = ["command", "seconds", "of the processor", "MB at most so far"]
    print(tabulate(rows, headers=headers, floatfmt=("", ".2f", ".2f", ".0f")))


if __name__ == "__main__":
    main(int(sys.argv[1]))
