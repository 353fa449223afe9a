"""Schedules of level 0's rate, against torch's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, SequentialLR

from hyperopt.config import resolve
from hyperopt.engine.pack import run_steps, stack_of

pytestmark = pytest.mark.usefixtures("float64")

SHORT: dict[str, Any] = {"dataset.generated": True, "dataset.train": 100, "batch_size": 10, "epochs": 4}
STEPS, WARM = 40, 10


def rates(**settings: Any) -> list[float]:
    """Ours at every step, of an alpha of 1."""
    run = resolve(SHORT | {"stack": "sgd", "alpha": 1.0} | settings)
    assert run_steps(run) == STEPS
    bottom = stack_of(run).levels[0]
    alpha = torch.tensor(1.0)
    return [
        float(bottom.scheduled({"alpha": alpha}, torch.tensor(float(t)))["alpha"])
        for t in range(1, STEPS + 1)
    ]


def torchs(made: Any) -> Iterator[float]:
    opt = SGD([nn.Parameter(torch.zeros(1))], 1.0)
    scheduler: LRScheduler = made(opt)
    for _ in range(STEPS):
        yield opt.param_groups[0]["lr"]
        opt.step()
        scheduler.step()


def test_cosine() -> None:
    assert rates(schedule="cosine") == pytest.approx(list(torchs(lambda o: CosineAnnealingLR(o, STEPS))))


def test_warm_up_and_cosine() -> None:
    def made(opt: SGD) -> LRScheduler:
        # torch's warm-up divides by 1 less, and its last step is the first of what follows.
        rising = LinearLR(opt, 1 / WARM, 1.0, WARM - 1)
        return SequentialLR(opt, [rising, CosineAnnealingLR(opt, STEPS - WARM)], [WARM])

    assert rates(schedule="cosine", warmup=0.25) == pytest.approx(list(torchs(made)))


def test_warm_up_stable_decay() -> None:
    found = rates(schedule="wsd", warmup=0.25)
    assert found[:WARM] == pytest.approx([t / WARM for t in range(1, WARM + 1)])
    assert found[WARM:33] == [1.0] * (33 - WARM)
    assert found[33:] == pytest.approx([k / 8 for k in range(7, 0, -1)])


def test_a_schedule_is_part_of_an_id_and_no_schedule_is_not() -> None:
    usual = resolve(SHORT)
    assert resolve(SHORT | {"schedule": "constant", "warmup": 0}).id == usual.id
    ids = {
        resolve(SHORT | more).id
        for more in ({}, {"schedule": "cosine"}, {"schedule": "wsd"}, {"warmup": 0.1})
    }
    assert len(ids) == 4
