"""Trained weights that go on at a small rate: from the same weights, with the same minibatches."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from benchmarks import fine_tuning
from benchmarks.defaults import ADAMW, CANDIDATES, Cell, cells, read
from benchmarks.fine_tuning import FEW, OPTIMIZERS, RATES, WORKLOADS, page, tasks, train, trained
from benchmarks.workloads import BLOCK, Task
from hyperopt.optim import group_settings

ROOT = Path(__file__).parents[2]


def few(workload: str) -> tuple[Task, Task]:
    """Random data of a workload's shapes, others to go on with than before."""
    generator, images = torch.Generator().manual_seed(0), workload == "rotated"
    shape, of, classes = ((6, 1, 28, 28), (6,), 10) if images else ((6, BLOCK), (6, BLOCK), 65)
    made = []
    for _ in range(2):
        x = torch.randint(classes, shape, generator=generator)
        y = torch.randint(classes, of, generator=generator)
        x = x / classes if images else x
        made.append(Task(x, y, x[:2], y[:2]))
    return made[0], made[1]


@pytest.mark.parametrize("workload", WORKLOADS)
def test_all_optimizers_go_on_from_the_same_weights(workload: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fine_tuning, "tasks", few)
    trained.cache_clear()
    ends = [train(Cell(workload, name, 1e-4, seed), 0.0) for seed in (0, 1) for name in OPTIMIZERS]
    before = [end.loss_before for end in ends]
    assert before[0] == before[1] == before[2] != before[3] == before[4] == before[5]
    assert len({end.loss for end in ends}) == 6
    assert [end.steps for end in ends] == [2] * 6
    assert [end.rate_after == 1e-4 for end in ends] == [True, False, False] * 2
    assert train(Cell(workload, ADAMW, 1e-4, 0), 0.0).loss == ends[0].loss
    trained.cache_clear()


def test_images_are_turned_by_15_degrees_and_labels_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = torch.zeros(FEW + 1, 1, 28, 28), torch.arange(FEW + 1)
    x[..., 2:4, 13:15] = 1.0
    monkeypatch.setattr(fine_tuning, "load", lambda name: Task(x, y, x, y))
    tasks.cache_clear()
    first, then = tasks("rotated")
    tasks.cache_clear()
    assert first.train_x is x
    assert torch.equal(then.train_y, y[:FEW])
    image, places = then.test_x[0, 0], torch.arange(28.0) - 13.5
    across, up = (float((image * at).sum() / image.sum()) for at in (places, -places[:, None]))
    assert math.degrees(math.atan2(abs(across), up)) == pytest.approx(15, abs=1)


def test_the_document_has_what_the_published_rows_say() -> None:
    found = read(ROOT / "results" / "optimizer_fine_tuning.csv")
    wanted = cells(list(WORKLOADS), OPTIMIZERS, RATES, range(3))
    assert {Cell(r.workload, r.optimizer, r.rate, r.seed) for r in found} == set(wanted)
    assert page(found) in (ROOT / "docs" / "optimizer.md").read_text("utf-8")
    assert CANDIDATES[OPTIMIZERS[1]] == group_settings.WITHOUT_STACK
