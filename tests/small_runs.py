"""Runs that train in a fraction of a second on generated data, and what to compare of their records."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from hyperopt.config import Run, resolve
from hyperopt.engine import trainer
from hyperopt.engine.costs import Forecast
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import Plan
from hyperopt.records import Record

TRAIN, TEST, BATCH, STEPS = 300, 100, 128, 3
SMALL: dict[str, Any] = {
    "dataset": "mnist",
    "dataset.generated": True,
    "dataset.train": TRAIN,
    "dataset.test": TEST,
    "model.hidden": [8],
    "batch_size": BATCH,
    "epochs": 3,
}
EAGER = Options(device="cpu", workers=1, compile=False)


def small_run(**settings: Any) -> Run:
    """A run of 3 epochs of 3 steps, the last batch of an epoch smaller."""
    return resolve({**SMALL, **settings})


def small_logistic(**settings: Any) -> Run:
    """The same without a hidden layer, of which the compiler makes the smallest program."""
    of_mlp = {key: value for key, value in SMALL.items() if key != "model.hidden"}
    return resolve({**of_mlp, "model": "logistic", **settings})


def a_plan(*packs: Pack) -> Plan:
    """A plan of packs whose time nobody asks."""
    return Plan(packs, (), (Forecast(0.0, 0.0),) * len(packs))


def mixed_runs() -> list[Run]:
    """Runs of one shape: seeds, clips, rates and betas mixed."""
    return [
        small_run(stack="adam/sgd", seed=0, alpha="0.001/1e-5"),
        small_run(stack="adam/sgd", seed=1, alpha="0.01/1e-4", clip=True),
        small_run(stack="adam/sgd", seed=0, alpha="0.003/1e-3", beta1=0.8, clip=True),
        small_run(stack="adam/sgd", seed=2, alpha="0.01/0"),
    ]


def measured(record: Record) -> dict[str, Any]:
    """All of a record that must not depend on when, where and beside what it was made; NaN compares equal."""
    return {
        "id": record.id,
        "config": record.config,
        "metrics": {k: [_comparable(v) for v in values] for k, values in record.metrics.items()},
        "hyperparameters": {
            k: [_comparable(v) for v in values] for k, values in record.hyperparameters.items()
        },
        "final": {k: _comparable(v) for k, v in record.final.items()},
        "diverged": record.diverged,
        "events": record.events,
        "pictures": record.pictures,
        "by_step": {k: [_comparable(v) for v in values] for k, values in record.by_step.items()},
        "steps": record.steps,
    }


def _comparable(value: float) -> float | str:
    return "nan" if math.isnan(value) else value


def fake_record(run: Run, **changed: Any) -> Record:
    """A record such as training the run would leave."""
    values: dict[str, Any] = {
        "id": run.id,
        "config": run.canonical(),
        "metrics": {"train_loss": [1.0] * run.epochs},
        "hyperparameters": {"0.alpha": [0.1] * run.epochs},
        "final": {"train_loss_full": 1.0},
        "diverged": False,
        "seconds": 1.0,
        "steps": 10,
        "made": {"device": "cpu"},
    }
    return Record(**values | changed)


def record_of(run: Run, error: float = 3.0, *, diverged: bool = False) -> Record:
    """A record of one epoch, whose error rises with the seed."""
    loss = math.nan if diverged else 0.5
    return Record(
        id=run.id,
        config=run.canonical(),
        metrics={"train_loss": [loss], "test_loss": [loss], "test_error": [error + run.seed]},
        hyperparameters={"0.alpha": [0.002], "1.alpha": [1e-5]},
        final={"train_loss_full": loss},
        diverged=diverged,
        seconds=1.0,
        steps=235,
        made={"command": "hyperopt run"},
    )


class Watcher:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.finished: list[str] = []
        self.failures: list[tuple[str, str]] = []
        self.updates: list[tuple[str, int, int]] = []
        self.halves: list[str] = []
        self.agains: list[tuple[str, str]] = []
        self.workers: list[int] = []
        self.waited_for: list[str] = []
        self.found_ids: list[str] = []
        self.told: list[tuple[str, int, dict[str, list[float]]]] = []
        self.steps: list[tuple[int, list[str], dict[str, list[float]]]] = []
        self.closed = False

    def start(self, plan: object) -> None:
        self.plan = plan

    def update(self, pack: Pack, epoch: int, steps: int, since: int = 0, doing: str = "") -> None:
        self.updates.append((pack.name, epoch, steps))

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        self.finished.append(pack.name)

    def halved(self, pack: Pack, parts: int) -> None:
        self.halves.append(pack.name)

    def again(self, pack: Pack, reason: str) -> None:
        self.agains.append((pack.name, reason))

    def fewer(self, workers: int) -> None:
        self.workers.append(workers)

    def numbers(self, pack: Pack, epoch: int, values: Mapping[str, Sequence[float]]) -> None:
        self.told.append((pack.name, epoch, {name: list(each) for name, each in values.items()}))

    def step(self, pack: Pack, step: int, runs: Sequence[Run], values: Mapping[str, Sequence[float]]) -> None:
        self.steps.append(
            (step, [run.id for run in runs], {name: list(each) for name, each in values.items()})
        )

    def waits(self, runs: int, commands: Sequence[str]) -> None:
        self.waited_for += commands

    def found(self, runs: Sequence[Run]) -> None:
        self.found_ids += [run.id for run in runs]

    def failed(self, pack: Pack, message: str) -> None:
        self.failures.append((pack.name, message))

    def close(self) -> None:
        self.closed = True


def assert_close(a: Record, b: Record, rel: float) -> None:
    """The same run measured twice, up to rounding; errors may differ by one row of a hundred."""
    assert a.id == b.id
    assert a.events == b.events
    for name, values in a.metrics.items():
        tolerance = 1.0 if name == "test_error" else 0.0
        assert values == pytest.approx(b.metrics[name], rel=rel, abs=tolerance)
    for name, values in a.hyperparameters.items():
        assert values == pytest.approx(b.hyperparameters[name], rel=rel)
    assert a.final == pytest.approx(b.final, rel=rel)


class InterruptionError(Exception):
    """Stands for anything that ends training."""


def interrupt_after(epochs: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Checkpoint every epoch, and interrupt training after `epochs`; returns the epochs trained so far."""
    trained: list[int] = []
    train_epoch = trainer.train_epoch

    def counting(*arguments: Any) -> Any:
        if len(trained) == epochs:
            raise InterruptionError
        trained.append(len(trained))
        return train_epoch(*arguments)

    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", -1)
    monkeypatch.setattr(trainer, "train_epoch", counting)
    return trained
