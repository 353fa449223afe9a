"""A group whose rate is 0, by hand or by its schedule, learns nothing; what it learned stays, exactly."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from loops import apart, batches, last, net
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from hyperopt.optim import HyperOptimizer
from hyperopt.optim.torch_private import tree_leaves

pytestmark = pytest.mark.usefixtures("float64")

STACKS: dict[str, dict[str, Any]] = {
    "untold": {},
    "all, by Adam": {"stack": "adam/adam", "alpha": (1e-3, 1e-3)},
    "by the sign": {
        "stack": "adamw/lion",
        "alpha": (1e-3, 1e-3),
        "tune": "alpha",
        "multiplicative": True,
        "trace": 0.9999,
    },
    "with a trace": {"trace": 0.99},
    "by the cosine": {"hypergradient": "cosine"},
    "clipped, two above": {"stack": "sgd/adam/sgd", "alpha": (1e-2, 1e-3, 1e-4), "clip": True},
}


def by_hand(opt: HyperOptimizer, steps: int, run: Callable[[Any], Any]) -> None:
    group = opt.param_groups[0]
    rate = group["lr"]
    group["lr"] = 0
    run(lambda: None)
    group["lr"] = rate


def by_schedule(opt: HyperOptimizer, steps: int, run: Callable[[Any], Any]) -> None:
    scheduler = LambdaLR(opt, lambda t: float(t >= steps))
    run(scheduler.step)


WAYS = {"by hand": by_hand, "by its schedule": by_schedule}


def above(opt: HyperOptimizer) -> list[Tensor]:
    """Copies of all hyperparameters, and of the state of the levels above."""
    return [tensor.clone() for tensor in tree_leaves(opt.param_groups[0]["levels"])]


def rested(opt: HyperOptimizer, module: nn.Module, way: str, steps: int = 20) -> None:
    WAYS[way](opt, steps, lambda after: last(module, opt, batches(steps, seed=3), after_step=after))


def check(given: dict[str, Any], way: str, **more: Any) -> None:
    module = net()
    opt = HyperOptimizer(module.parameters(), **given, **more)
    last(module, opt, batches(10))
    group, before = opt.param_groups[0], above(opt)
    shown = group["lr"], group["learned"]
    weights = copy.deepcopy(module.state_dict())
    rested(opt, module, way)
    assert (group["lr"], group["learned"]) == shown
    assert group["learned"] != 1
    assert all(map(torch.equal, above(opt), before))
    assert apart(module.state_dict(), weights) == 0
    assert (group["step"], group["rested"]) == (30, 20)
    last(module, opt, batches(3))
    assert not all(map(torch.equal, above(opt), before))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", STACKS)
def test_what_was_learned_stays_exactly(name: str, way: str) -> None:
    check(STACKS[name], way)


@pytest.mark.usefixtures("traced_only")
@pytest.mark.parametrize("name", ["untold", "all, by Adam"])
def test_compiled_too(name: str) -> None:
    for way in WAYS:
        check(STACKS[name], way, compile=True)


@pytest.mark.usefixtures("traced_only")
def test_two_rests_compiled_are_as_two_that_are_not() -> None:
    ends = []
    for compiled in (True, False):
        module = net()
        opt = HyperOptimizer(module.parameters(), "adam/adam", (1e-2, 1e-2), compile=compiled)
        for _ in range(2):
            last(module, opt, batches(5))
            rested(opt, module, "by hand", 3)
        ends.append(last(module, opt, batches(5)))
    assert apart(*ends) < 1e-9


def test_the_levels_above_count_their_own_steps() -> None:
    """Adam above corrects its means for their start: after a rest it goes on as after any other."""

    def end(rest: int) -> float:
        weight = nn.Parameter(torch.ones(4))
        opt = HyperOptimizer([weight], "sgd/adam", (0.01, 1e-4))
        group = opt.param_groups[0]
        for steps, rests in ((3, False), (rest, True), (3, False)):
            rate, group["lr"] = group["lr"], 0 if rests else group["lr"]
            for _ in range(steps):
                weight.grad = torch.ones(4)
                opt.step()
            group["lr"] = rate if rests else group["lr"]
        return float(group["lr"])

    assert end(50) == pytest.approx(end(1), rel=1e-12)


@pytest.mark.parametrize("start", [None, 3e-4], ids=["untold", "written"])
def test_a_warm_up_from_zero_does_not_begin_with_a_step(start: float | None) -> None:
    module = net()
    opt = HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-4))
    if start:
        last(module, opt, batches(5))
        opt.param_groups[0]["lr"] = start
    scheduler = LambdaLR(opt, lambda t: t / 5)
    before = copy.deepcopy(module.state_dict())
    assert apart(last(module, opt, batches(1), after_step=scheduler.step), before) == 0
    assert float(opt.param_groups[0]["lr"]) == pytest.approx((start or 0.01) / 5, rel=1e-12)
    last(module, opt, batches(8), after_step=scheduler.step)
    assert opt.param_groups[0]["learned"] != 1


@pytest.mark.parametrize("name", STACKS)
def test_a_rest_resumes_as_if_uninterrupted(name: str) -> None:
    module = net()
    opt = HyperOptimizer(module.parameters(), **STACKS[name])
    last(module, opt, batches(5))
    rate, opt.param_groups[0]["lr"] = float(opt.param_groups[0]["lr"]), 0
    last(module, opt, batches(5))
    other = net()
    going_on = HyperOptimizer(other.parameters(), **STACKS[name])
    other.load_state_dict(module.state_dict())
    going_on.load_state_dict(copy.deepcopy(opt.state_dict()))
    ends = []
    for one, its in ((module, opt), (other, going_on)):
        last(one, its, batches(3))
        its.param_groups[0]["lr"] = rate
        ends.append(last(one, its, batches(5)))
    assert apart(*ends) == 0
    assert going_on.param_groups[0]["rested"] == 8
