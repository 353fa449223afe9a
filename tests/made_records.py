"""Small records for tests of the store, and their text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any

from hyperopt.config import Run, resolve
from hyperopt.records import Record, Store

METRICS = ("train_loss", "train_error", "test_loss", "test_error")


def a_record(**changed: Any) -> Record:
    """A record with what is hard to keep: NaN, an infinity, an event without a level."""
    values: dict[str, Any] = {
        "id": "0123456789ab",
        "config": {"stack": "adam/sgd", "alpha": [0.001, 1e-05], "clip": [True], "seed": 0},
        "metrics": {"train_loss": [2.0, math.nan], "test_error": [88.0, 90.2]},
        "hyperparameters": {"0.alpha": [0.001, math.inf]},
        "final": {"train_loss_full": math.nan},
        "diverged": True,
        "seconds": 1.5,
        "steps": 10,
        "made": {"device": "cpu"},
        "events": [{"step": 7, "epoch": 2, "event": "diverged", "level": None}],
    }
    return Record(**values | changed)


def normal(record: Record) -> str:
    """A record as text, its mappings in order of key; NaN and -0.0 differ from null and 0.0."""

    def ordered(value: Any) -> Any:
        if isinstance(value, list):
            return [ordered(v) for v in value]
        return {k: ordered(value[k]) for k in sorted(value)} if isinstance(value, dict) else value

    return repr(replace(record, **{k: ordered(v) for k, v in vars(record).items()}))


def store_of_many(folder: Path, runs: int = 10_000, epochs: int = 10) -> Store:
    """A working store of so many records of a sweep on MNIST, written in packs of 8 and put together."""
    store = Store(folder / "records", folder)
    stacks = ("sgd", "adam", "sgd/sgd", "adam/sgd", "adam/adam", "rmsprop/sgd", "sgd/sgd/sgd", "amsgrad/sgd")
    settings = [resolve({"stack": stack, "alpha": 10.0**-place}) for stack in stacks for place in range(8)]
    every = (setting.at(seed) for seed in count() for setting in settings)
    for number, pack in enumerate(batched(islice(every, runs), 8)):
        records = [
            a_record(
                id=run.id,
                config=run.canonical(),
                metrics={name: [place + 0.1 * run.seed for place in range(epochs)] for name in METRICS},
                hyperparameters={f"{level}.alpha": [rate] * epochs for level, rate in enumerate(run.alpha)},
                diverged=run.alpha[-1] >= 1,
                made={"device": "cpu", "started": f"2026-11-{1 + number % 28:02d}T10:00:00+00:00"},
            )
            for run in pack
        ]
        store.write(records, f"{number % 256:02x}{number}")
    store.tidy()
    return store


def batched(of: Iterable[Run], size: int) -> Iterator[list[Run]]:
    """So many at a time."""
    runs = iter(of)
    while some := list(islice(runs, size)):
        yield some


def some(store: Store, count: int, start: int = 0) -> None:
    """Write records of so many runs, each into a file of its own."""
    for i in range(start, start + count):
        store.write([a_record(id=f"r{i:04d}", steps=i)], f"{i % 7}-{i:04d}")
