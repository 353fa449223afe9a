"""Carrying out plans in tests: packs of small runs, training replaced."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_runs import EAGER, Watcher, fake_record, small_run

from hyperopt.config import Run
from hyperopt.engine import attempt as attempts
from hyperopt.engine import trainer
from hyperopt.engine.costs import Forecast
from hyperopt.engine.execute import execute
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import Plan
from hyperopt.engine.run_claims import RunClaims
from hyperopt.records import Record, Store

Trained = list[tuple[int, ...]]
TrainPack = Callable[[Pack, Options, Path], list[Record]]


def as_plan(*packs: Pack) -> Plan:
    return Plan(packs, (), (Forecast(0.0, 0.0),) * len(packs))


def four() -> list[Run]:
    return [small_run(seed=seed) for seed in range(4)]


def train_with(fake: TrainPack, monkeypatch: pytest.MonkeyPatch) -> Trained:
    """Put `fake` in place of training; returns the seeds of each pack it is given."""
    trained: Trained = []

    def recording(pack: Pack, options: Options, root: Path) -> list[Record]:
        trained.append(tuple(run.seed for run in pack.runs))
        return fake(pack, options, root)

    monkeypatch.setattr(attempts, "train_pack", recording)
    return trained


def at_once(pack: Pack, options: Options, root: Path) -> list[Record]:
    return [fake_record(run) for run in pack.runs]


def killed_in_the_fifth_epoch(plan: Plan, store: Store) -> None:
    """Train with a checkpoint after every epoch, until the system kills this process."""
    epochs, train_epoch = 0, trainer.train_epoch

    def counting(*arguments: Any) -> Any:
        nonlocal epochs
        epochs += 1
        if epochs == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return train_epoch(*arguments)

    vars(trainer).update(CHECKPOINT_SECONDS=-1.0, train_epoch=counting)
    execute(plan, store, EAGER, Watcher())


def is_free(store: Store, pack: Pack) -> bool:
    """Whether another command could train the pack now."""
    ids = {run.id for run in pack.runs}
    with RunClaims(store.root.parent) as another:
        return another.take(ids) == ids
