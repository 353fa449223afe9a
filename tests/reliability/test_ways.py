"""The same sweep has the same numbers, bit for bit on one machine, whichever way it was trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from commands import faults_in, in_a_process
from small_runs import EAGER, InterruptionError, assert_close, measured
from torture import cases

from hyperopt.config import Run, resolve
from hyperopt.engine import trainer
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.trainer import train_pack
from hyperopt.records import Record


def records(runs: Sequence[Run], size: int, options: Options, folder: Path) -> list[Record]:
    """Of runs in packs of a size."""
    packs = [Pack(tuple(runs[i : i + size])) for i in range(0, len(runs), size)]
    return [record for pack in packs for record in train_pack(pack, options, folder)]


def trained(runs: Sequence[Run], size: int, options: Options, folder: Path) -> dict[str, Any]:
    """What is measured of runs in packs of a size, by id."""
    return {record.id: measured(record) for record in records(runs, size, options, folder)}


def sweep(**settings: Any) -> list[Run]:
    """Seeds, clips and rates mixed, so that some packs share their minibatches and others do not."""
    differing = [(0, 0.01, False), (0, 0.03, True), (1, 0.01, True), (1, 0.1, False), (2, 0.02, True)]
    usual = {"dataset.generated": True, "epochs": 2, **settings}
    return [
        resolve({**usual, "seed": seed, "alpha": f"{alpha}/1e-4", "clip": clip})
        for seed, alpha, clip in differing
    ]


MNIST = {"dataset": "mnist", "dataset.train": 300, "dataset.test": 600, "batch_size": 128}
SWEEPS: dict[str, dict[str, Any]] = {
    "mlp": {**MNIST, "stack": "adam/sgd"},
    "logistic": {**MNIST, "model": "logistic", "stack": "adam/sgd"},
    "cnn": {
        "dataset": "cifar10",
        "dataset.train": 60,
        "dataset.test": 20,
        "batch_size": 25,
        "model": "cnn",
        "stack": "sgd/sgd",
    },
}


@pytest.mark.parametrize("name", SWEEPS)
def test_in_packs_of_any_size(name: str, tmp_path: Path) -> None:
    runs, options = sweep(**SWEEPS[name]), Options("cpu", 1, compile=False)
    whole = trained(runs, 5, options, tmp_path)
    for size in (1, 2, 3):
        assert trained(runs, size, options, tmp_path) == whole, f"packs of {size}"


@pytest.mark.slow
@pytest.mark.parametrize("name", SWEEPS if len(cases(1)) > 1 else ["logistic"])
def test_compiled_in_packs_of_any_size(name: str, tmp_path: Path) -> None:
    """A run alone too, for which torch would make other code; uncompiled they are the same up to rounding."""
    long, options = len(cases(1)) > 1, Options("cpu", 1, compile=True)
    runs, sizes = (sweep(**SWEEPS[name]), (5, 2, 1)) if long else (sweep(**SWEEPS[name])[:4], (4, 1))
    whole, *others = [records(runs, size, options, tmp_path) for size in sizes]
    for other in others:
        assert [*map(measured, other)] == [*map(measured, whole)]
    for compiled, eager in zip(whole, records(runs, sizes[0], EAGER, tmp_path), strict=True):
        assert_close(compiled, eager, rel=1e-4)


@pytest.mark.parametrize(("epochs", "compiled"), [(333, False), (334, True)])
@pytest.mark.parametrize("size", [1, 5])
def test_whether_a_run_is_compiled_follows_from_its_own_steps(
    size: int, epochs: int, compiled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of which there are three an epoch; from the thousandth on compiling pays."""
    asked: list[bool] = []

    def noted(*_: object, compiled: bool) -> None:
        asked.append(compiled)
        raise InterruptionError

    monkeypatch.setattr(trainer, "new_step", noted)
    with pytest.raises(InterruptionError):
        trained(sweep(**SWEEPS["mlp"] | {"epochs": epochs})[:size], size, Options("cpu", 1), tmp_path)
    assert asked == [compiled]


@pytest.mark.slow
def test_by_several_commands_and_after_kills(tmp_path: Path) -> None:
    """Up to four commands train in packs of their own, some are killed, and one ends the work."""
    assert in_a_process(faults_in, tmp_path, cases(3), "trained") == []
