"""`python -m benchmarks`: measure, and write results/bench.md, bench.csv and bench.json."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.machine import machine
from benchmarks.measure import STACKS, Effort, Say, cnn_times, compiling, pack_sizes, step_times
from benchmarks.page import page
from benchmarks.results import Results, to_csv, to_json
from benchmarks.whole_table import whole_table
from hyperopt.data import DataError, prepare
from hyperopt.engine.costs import COMPILE_SECONDS
from hyperopt.files import results_dir
from hyperopt.models import MODELS, Model

TABLE = "clipping/table2"
REAL: dict[str, object] = {"dataset": "mnist"}
GENERATED: dict[str, object] = {"dataset": "mnist", "dataset.generated": True}
GENERATED_ROWS = 20_000
CNN: dict[str, object] = {
    "model": "cnn",
    "dataset": "cifar10",
    "dataset.normalize": "global",
    "dataset.generated": True,
    "dataset.train": 10_000,
}
FEW_ROWS = {"batch_size": 16, "dataset.train": 64, "dataset.test": 16}
QUICK = Effort(GENERATED, {**CNN, **FEW_ROWS}, rounds=2, seconds=0.0, sizes=(1, 2), pack=2, inline=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and write; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure training speed beside peers."
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a smoke test: generated data, a few steps, its times mean nothing",
    )
    parser.add_argument("--table", action="store_true", help=f"also train the whole of {TABLE} (minutes)")
    parser.add_argument(
        "--out", type=Path, default=results_dir(), help="folder for bench.md, bench.csv, bench.json"
    )
    arguments = parser.parse_args(argv)
    started = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - started:5.0f} s  {what}", file=sys.stderr, flush=True)

    effort, data = (QUICK, "generated") if arguments.quick else real_or_generated(say)
    results = measure(effort, data, say)
    if arguments.table:
        results = replace(results, table=whole_table(TABLE, (), effort, say))
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, text in (("md", page(results)), ("csv", to_csv(results)), ("json", to_json(results))):
        (arguments.out / f"bench.{name}").write_text(text, encoding="utf-8")
    say(f"written to {arguments.out / 'bench.md'}")
    return 0


def real_or_generated(say: Say) -> tuple[Effort, str]:
    """Full effort on MNIST, or on generated data where MNIST cannot be had."""
    try:
        prepare("mnist")
    except DataError as error:
        say(f"on generated data: {error}")
        return Effort({**GENERATED, "dataset.train": GENERATED_ROWS}, CNN), "generated"
    return Effort(REAL, CNN), "real"


def measure(effort: Effort, data: str, say: Say) -> Results:
    """Everything but a whole table."""
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    on = machine()
    compiled = [
        found
        for device in devices
        for stack in STACKS
        for found in ([] if effort.inline else compiling(stack, device, effort, say))
    ]
    series = [s for device in devices for stack in STACKS for s in step_times(stack, device, effort, say)]
    series += cnn_times("cpu", effort, say)
    series += [s for device in devices for s in pack_sizes(device, effort, say)]
    assumed = [("compile", device, COMPILE_SECONDS) for device in devices]
    assumed += [("step", device, Model.costs[device].seconds) for device in devices]
    assumed += [("cnn", "cpu", MODELS["cnn"].costs["cpu"].seconds)]
    return Results(on, data, effort.inline, tuple(series), tuple(compiled), tuple(assumed))


if __name__ == "__main__":
    raise SystemExit(main())
