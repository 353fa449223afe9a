"""`hyperopt bench`: a quick measurement of training speed; `make bench` compares it with its peers."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from tabulate import tabulate

from hyperopt.cli.selection_words import few
from hyperopt.cli.train import engine_options
from hyperopt.config import Run, resolve
from hyperopt.config.process_options import PROCESS_KEYS
from hyperopt.config.sweep import Sweep, parse
from hyperopt.errors import ConfigError, shortened, typed

if TYPE_CHECKING:
    from argparse import Namespace

    from hyperopt.engine.options import Options

READ = ("device", "pack", "compile")
"""The process options that it reads."""
ROUNDS, STEPS, WARM_UP = 5, 10, 2


def bench(arguments: Namespace) -> int:
    """Train a few steps on random data, alone and in a pack; print the milliseconds per run and step.

    The pack has the size that a plan would choose, or `pack=`. Compiling and evaluation are excluded.
    """
    for override in arguments.overrides:
        if override.partition("=")[0] in {*PROCESS_KEYS} - {*READ}:
            raise ConfigError(f"{shortened(override)}: bench reads none of how one trains but {few(READ)}.")
    settings, process = parse(arguments.overrides)
    for key, value in settings.items():
        if isinstance(value, Sweep) or key == "alpha":
            raise ConfigError(
                f"{typed(key, value)}: bench takes one value of each key, and sets alpha itself."
            )

    def run(i: int) -> Run:
        return resolve({"dataset.generated": True, **settings, "alpha": 1e-6 * (i + 1)})

    first = run(0)

    from hyperopt.engine.costs import largest_pack
    from hyperopt.engine.step_times import assumed

    options = engine_options(process)
    device = options.resolved_device()
    most = options.pack or largest_pack(first, device)
    rows = [(size, milliseconds(tuple(map(run, range(size))), options)) for size in dict.fromkeys((1, most))]
    print(", ".join(("/".join(first.stack), first.model["name"], first.dataset["name"])), end=", ")
    print(f"batch {first.batch_size}, {device}")
    print(tabulate(rows, headers=["runs in a pack", "ms per run and step"], floatfmt=".3g"))
    step = assumed(first, device, compiled=options.compile is not False).seconds(most)
    print(f"plans assume {1e3 * step / most:.3g} ms in such a pack until there are records to go by")
    return 0


def milliseconds(runs: tuple[Run, ...], options: Options) -> float:
    """Return the median milliseconds per run and step of a pack, excluding the first, compiling steps."""
    from hyperopt.engine.pack import Pack, data_of
    from hyperopt.engine.process import prepare_process
    from hyperopt.engine.speed import SteppedTraining

    prepare_process()
    device = options.resolved_device()
    data = data_of(runs[0], device)
    training = SteppedTraining(Pack(runs), data, device, compiled=options.compile is not False)
    training.advance(WARM_UP)
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        training.advance(STEPS)
        seconds.append(time.perf_counter() - started)
    return 1e3 * median(seconds) / STEPS / len(runs)
