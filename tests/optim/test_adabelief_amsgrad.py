"""AdaBelief and AMSGrad of docs/reports/adabelief_amsgrad.md, "Optimizers", transcribed on plain autograd."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from problems import Now, Problem, distance, small_problem, train
from torch import Tensor
from torch.nn import functional as F

from hyperopt.optim.rules.amsgrad import Amsgrad

pytestmark = pytest.mark.usefixtures("float64")

STEPS, EPS = 60, 1e-8
Tree = dict[str, Tensor]


class Moments:
    """An optimizer of the report's code; its raw hyperparameters are leaves of the graph too."""

    def __init__(self, alpha: float, tuned: tuple[str, ...], above: Moments | Constant) -> None:
        self.tuned, self.above, self.t = tuned, above, 0
        raw = {"alpha": alpha, "beta1": math.atanh(2 * 0.9 - 1), "beta2": math.atanh(2 * 0.999 - 1)}
        self.raw: Tree = {k: torch.tensor(x, requires_grad=k in tuned) for k, x in raw.items()}
        self.state: dict[str, tuple[Tensor, Tensor]] = {}

    def natural(self) -> Tree:
        return {k: x if k == "alpha" else (x.tanh() + 1) / 2 for k, x in self.raw.items()}

    def move(self, leaves: Tree) -> Tree:
        """The leaves moved, as a graph from the raw hyperparameters, which the level above moves first."""
        self.t += 1
        self.raw |= self.above.move({k: self.raw[k] for k in self.tuned})
        h = self.natural()
        moved = {}
        for name, leaf in leaves.items():
            g = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad.detach()
            m, v = self.state.get(name, (torch.zeros_like(leaf), torch.full_like(leaf, EPS)))
            direction, m, v = self.direction(g, m, v, h)
            self.state[name] = m.detach(), v.detach()
            moved[name] = leaf.detach() - h["alpha"] * direction
        for leaf in moved.values():
            if leaf.requires_grad:
                leaf.retain_grad()
            else:
                leaf.requires_grad_()
        return moved

    def direction(self, g: Tensor, m: Tensor, v: Tensor, h: Tree) -> tuple[Tensor, Tensor, Tensor]:
        raise NotImplementedError


class AdaBelief(Moments):
    def direction(self, g: Tensor, m: Tensor, v: Tensor, h: Tree) -> tuple[Tensor, Tensor, Tensor]:
        m = h["beta1"] * m + (1 - h["beta1"]) * g
        v = h["beta2"] * v + (1 - h["beta2"]) * (g - m) ** 2 + EPS
        m_hat, v_hat = m / (1 - h["beta1"] ** self.t), v / (1 - h["beta2"] ** self.t)
        return m_hat / (v_hat.sqrt() + EPS), m, v


class AmsGrad(Moments):
    def direction(self, g: Tensor, m: Tensor, v: Tensor, h: Tree) -> tuple[Tensor, Tensor, Tensor]:
        m = h["beta1"] * m + (1 - h["beta1"]) * g
        after = h["beta2"] * v + (1 - h["beta2"]) * g**2
        return m / (torch.maximum(v, after).sqrt() + EPS), m, after


class Adam(Moments):
    def direction(self, g: Tensor, m: Tensor, v: Tensor, h: Tree) -> tuple[Tensor, Tensor, Tensor]:
        m = h["beta1"] * m + (1 - h["beta1"]) * g
        v = h["beta2"] * v + (1 - h["beta2"]) * g**2
        m_hat, v_hat = m / (1 - h["beta1"] ** self.t), v / (1 - h["beta2"] ** self.t)
        return m_hat / (v_hat.sqrt() + EPS), m, v


class Constant:
    """Gradient descent at a rate that stays; nothing at all at rate 0."""

    def __init__(self, rate: float = 0.0) -> None:
        self.rate = rate

    def move(self, leaves: Tree) -> Tree:
        zero = torch.zeros(())
        grads = {k: zero if leaf.grad is None else leaf.grad for k, leaf in leaves.items()}
        return {k: (leaf.detach() - self.rate * grads[k]).requires_grad_() for k, leaf in leaves.items()}


def transcribed(problem: Problem, optimizer: Moments) -> Iterator[Now]:
    weights = {k: p.requires_grad_() for k, p in problem.params.items()}
    for x, y in zip(problem.x, problem.y, strict=True):
        F.cross_entropy(torch.func.functional_call(problem.model, weights, (x,)), y).backward()
        weights = optimizer.move(weights)
        hyper = {f"0.{k}": value.item() for k, value in optimizer.natural().items()}
        yield Now({k: w.detach() for k, w in weights.items()}, hyper)


ALL = ("alpha", "beta1", "beta2")
CASES: dict[str, tuple[dict[str, Any], Callable[[], Moments]]] = {
    "adabelief": ({"stack": "adabelief", "alpha": 0.01}, lambda: AdaBelief(0.01, (), Constant())),
    "adabelief/sgd": (
        {"stack": "adabelief/sgd", "alpha": "0.01/1e-4"},
        lambda: AdaBelief(0.01, ALL, Constant(1e-4)),
    ),
    "adabelief/sgd, alpha only": (
        {"stack": "adabelief/sgd", "alpha": "0.01/1e-4", "tune": "alpha"},
        lambda: AdaBelief(0.01, ("alpha",), Constant(1e-4)),
    ),
    "adabelief/adam": (
        {"stack": "adabelief/adam", "alpha": "0.01/1e-4"},
        lambda: AdaBelief(0.01, ALL, Adam(1e-4, (), Constant())),
    ),
    "adabelief/adabelief": (
        {"stack": "adabelief/adabelief", "alpha": "0.01/1e-4"},
        lambda: AdaBelief(0.01, ALL, AdaBelief(1e-4, (), Constant())),
    ),
    "amsgrad": ({"stack": "amsgrad", "alpha": 0.01}, lambda: AmsGrad(0.01, (), Constant())),
    "amsgrad/sgd": (
        {"stack": "amsgrad/sgd", "alpha": "0.01/1e-4"},
        lambda: AmsGrad(0.01, ALL, Constant(1e-4)),
    ),
    "amsgrad/sgd, alpha only": (
        {"stack": "amsgrad/sgd", "alpha": "0.01/1e-4", "tune": "alpha"},
        lambda: AmsGrad(0.01, ("alpha",), Constant(1e-4)),
    ),
    "amsgrad/adam": (
        {"stack": "amsgrad/adam", "alpha": "0.01/1e-4"},
        lambda: AmsGrad(0.01, ALL, Adam(1e-4, (), Constant())),
    ),
    "amsgrad/amsgrad": (
        {"stack": "amsgrad/amsgrad", "alpha": "0.01/1e-4"},
        lambda: AmsGrad(0.01, ALL, AmsGrad(1e-4, (), Constant())),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_reported_form_equals_the_reports_code(name: str) -> None:
    settings, peer = CASES[name]
    problem = small_problem(STEPS)
    ours, theirs = list(train(problem, **settings)), list(transcribed(problem, peer()))
    assert max(map(distance, ours, theirs)) < 1e-9
    moved = {k for k, v in theirs[-1].hyper.items() if v != theirs[0].hyper[k]}
    tuned = set() if "/" not in name else {"0.alpha"} if "alpha only" in name else {f"0.{k}" for k in ALL}
    assert moved == tuned


def test_amsgrad_of_algorithm_1_is_the_running_maximum_without_correction() -> None:
    problem = small_problem(STEPS)
    algorithm_1 = {"form": "textbook", "amsgrad_bias_correction": False}
    weights = {k: p.requires_grad_() for k, p in problem.params.items()}
    m, v, v_max = ({k: torch.zeros_like(p) for k, p in weights.items()} for _ in range(3))
    ours = train(problem, stack="amsgrad", alpha=0.01, **algorithm_1)
    for now, x, y in zip(ours, problem.x, problem.y, strict=True):
        loss = F.cross_entropy(torch.func.functional_call(problem.model, weights, (x,)), y)
        grads = torch.autograd.grad(loss, list(weights.values()))
        for name, g in zip(list(weights), grads, strict=True):
            m[name] = 0.9 * m[name] + 0.1 * g
            v[name] = 0.999 * v[name] + 0.001 * g**2
            v_max[name] = torch.maximum(v_max[name], v[name])
            moved = weights[name].detach() - 0.01 * m[name] / (v_max[name].sqrt() + EPS)
            weights[name] = moved.requires_grad_()
            assert torch.allclose(now.params[name], moved, rtol=0, atol=1e-12)


def test_the_largest_v_stays_the_largest_in_textbook_and_is_forgotten_in_the_reports_code() -> None:
    """A gradient of 1, then zeros: v decays from the first step on."""
    roots = {}
    for running in (True, False):
        rule = Amsgrad(amsgrad_running_maximum=running, amsgrad_bias_correction=False)
        hyper = {k: torch.tensor(x) for k, x in {"alpha": 1.0, "beta1": 0.0, "beta2": 0.5}.items()}
        state = rule.init(torch.zeros(()))
        for t, g in enumerate((1.0, 0.0, 0.0, 0.0), start=1):
            _, state = rule.update(torch.tensor(g), state, hyper, torch.tensor(float(t)), torch.zeros(()))
        update, _ = rule.update(torch.tensor(1e-6), state, hyper, torch.tensor(5.0), torch.zeros(()))
        roots[running] = (1e-6 / update).item() ** 2
    assert roots[True] == pytest.approx(0.5, rel=1e-6), "v after the first step"
    assert roots[False] == pytest.approx(0.5**4, rel=1e-5), "v after the step before"


def test_eps_inside_adabeliefs_root_would_hardly_differ() -> None:
    """Algorithm 2 of the report: what gathers in s keeps it far above eps."""
    from hyperopt.optim.rules import RULES

    rule = RULES["adabelief"]()
    hyper = {k: torch.tensor(x) for k, x in rule.hyperparameters.items()}
    state = rule.init(torch.zeros(()))
    for t in range(1, 2000):
        step, g = torch.tensor(float(t)), torch.tensor(1e-5)
        update, state = rule.update(g, state, hyper, step, g)
        m_hat, s_hat = state["m"] / (1 - 0.9**t), state["s"] / (1 - 0.999**t)
        assert s_hat >= 0.99e-5
        assert update.item() == pytest.approx((0.001 * m_hat / (s_hat + EPS).sqrt()).item(), rel=1e-3)
