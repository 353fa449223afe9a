"""`hyperopt bench`: how fast training is here."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tabulate import tabulate

from hyperopt.cli.train import engine_options
from hyperopt.config import resolve
from hyperopt.errors import ConfigError, shown
from hyperopt.records import Store
from hyperopt.sweep import Sweep, parse

if TYPE_CHECKING:
    from argparse import Namespace

PACKS = (1, 4, 8, 16)


def bench(arguments: Namespace) -> int:
    """Train an epoch on random data in packs of several sizes; print the milliseconds per run and step.

    One pack at a time; compiling and evaluation are left out.
    """
    settings, process = parse(arguments.overrides)
    for key, value in settings.items():
        if isinstance(value, Sweep) or key == "alpha":
            raise ConfigError(
                f"{key}={shown(value)}: bench takes one value of each key, and sets alpha itself."
            )
    runs = [
        resolve({"epochs": 1, "dataset.generated": True, **settings, "alpha": 1e-6 * (i + 1)})
        for i in range(max(PACKS))
    ]

    from hyperopt.engine.execute import execute
    from hyperopt.engine.plan import plan
    from hyperopt.progress import Silent

    rows = []
    for size in PACKS:
        options = engine_options({**process, "workers": 1, "pack": size})
        with TemporaryDirectory() as folder:
            outcome = execute(
                plan(runs[:size], set(), options), Store(Path(folder) / "records"), options, Silent()
            )
        for _, message in outcome.failures:
            print(f"pack of {size} failed: {message}")
            return 1
        record = outcome.records[runs[0].id]
        rows.append([size, 1e3 * record.seconds / record.steps, record.seconds])
    run = runs[0]
    what = ("/".join(run.stack), run.model["name"], run.dataset["name"], f"batch {run.batch_size}")
    print(", ".join((*what, options.resolved_device())))
    print(
        tabulate(
            rows,
            headers=["runs in a pack", "ms per run and step", "seconds per run and epoch"],
            floatfmt=".3g",
        )
    )
    return 0
