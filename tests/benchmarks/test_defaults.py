"""The study of the optimizer's defaults: it goes on where it stopped, and its rows say which are chosen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.defaults import ADAMW, CANDIDATES, Cell, Row, cells, read, study, train
from benchmarks.defaults_page import DEFAULT_RATE, chosen, complete, finalists, page, scores
from benchmarks.workloads import BLOCK, WORKLOADS
from hyperopt.optim import HyperOptimizer, group_settings

ROOT = Path(__file__).parents[2]
FOUND = ROOT / "results" / "optimizer_defaults.csv"

SAFE, FAST = list(CANDIDATES)[:2]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random data of each workload's shapes."""
    folder, draw = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    images = {"mnist": ((28, 28), ()), "cifar10": ((3, 32, 32), ()), "horses": ((3, 32, 32), (32, 32))}
    for name, (shape, of) in images.items():
        parts = {}
        for part, rows in (("train", 6), ("test", 4)):
            parts[f"{part}_x"] = draw.integers(256, size=(rows, *shape), dtype=np.uint8)
            parts[f"{part}_y"] = draw.integers(10, size=(rows, *of), dtype=np.uint8)
        np.savez(folder / f"{name}.npz", allow_pickle=False, **parts)
    text = draw.integers(65, size=40 * BLOCK, dtype=np.uint8)
    np.savez(folder / "text.npz", allow_pickle=False, characters=text)
    return folder


def row(cell: Cell, loss: float) -> Row:
    return Row(**vars(cell), loss_before=2.0, loss=loss, error=0, rate_after=0, steps=1, seconds=0, device="")


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_workload_trains_by_its_seed(workload: str, data: Path) -> None:
    ends = [
        train(Cell(workload, name, 1e-3, seed), data, "cpu", 0.0)
        for name, seed in ((ADAMW, 0), (SAFE, 0), (SAFE, 1))
    ]
    assert ends[0].loss_before == ends[1].loss_before != ends[2].loss_before
    assert [end.steps for end in ends] == [2, 2, 2]
    assert ends[0].rate_after == 1e-3 != ends[1].rate_after


def test_the_transformer_has_a_million_weights_and_does_not_look_ahead() -> None:
    net = WORKLOADS["transformer"].build()
    assert 0.9e6 < sum(p.numel() for p in net.parameters()) < 1.1e6
    x = torch.randint(65, (1, BLOCK))
    other = x.clone()
    other[0, 40:] = 1
    assert torch.allclose(net(x)[..., :40], net(other)[..., :40], atol=1e-5)


def test_a_study_goes_on_where_it_stopped(tmp_path: Path) -> None:
    out, trained = tmp_path / "rows.csv", list[Cell]()

    def one(cell: Cell, breaks: bool) -> Row:
        trained.append(cell)
        if breaks and cell.workload == "cnn":
            raise RuntimeError("no memory")
        return row(cell, 1.0)

    todo = cells(["mlp", "cnn"], [ADAMW, SAFE], [1e-3, 0.1], [0])
    with ThreadPoolExecutor(1) as pool:
        assert study(todo, out, partial(one, breaks=True), pool, 1e9) == 4
        assert study(todo, out, partial(one, breaks=False), pool, 1e9) == 0
    assert trained == [*todo, *(cell for cell in todo if cell.workload == "cnn")]
    assert {row(Cell(r.workload, r.optimizer, r.rate, r.seed), 1.0) for r in read(out)} == {
        row(cell, 1.0) for cell in todo
    }


def rows(losses: dict[str, float]) -> list[Row]:
    """All optimizers with AdamW's losses, but for those given, in every cell."""
    todo = cells(["mlp", "cnn"], [ADAMW, SAFE, FAST], [DEFAULT_RATE, 0.1], [0, 1])
    return [row(cell, losses.get(cell.optimizer, 1.0)) for cell in todo]


def test_the_choice_is_the_best_of_those_that_are_nowhere_worse() -> None:
    assert chosen(scores(rows({SAFE: 0.9, FAST: 0.8}))) == FAST
    worse_untold = [
        replace(r, loss=1.1 if r.rate == DEFAULT_RATE and r.workload == "mlp" else 0.1)
        if r.optimizer == FAST
        else r
        for r in rows({SAFE: 0.9})
    ]
    assert chosen(scores(worse_untold)) == SAFE
    assert f"above AdamW's: {FAST}: 1.100 times on mlp." in page(worse_untold)
    assert "not chosen" not in page(rows({SAFE: 0.9}))
    diverging = [
        replace(r, loss=float("nan")) if r.optimizer == FAST and r.rate == 0.1 and r.seed else r
        for r in rows({SAFE: 0.9, FAST: 0.1})
    ]
    assert scores(diverging)[FAST].alone == 2
    assert chosen(scores(diverging)) == SAFE
    assert chosen(scores(rows({SAFE: 1.3, FAST: 1.2}))) == FAST


def test_only_what_all_have_trained_is_compared() -> None:
    some = [r for r in rows({}) if not (r.optimizer == FAST and r.seed == 1 and r.rate == 0.1)]
    assert {(r.rate, r.seed) for r in complete(some)} == {(DEFAULT_RATE, 0), (DEFAULT_RATE, 1), (0.1, 0)}
    assert f"**{SAFE}**" in page(rows({SAFE: 0.9}))
    assert "| 1 to 2 | AdamW" in " ".join(page(some).split())


def test_the_defaults_are_what_the_published_rows_say() -> None:
    found = read(FOUND)
    assert CANDIDATES[chosen(scores(finalists(found)))] == group_settings.WITHOUT_STACK
    assert page(found) in (ROOT / "docs" / "optimizer.md").read_text("utf-8")
    opt = HyperOptimizer([torch.nn.Parameter(torch.zeros(1))])
    assert repr(opt) == "HyperOptimizer(adamw(0.001)/adam(0.01))"
    assert opt.param_groups[0]["multiplicative"]
    assert opt.param_groups[0]["tune"] == ("alpha",)


def test_a_stack_that_is_given_has_its_own_defaults() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    for opt in (
        HyperOptimizer([weight], "adam/sgd"),
        HyperOptimizer([{"params": [weight], "stack": "adam/sgd"}]),
    ):
        group = opt.param_groups[0]
        assert group["alpha"] == (1e-3, 1e-5)
        assert not group["multiplicative"]
        assert len(group["tune"]) > 1
