"""Weight decay and dampening, of torch.optim.SGD for sgd, for sgd_steroids of docs/reports/steroids.md."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from problems import Now, Problem, distance, small_problem, train
from torch import Tensor
from torch.nn import functional as F

from hyperopt.config import ConfigError, resolve
from hyperopt.optim.parsing import parse_tune

pytestmark = pytest.mark.usefixtures("float64")

STEPS = 100


@pytest.mark.parametrize("weight_decay", [0, 0.02])
@pytest.mark.parametrize("dampening", [0, 0.3])
@pytest.mark.parametrize("momentum", [0, 0.8])
def test_sgd_is_torch_sgd(momentum: float, dampening: float, weight_decay: float) -> None:
    numbers: dict[str, Any] = {"momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
    problem = small_problem(50)
    model = copy.deepcopy(problem.model)
    optimizer = torch.optim.SGD(model.parameters(), 0.1, **numbers)
    for now, x, y in zip(
        train(problem, stack="sgd", alpha=0.1, **numbers), problem.x, problem.y, strict=True
    ):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        for key, theirs in model.named_parameters():
            assert torch.allclose(now.params[key], theirs, rtol=0, atol=1e-12)


class Steroids:
    """One level of docs/reports/steroids.md, "The update rule": alpha, mu, dp are leaves, wd is a number."""

    def __init__(
        self, alpha: float, above: Steroids | PlainSgd | None, mu: float, wd: float, dp: float
    ) -> None:
        self.hyper = {
            "alpha": torch.tensor(alpha),
            "momentum": torch.tensor(mu),
            "dampening": torch.tensor(dp),
        }
        self.constructed = {"momentum": mu, "dampening": dp}
        self.wd, self.above = wd, above
        self.kept: dict[str, Tensor] = {}

    def __call__(self, moved: dict[str, Tensor], grads: dict[str, Tensor]) -> dict[str, Tensor]:
        """The level above moves first, with what one backward pass left on these leaves."""
        if self.above is not None:
            found = {k: torch.zeros(()) if h.grad is None else h.grad.clone() for k, h in self.hyper.items()}
            there = {k: h for k, h in self.hyper.items() if self.constructed.get(k, 1) != 0}
            self.hyper = {**self.hyper, **self.above(there, found)}
        leaves = {k: h if h.requires_grad else h.detach().requires_grad_() for k, h in self.hyper.items()}
        for leaf in leaves.values():
            leaf.retain_grad()
        self.hyper = leaves
        after = {}
        for key, value in moved.items():
            old = value.detach()
            total = grads[key].detach()
            if self.constructed["momentum"] != 0 and key in self.kept:
                total = leaves["momentum"] * self.kept[key].detach() + total
            if self.wd != 0:
                total = total + self.wd * old
            if self.constructed["dampening"] != 0:
                total = total * (1 - leaves["dampening"])
            self.kept[key] = total
            after[key] = old - leaves["alpha"] * total
        return after

    def natural(self, level: int = 0) -> dict[str, float]:
        own = {f"{level}.{k}": h.item() for k, h in self.hyper.items()}
        return own | (self.above.natural(level + 1) if self.above else {})


class PlainSgd(Steroids):
    """gdtuo's SGD without momentum."""

    def __init__(self, alpha: float, above: Steroids | None = None) -> None:
        super().__init__(alpha, above, mu=0.0, wd=0.0, dp=0.0)


def autograd_train(problem: Problem, tower: Steroids) -> Iterator[Now]:
    """An update is a graph from the leaves above to the next loss: one backward pass serves all."""
    names = [k for k, _ in problem.model.named_parameters()]
    weights = {k: p.requires_grad_() for k, p in problem.params.items()}
    for x, y in zip(problem.x, problem.y, strict=True):
        for w in weights.values():
            w.retain_grad()
        loss = F.cross_entropy(torch.func.functional_call(problem.model, weights, (x,)), y)
        loss.backward()
        gradients = {k: weights[k].grad.clone() for k in names}
        weights = tower(weights, gradients)
        yield Now({k: w.detach() for k, w in weights.items()}, tower.natural())


GIVEN = {"momentum": 0.9, "weight_decay": 1e-2, "dampening": 1e-2}
UPPER = {"mu": 0.9, "wd": 1e-4, "dp": 1e-6}
TOWERS: dict[str, tuple[dict[str, Any], Any]] = {
    "one level": (
        {"stack": "sgd_steroids", "alpha": 0.05},
        lambda: Steroids(0.05, None, 0.9, 1e-2, 1e-2),
    ),
    "two levels": (
        {"stack": "sgd_steroids/sgd", "alpha": "0.02/0.001"},
        lambda: Steroids(0.02, PlainSgd(0.001), 0.9, 1e-2, 1e-2),
    ),
    "two levels, without momentum": (
        {"stack": "sgd_steroids/sgd", "alpha": "0.05/0.01", "momentum": 0},
        lambda: Steroids(0.05, PlainSgd(0.01), 0.0, 1e-2, 1e-2),
    ),
    "two levels, without dampening": (
        {"stack": "sgd_steroids/sgd", "alpha": "0.02/0.001", "dampening": 0},
        lambda: Steroids(0.02, PlainSgd(0.001), 0.9, 1e-2, 0.0),
    ),
    "steroids above": (
        {"stack": "sgd_steroids/sgd_steroids", "alpha": "0.02/0.0005"},
        lambda: Steroids(0.02, Steroids(0.0005, None, **UPPER), 0.9, 1e-2, 1e-2),
    ),
    "three levels": (
        {"stack": "sgd_steroids/sgd_steroids/sgd", "alpha": "0.02/0.0003/1e-6"},
        lambda: Steroids(0.02, Steroids(0.0003, PlainSgd(1e-6), **UPPER), 0.9, 1e-2, 1e-2),
    ),
}


@pytest.mark.parametrize("name", TOWERS)
def test_steroids_are_as_transcribed(name: str) -> None:
    settings, tower = TOWERS[name]
    given = {**GIVEN, **settings}
    problem = small_problem(STEPS)
    ours, theirs = list(train(problem, **given)), list(autograd_train(problem, tower()))
    assert len(theirs) == STEPS
    assert max(map(distance, ours, theirs)) < 1e-9
    moved = {k for k, v in theirs[-1].hyper.items() if v != theirs[0].hyper[k]}
    learned = {"0.alpha", "0.momentum", "0.dampening"} if "/" in given["stack"] else set()
    absent = {f"0.{k}" for k in GIVEN if given[k] == 0}
    assert moved >= learned - absent
    assert not moved & absent
    assert all(now.hyper["0.weight_decay"] == 1e-2 for now in ours)
    if name == "three levels":
        assert moved >= {"1.alpha", "1.momentum", "1.dampening"}


def test_at_step_1_steroids_above_decay_what_they_move() -> None:
    """The hypergradient is zero, the weight decay is not: alpha -= kappa * wd * alpha * (1 - dp)."""
    [now] = train(small_problem(1), stack="sgd/sgd_steroids", alpha="0.5/10")
    assert now.hyper["0.alpha"] == pytest.approx(0.5 - 10 * 1e-4 * 0.5 * (1 - 1e-6), rel=1e-14)


def test_what_is_zero_and_weight_decay_are_not_tuned() -> None:
    assert resolve({"stack": "sgd_steroids/sgd"}).tune == ("alpha", "momentum", "dampening")
    assert resolve({"stack": "sgd_steroids/sgd", "dampening": 0}).tune == ("alpha", "momentum")
    assert resolve({"stack": "sgd/sgd", "weight_decay": 0.1, "dampening": 0.1}).tune == ("alpha", "dampening")
    for parse in (lambda tune: resolve({"stack": "sgd_steroids/sgd", "tune": tune}), _parsed):
        with pytest.raises(ValueError, match="weight_decay is not tuned; alpha, momentum, dampening can be"):
            parse("weight_decay")
    with pytest.raises(ConfigError, match="dampening is 0 and cannot leave 0"):
        resolve({"stack": "sgd/sgd", "tune": "dampening"})


def _parsed(tune: str) -> object:
    from hyperopt.optim.rules import RULES

    return parse_tune(tune, ("sgd_steroids", "sgd"), RULES["sgd_steroids"].hyperparameters)


def test_default_alphas_are_the_reports() -> None:
    tower = "sgd_steroids/sgd_steroids/sgd"
    assert resolve({"stack": tower}).label == "sgd_steroids(0.01)/sgd_steroids(0.01)/sgd(0.01)"
    assert resolve({"stack": tower}).numbers == {"momentum": 0.9, "weight_decay": 1e-4, "dampening": 1e-6}


def test_numbers_of_zero_stay_out_of_a_config() -> None:
    plain = {"stack": "sgd/sgd", "alpha": "0.01/0.01", "epochs": 10}
    spelled = {
        **plain,
        "momentum": 0,
        "weight_decay": 0.0,
        "dampening": 0,
        "shuffle": True,
        "model.zero_bias": False,
    }
    assert resolve(spelled).id == resolve(plain).id
    assert not resolve(plain).canonical().keys() & {"weight_decay", "dampening", "shuffle", "model.zero_bias"}
    for other in ({"weight_decay": 0.1}, {"dampening": 0.1}, {"shuffle": False}, {"model.zero_bias": True}):
        assert resolve({**plain, **other}).id != resolve(plain).id
