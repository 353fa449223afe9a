"""HyperOptimizer against gdtuo, torch.optim, and the stack step of the experiments."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from gradient_descent_the_ultimate_optimizer import gdtuo
from loops import apart, batches, last, loss_of, net, trained
from torch import nn
from torch.func import functional_call, grad
from torch.nn import functional as F

from hyperopt.optim import HyperOptimizer
from hyperopt.optim.assemble import assemble, numbers_of
from hyperopt.optim.group_settings import completed
from hyperopt.optim.stack_settings import UNTRACED

STEPS = 200
PARITY = 1e-8

Tower = Callable[[], gdtuo.Optimizable]
AGAINST_GDTUO: dict[str, tuple[dict[str, Any], Tower]] = {
    "sgd/sgd": ({"alpha": (0.1, 1e-3)}, lambda: gdtuo.SGD(0.1, optimizer=gdtuo.SGD(1e-3))),
    "adam/sgd": ({"alpha": (0.01, 1e-3)}, lambda: gdtuo.Adam(0.01, optimizer=gdtuo.SGD(1e-3))),
    "adam/adam": ({"alpha": (0.01, 1e-3)}, lambda: gdtuo.Adam(0.01, optimizer=gdtuo.Adam(1e-3))),
    "rmsprop/sgd": ({"alpha": (0.01, 1e-4)}, lambda: gdtuo.RMSProp(0.01, optimizer=gdtuo.SGD(1e-4))),
    "adagrad/sgd/sgd": (
        {"alpha": (0.05, 1e-3, 1e-4)},
        lambda: gdtuo.AdaGrad(0.05, optimizer=gdtuo.SGD(1e-3, optimizer=gdtuo.SGD(1e-4))),
    ),
    "sgd/adam": (
        {"alpha": (0.05, 1e-3), "momentum": 0.7},
        lambda: gdtuo.SGD(0.05, 0.7, optimizer=gdtuo.Adam(1e-3)),
    ),
}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("stack", AGAINST_GDTUO)
def test_reported_form_is_gdtuo(stack: str) -> None:
    settings, tower = AGAINST_GDTUO[stack]
    ours, theirs, top = net(), net(), tower()
    wrapper = gdtuo.ModuleWrapper(theirs, optimizer=top)
    wrapper.initialize()
    opt = HyperOptimizer(ours.parameters(), stack, form="reported", **settings)
    names = [name for name, _ in ours.named_parameters()]
    for batch, now in zip(batches(STEPS), trained(ours, opt, batches(STEPS)), strict=True):
        wrapper.begin()
        loss = F.cross_entropy(wrapper.forward(batch[0]), batch[1])
        wrapper.zero_grad()
        loss.backward(create_graph=False)
        wrapper.step()
        assert apart(now, {k: wrapper.parameters[k].detach() for k in names}) < PARITY
    raw = top.parameters["alpha"].item()
    learned = raw**2 if stack.startswith("rmsprop") else raw
    assert opt.hyperparameters()[0]["alpha"] == pytest.approx(learned, rel=1e-7)
    assert learned != pytest.approx(settings["alpha"][0], rel=1e-3)


TORCH: dict[str, tuple[dict[str, Any], Callable[..., torch.optim.Optimizer]]] = {
    "sgd": ({"alpha": 0.1}, lambda p: torch.optim.SGD(p, 0.1)),
    "sgd momentum": ({"stack": "sgd", "alpha": 0.1, "momentum": 0.9}, lambda p: torch.optim.SGD(p, 0.1, 0.9)),
    "adam": (
        {"alpha": 0.01, "beta1": 0.8, "beta2": 0.99},
        lambda p: torch.optim.Adam(p, 0.01, betas=(0.8, 0.99)),
    ),
    "adagrad": ({"alpha": 0.1}, lambda p: torch.optim.Adagrad(p, 0.1)),
    "rmsprop": ({"alpha": 0.01, "gamma": 0.9}, lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9)),
}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize("maximize", [False, True])
def test_one_level_is_torch(name: str, maximize: bool) -> None:
    settings, peer = TORCH[name]
    settings = {"stack": name} | settings
    ours, theirs = net(), net()
    opt = HyperOptimizer(ours.parameters(), maximize=maximize, **settings)
    peer_opt = peer(theirs.parameters())
    for group in peer_opt.param_groups:
        group["maximize"] = maximize
    steps = 5 if maximize else 50
    assert apart(last(ours, opt, batches(steps)), last(theirs, peer_opt, batches(steps))) < 1e-9


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("form", ["textbook", "reported"])
@pytest.mark.parametrize(
    ("stack", "alpha", "clip"),
    [
        ("adam/sgd", (0.01, 1e-3), True),
        ("adam/adam/sgd", (0.01, 1e-3, 1e-4), False),
        ("rmsprop/sgd", (0.01, 1e-4), True),
    ],
)
def test_is_the_stack_step_of_the_experiments(
    stack: str, alpha: tuple[float, ...], clip: bool, form: Any
) -> None:
    module = net()
    rules = stack.split("/")
    given = {
        "stack": stack,
        "alpha": alpha,
        "lr": None,
        "clip": clip,
        "tune": "all",
        "form": form,
        "compile": False,
    }
    settings = completed(
        given
        | UNTRACED
        | {"numbers": {}, "floor": None, "multiplicative": False, "maximize": False, "schedule": None},
        dtype="float64",
    )
    levels = numbers_of(rules, alpha, settings["numbers"])
    whole = assemble(rules, settings["tune"], levels, settings["habits"])
    params = {k: p.detach().clone() for k, p in module.named_parameters()}
    numbers = tuple({k: torch.tensor(v) for k, v in level.items()} for level in levels)
    state = whole.init(params, numbers, tuple(torch.tensor(c) for c in (False, *settings["clip"])))
    opt = HyperOptimizer(module.parameters(), stack, alpha, clip=clip, form=form)
    template = copy.deepcopy(module)

    data = batches(60)
    for t, (batch, now) in enumerate(zip(data, trained(module, opt, data), strict=True), start=1):
        gradient = grad(lambda p, b=batch: F.cross_entropy(functional_call(template, p, b[0]), b[1]))(params)
        params, state = whole.step(params, gradient, state, torch.tensor(float(t)))
        assert apart(now, params) < 1e-11
    for ours, theirs in zip(opt.hyperparameters(), whole.hyperparameters(state), strict=True):
        assert ours == pytest.approx({k: v.item() for k, v in theirs.items()}, rel=1e-9)


@pytest.mark.usefixtures("float64")
def test_hypergradient_is_the_slope_of_the_loss_in_the_rate() -> None:
    def loss_after_two_steps(rate: float) -> tuple[float, float]:
        module = net()
        opt = HyperOptimizer(module.parameters(), "adam/sgd", lr=rate, alpha=1e-3, tune="alpha")
        last(module, opt, batches(2)[:1])
        before = loss_of(module, batches(2)[1]).item()
        last(module, opt, batches(2)[1:])
        return before, opt.hyperparameters()[0]["alpha"]

    rate, h = 0.01, 1e-6
    slope = (loss_after_two_steps(rate + h)[0] - loss_after_two_steps(rate - h)[0]) / (2 * h)
    moved = rate - loss_after_two_steps(rate)[1]
    assert moved == pytest.approx(1e-3 * slope, rel=1e-5)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("more", [{}, {"alpha": (2.0, 0.0)}, {"alpha": (2.0, 0.5), "multiplicative": True}])
def test_a_decay_that_leaves_nothing_of_the_weights_is_a_step_as_any_other(more: dict[str, Any]) -> None:
    """Where alpha * weight_decay is 1, as torch has it."""
    ours, theirs = (nn.Parameter(torch.tensor([1.0, -2.0, 3.0])) for _ in range(2))
    opt = HyperOptimizer([ours], "adamw/sgd", **{"alpha": (2.0, 1e-3)} | more, weight_decay=0.5)
    peer = torch.optim.AdamW([theirs], 2.0, weight_decay=0.5)
    for step in range(4):
        ours.grad, theirs.grad = ours.detach().sin(), theirs.detach().sin()
        opt.step()
        peer.step()
        if not step or more.get("alpha") == (2.0, 0.0):
            assert torch.allclose(ours, theirs, rtol=0, atol=1e-12)
        assert ours.isfinite().all()
