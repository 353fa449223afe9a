"""Hypergradient descent: the published updates written out by hand, and the options they need of rules."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import reduce
from operator import add
from typing import Any

import pytest
import torch
from problems import Problem, distance, small_problem, start, train
from torch import Tensor
from torch.nn import functional as F

from hyperopt.config import ConfigError, resolve
from hyperopt.engine.pack import stack_of
from hyperopt.optim import HyperOptimizer
from hyperopt.optim.rules.adam import Adam
from hyperopt.optim.rules.sgd import Sgd

pytestmark = pytest.mark.usefixtures("float64")

STEPS, L2, MU = 40, 0.01, 0.9
BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


def gradients(problem: Problem) -> Iterator[tuple[list[Tensor], list[Tensor]]]:
    """At each step the weights, to be moved in place, and their gradients with the L2 term in them."""
    model = copy.deepcopy(problem.model)
    weights: list[Tensor] = list(model.parameters())
    for x, y in zip(problem.x, problem.y, strict=True):
        found = torch.autograd.grad(F.cross_entropy(model(x), y), weights)
        with torch.no_grad():
            yield weights, [g + L2 * w for g, w in zip(found, weights, strict=True)]


def product(a: list[Tensor], b: list[Tensor]) -> Tensor:
    return reduce(add, ((x * y).sum() for x, y in zip(a, b, strict=True)))


def sgd_hd(
    problem: Problem, alpha: Any, beta: float, mu: float = 0.0
) -> Iterator[tuple[list[Tensor], float]]:
    """h = <g_t, d_{t-1}>, alpha += beta h, then w -= alpha d_t; d = g, or g + mu buffer.

    The code is that of docs/reports/hypergradient.md, "Update rules".
    """
    buffers: list[Tensor] = []
    before: list[Tensor] = []
    for weights, grads in gradients(problem):
        if before:
            alpha = alpha + beta * product(grads, before)
        buffers = [mu * b + g for b, g in zip(buffers, grads, strict=True)] if buffers else grads
        before = [g + mu * b for g, b in zip(grads, buffers, strict=True)] if mu else grads
        for w, d in zip(weights, before, strict=True):
            w -= alpha * d
        yield weights, float(alpha)


def adam_hd(
    problem: Problem, alpha: Any, beta: float, *, published: bool
) -> Iterator[tuple[list[Tensor], float]]:
    """The paper's flat product, or the published code's, which moves alpha after each tensor.

    Both are in docs/reports/hypergradient.md, "Update rules".
    """
    m = [torch.zeros_like(p) for p in problem.model.parameters()]
    v = [torch.zeros_like(p) for p in problem.model.parameters()]

    def direction(i: int, t: int) -> Tensor:
        if published:
            rate: float = (1 - BETA2**t) ** 0.5 / (1 - BETA1**t)
            return rate * m[i] / (v[i].sqrt() + EPS)
        return m[i] / (1 - BETA1**t) / ((v[i] / (1 - BETA2**t)).sqrt() + EPS)

    for t, (weights, grads) in enumerate(gradients(problem), start=1):
        if t > 1 and not published:
            alpha = alpha + beta * product(grads, [direction(i, t - 1) for i in range(len(grads))])
        for i, (w, g) in enumerate(zip(weights, grads, strict=True)):
            if t > 1 and published:
                alpha = alpha + beta * (g * direction(i, t - 1)).sum()
            m[i] = BETA1 * m[i] + (1 - BETA1) * g
            v[i] = BETA2 * v[i] + (1 - BETA2) * g * g
            w -= alpha * direction(i, t)
        yield weights, float(alpha)


BY_HAND = {
    "sgd_hd": ({"stack": "sgd_hd", "alpha": "0.01/0.02"}, lambda p: sgd_hd(p, 0.01, 0.02)),
    "sgdn_hd": ({"stack": "sgdn_hd", "alpha": "0.01/0.001"}, lambda p: sgd_hd(p, 0.01, 0.001, mu=MU)),
    "adam_hd, reported": (
        {"stack": "adam_hd", "alpha": "0.001/1e-4"},
        lambda p: adam_hd(p, 0.001, 1e-4, published=True),
    ),
    "adam_hd, textbook": (
        {"stack": "adam_hd", "alpha": "0.001/1e-4", "form": "textbook"},
        lambda p: adam_hd(p, 0.001, 1e-4, published=False),
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_method_is_the_published_update(name: str) -> None:
    settings, by_hand = BY_HAND[name]
    problem = small_problem(STEPS)
    names = list(problem.params)
    for now, (weights, alpha) in zip(train(problem, l2=L2, **settings), by_hand(problem), strict=True):
        for key, theirs in zip(names, weights, strict=True):
            assert torch.allclose(now.params[key], theirs, rtol=0, atol=1e-12)
        assert now.hyper["0.alpha"] == pytest.approx(alpha, rel=1e-12)
    first = resolve(settings).alpha[0]
    assert abs(alpha - first) > 0.2 * first, "alpha was hardly tuned"


EQUAL: dict[str, dict[str, Any]] = {
    "sgd_hd": {"stack": "sgd/sgd"},
    "sgdn_hd": {"stack": "sgd/sgd", "tune": "alpha", "momentum": 0.9, "nesterov": True},
    "adam_hd": {
        "stack": "adam/sgd",
        "tune": "alpha",
        "adam_start": 0,
        "eps_before_correction": True,
        "tune_after": "tensor",
    },
}


@pytest.mark.parametrize("name", EQUAL)
def test_a_shorthand_is_the_run_it_stands_for(name: str) -> None:
    numbers: dict[str, Any] = {"alpha": "1e-3/1e-4", "epochs": 3}
    assert resolve({"stack": name, **numbers}).id == resolve({**EQUAL[name], **numbers}).id


def test_what_a_shorthand_leaves_open_can_be_set() -> None:
    assert resolve({"stack": "sgdn_hd", "momentum": 0.5}).numbers["momentum"] == 0.5
    assert resolve({"stack": "sgdn_hd", "momentum": None}).numbers["momentum"] == 0.9
    assert resolve({"stack": "adam_hd", "tune_after": "step"}).procedure["tune_after"] == "step"
    flat = {"stack": "adam/sgd", "tune": "alpha", "form": "textbook"}
    assert resolve({"stack": "adam_hd", "form": "textbook"}).id == resolve(flat).id


BAD = {
    "a level of a stack": ({"stack": "sgd_hd/sgd"}, "sgd_hd is a whole stack, sgd/sgd"),
    "in a list": ({"stack": ["adam_hd", "sgd"]}, "adam_hd is a whole stack"),
    "another tune": ({"stack": "adam_hd", "tune": "all"}, "stack=adam_hd has tune=alpha"),
    "without nesterov": ({"stack": "sgdn_hd", "nesterov": False}, "stack=sgdn_hd has nesterov=true"),
    "nesterov of adam": ({"stack": "adam", "nesterov": True}, "no such habit"),
    "nesterov above level 0": ({"stack": "adam/sgd", "nesterov": True}, "no such habit"),
    "nesterov without momentum": ({"stack": "sgd", "nesterov": True}, "a momentum above 0"),
    "nesterov with dampening": (
        {"stack": "sgd", "nesterov": True, "momentum": 0.9, "dampening": 0.1},
        "dampening=0",
    ),
    "nesterov of the steroids": ({"stack": "sgd_steroids", "nesterov": True}, "dampening=0"),
    "three levels by tensor": ({"stack": "sgd/sgd/sgd", "tune_after": "tensor"}, "two levels"),
    "adam on top by tensor": ({"stack": "sgd/adam", "tune_after": "tensor"}, "sgd on top"),
    "betas by tensor": ({"stack": "adam/sgd", "tune_after": "tensor"}, "tune=alpha"),
    "a clip by tensor": ({"stack": "adam_hd", "clip": True}, "clip=false"),
    "a schedule": ({"schedule": "linear"}, "constant, inverse_sqrt"),
}


@pytest.mark.parametrize(("asked", "says"), BAD.values(), ids=BAD)
def test_what_does_not_fit_is_refused(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(asked)
    assert says in str(caught.value)


def test_options_are_level_0s_alone() -> None:
    bottom, top = stack_of(resolve({"stack": "sgdn_hd", "schedule": "inverse_sqrt"})).levels
    assert (bottom.rule, top.rule) == (Sgd(has_momentum=True, nesterov=True), Sgd())
    assert (bottom.schedule.shape, top.schedule.shape) == ("inverse_sqrt", "constant")
    one, two = stack_of(
        resolve({"stack": "adam/adam", "eps_before_correction": True, "adam_start": 0})
    ).levels
    assert (one.rule, two.rule) == (Adam(eps_before_correction=True), Adam())


@pytest.mark.parametrize("momentum", [0.9, 0.5])
def test_nesterov_with_weight_decay_is_torchs(momentum: float) -> None:
    problem = small_problem(STEPS)
    model = copy.deepcopy(problem.model)
    theirs = torch.optim.SGD(model.parameters(), 0.05, momentum, weight_decay=L2, nesterov=True)
    twin = copy.deepcopy(problem.model)
    drop_in = HyperOptimizer(
        twin.parameters(), "sgd", 0.05, momentum=momentum, weight_decay=L2, nesterov=True
    )
    settings = {"stack": "sgd", "alpha": 0.05, "momentum": momentum, "nesterov": True}
    ours = [train(problem, **settings, l2=L2), train(problem, **settings, weight_decay=L2)]
    for x, y, *now in zip(problem.x, problem.y, *ours, strict=True):
        for net, optimizer in ((model, theirs), (twin, drop_in)):
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
        for key, expected in model.named_parameters():
            for found in (now[0].params[key], now[1].params[key], dict(twin.named_parameters())[key]):
                assert torch.allclose(found, expected, rtol=0, atol=1e-12)


def test_the_drop_in_optimizer_refuses_nesterov_without_momentum() -> None:
    with pytest.raises(ValueError, match="a momentum above 0"):
        HyperOptimizer([torch.nn.Parameter(torch.zeros(2))], "sgd", nesterov=True)


def test_a_falling_rate_is_torchs_lambda() -> None:
    problem = small_problem(STEPS)
    model = copy.deepcopy(problem.model)
    theirs = torch.optim.Adam(model.parameters(), 0.02, weight_decay=L2)
    falling = torch.optim.lr_scheduler.LambdaLR(theirs, lambda t: (t + 1) ** -0.5)
    settings = {"stack": "adam", "alpha": 0.02, "form": "textbook", "schedule": "inverse_sqrt", "l2": L2}
    for now, x, y in zip(train(problem, **settings), problem.x, problem.y, strict=True):
        theirs.zero_grad()
        F.cross_entropy(model(x), y).backward()
        theirs.step()
        falling.step()
        assert now.hyper["0.alpha"] == 0.02, "the hyperparameter itself stays"
        for key, expected in model.named_parameters():
            assert torch.allclose(now.params[key], expected, rtol=0, atol=1e-12)


def test_the_hypergradient_of_a_falling_rate_has_its_root() -> None:
    """d_t = g_t / sqrt(t) is the direction whose product with the next gradient moves alpha."""
    problem = small_problem(STEPS)
    alpha, before = 0.05, None
    steps = train(problem, stack="sgd_hd", alpha="0.05/0.02", schedule="inverse_sqrt", l2=L2)
    for t, (now, (weights, grads)) in enumerate(zip(steps, gradients(problem), strict=True), start=1):
        if before is not None:
            alpha = alpha + 0.02 * float(product(grads, before))
        before = [g / t**0.5 for g in grads]
        for w, d in zip(weights, before, strict=True):
            w -= alpha * d
        assert now.hyper["0.alpha"] == pytest.approx(alpha, rel=1e-12)


def test_tuning_after_each_tensor_ends_a_step_where_tuning_once_does_but_moves_the_weights_otherwise() -> (
    None
):
    """The first alpha that moves is that of step 2, of which both forms make the same."""
    problem = small_problem(3)
    settings = {"stack": "adam/sgd", "tune": "alpha", "alpha": "0.001/0.01", "l2": L2}
    once, after_each = (list(train(problem, **settings, tune_after=when)) for when in ("step", "tensor"))
    assert once[1].hyper == pytest.approx(after_each[1].hyper, rel=1e-12)
    assert distance(once[0], after_each[0]) == 0
    last = list(problem.params)[-1]
    assert torch.allclose(once[1].params[last], after_each[1].params[last], rtol=0, atol=1e-15)
    assert distance(once[1], after_each[1]) > 1e-6


def test_eps_before_correction_is_larger_at_first_by_the_root_of_the_correction() -> None:
    grad, step = torch.tensor(3e-8), torch.tensor(1.0)
    hyper = {k: torch.tensor(v) for k, v in Adam.hyperparameters.items()}
    rule = Adam(eps_before_correction=True)
    update, _ = rule.update(grad, rule.init(grad), hyper, step, grad)
    root = (1e-3) ** 0.5
    assert update.item() == pytest.approx(1e-3 * 3e-8 * root / (root * 3e-8 + 1e-8), rel=1e-9)


def test_the_rate_of_a_run_is_what_moved_the_weights() -> None:
    training, state = start(small_problem(2), resolve({"stack": "adam", "schedule": "inverse_sqrt"}))
    assert training.stack.rate(state.stack, torch.tensor(4.0)).item() == pytest.approx(0.0005)
