"""Hyper-regularization: the habits of its report's code, and what its state tells."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from inverse_rates import hyper_of, rule_of, steps
from loops import apart, batches, loss_of, net, trained
from torch.func import functional_call, grad

from hyperopt.optim import HyperOptimizer
from hyperopt.optim.assemble import build, numbers_of
from hyperopt.optim.level import Level
from hyperopt.optim.rules import RULES
from hyperopt.optim.stack import Stack

pytestmark = pytest.mark.usefixtures("float64")

POLES = ["rkl2", "rkl3", "hellinger2", "hellinger3"]


@pytest.mark.parametrize("name", POLES)
def test_the_reports_code_past_the_pole(name: str) -> None:
    """b**3 / (b**2 - g**2) and b**5 / (b**2 - g**2)**2, and both clipped to [b, 2 b].

    The code is that of docs/reports/hyper_regularization.md, "Growth clipping".
    """
    b = 2.0
    for g in (1.0, 1.9, 2.5, 5.0):
        formula = b**3 / (b**2 - g**2) if name.startswith("rkl") else b**5 / (b**2 - g**2) ** 2
        for clip, expected in ((False, formula), (True, min(max(formula, b), 2 * b))):
            rule = rule_of(name, past_pole=True, growth_clip=clip)
            _, beta = next(steps(rule, [g], alpha=1 / b))
            assert beta.item() == pytest.approx(expected, rel=1e-12)


def test_negative_betas_are_counted() -> None:
    rule = rule_of("rkl2", past_pole=True, growth_clip=False)
    hyper = hyper_of(rule, alpha=1.0)
    grads = [torch.tensor(g) for g in ([0.5, 0.1, 0.9], [0.1, 9.0, 30.0], [0.0, 0.0, 0.0])]
    states = {name: rule.init(grads[0]) for name in ("weight", "bias")}
    told = []
    for t, g in enumerate(grads, start=1):
        _, states["weight"] = rule.update(g, states["weight"], hyper, torch.tensor(float(t)), g)
        told.append(rule.diagnostics(states))
    assert [d["negative_betas"].item() for d in told] == [0, 2, 4]
    assert [d["negative_from"].item() for d in told] == [0, 2, 2]
    assert "negative_betas" not in rule_of("rkl2").diagnostics({"w": rule_of("rkl2").init(grads[0])})


def test_how_far_beta_is_from_its_start() -> None:
    rule = rule_of("chi2")
    hyper = hyper_of(rule, alpha=0.5)
    states = {}
    for name, g in (("a", [0.0, 2.0]), ("b", [100.0])):
        grad_ = torch.tensor(g)
        _, states[name] = rule.update(grad_, rule.init(grad_), hyper, torch.tensor(1.0), grad_)
    told = {name: value.item() for name, value in rule.diagnostics(states).items()}
    assert told == pytest.approx({"beta_median": 1.5, "beta_mean": 1.5, "beta_max": 2.0})


def test_rkl3_of_the_reports_code_is_rkl2() -> None:
    grads = torch.randn(20, 4)
    habits = {"past_pole": True, "growth_clip": False, "beta_waits": True}
    rules = (
        rule_of("rkl3", rkl3_as_rkl2=True, **habits),
        rule_of("rkl2", **habits),
        rule_of("rkl3", **habits),
    )
    as_coded, second, third = (torch.stack([update for update, _ in steps(rule, grads)]) for rule in rules)
    assert torch.equal(as_coded, second)
    assert not torch.allclose(third, second)


@pytest.mark.parametrize(("waits", "first"), [(False, 4), (True, 5)])
def test_a_warm_start_then_the_initial_rate(waits: bool, first: int) -> None:
    """Iterations 0 to N - 1 at the warm rate, N at the initial one, beta from N + 1 on.

    The code is that of docs/reports/hyper_regularization.md, "Warm start".
    """
    rule = rule_of("rkl1", beta_waits=waits, growth_clip=False)
    made = list(steps(rule, [3.0] * 6, alpha=0.5, warm_steps=3.0, warm_alpha=0.01))
    assert [update.item() for update, _ in made[:3]] == pytest.approx([0.03] * 3)
    assert [beta.item() == 2 for _, beta in made] == [t < first for t in range(1, 7)]
    assert made[first - 1][1].item() == pytest.approx((2 + math.sqrt(4 + 36)) / 2)
    for update, beta in made[3:]:
        assert update.item() == pytest.approx(3 / beta.item())


def test_weight_decay_moves_the_weight_but_not_beta() -> None:
    rule = build("chi2", {**RULES["chi2"].hyperparameters, "weight_decay": 0.1}, {}, bottom=True)
    assert rule.uses_param
    g, w = torch.tensor(0.5), torch.tensor(7.0)
    update, state = rule.update(
        g, rule.init(w), hyper_of(rule, alpha=1.0, weight_decay=0.1), torch.tensor(1.0), w
    )
    beta = 1 + 0.25 / 2
    assert 1 + state["excess"].item() == pytest.approx(beta)
    assert update.item() == pytest.approx((0.5 + 0.1 * 7) / beta)


@pytest.mark.parametrize("beta_of", ["tensor", "all"])
def test_one_beta_for_several_weights(beta_of: str) -> None:
    """Chi 2 free is then WNGrad with half its increment, per tensor or for all: ||g||**2 / (2 beta)."""
    params = {"a": torch.zeros(2, 3), "b": torch.zeros(4)}
    numbers = {k: torch.tensor(v) for k, v in numbers_of(["chi2"], [0.5], {})[0].items()}
    stack = Stack((Level(rule_of("chi2", beta_of=beta_of, growth_clip=False)),))
    state = stack.init(params, (numbers,), (torch.tensor(False),))
    beta = dict.fromkeys(params, 2.0)
    expected = dict(params)
    for t in range(1, 6):
        grads = {k: torch.randn_like(p) for k, p in params.items()}
        norms = {k: g.square().sum().item() for k, g in grads.items()}
        norms = norms if beta_of == "tensor" else dict.fromkeys(norms, sum(norms.values()))
        beta = {k: b + norms[k] / (2 * b) for k, b in beta.items()}
        expected = {k: p - grads[k] / beta[k] for k, p in expected.items()}
        params, state = stack.step(params, grads, state, torch.tensor(float(t)))
        assert apart(params, expected) < 1e-12
    assert state[0].memory.rule["a"]["excess"].shape == ()


@pytest.mark.parametrize("settings", [{}, {"beta_of": "tensor"}, {"beta_of": "all"}, {"weight_decay": 0.1}])
def test_in_anyones_training_loop(settings: dict[str, Any]) -> None:
    module, data = net(), batches(30)
    template = net()
    params = {k: p.detach().clone() for k, p in module.named_parameters()}
    opt = HyperOptimizer(module.parameters(), "hellinger1", 0.3, **settings)
    given = {k: v for k, v in settings.items() if k == "weight_decay"}
    numbers = numbers_of(["hellinger1"], [0.3], given)[0]
    stack = Stack((Level(build("hellinger1", numbers, settings, bottom=True)),))
    state = stack.init(params, ({k: torch.tensor(v) for k, v in numbers.items()},), (torch.tensor(False),))
    for t, (batch, now) in enumerate(zip(data, trained(module, opt, data), strict=True), start=1):
        gradient = grad(lambda p, b=batch: loss_of(lambda x: functional_call(template, p, (x,)), b))(params)
        params, state = stack.step(params, gradient, state, torch.tensor(float(t)))
        assert apart(now, params) < 1e-11
