"""A rate tuned by all updates so far, or by a cosine: against references written from the formulas."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from problems import BATCH, Now, Problem, distance, small_problem, start, train
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional as F

from hyperopt.config import resolve
from hyperopt.optim import HyperOptimizer
from hyperopt.optim.torch_private import tree_map

pytestmark = pytest.mark.usefixtures("float64")

STEPS = 200
META: dict[str, Any] = {"stack": "adamw/lion", "tune": "alpha", "multiplicative": True, "form": "textbook"}


def gradients(problem: Problem, t: int, w: Tensor) -> Tensor:
    """The gradient of the loss of a minibatch in all weights as one vector."""
    shapes = {name: p.shape for name, p in problem.params.items()}
    parts = w.split([shape.numel() for shape in shapes.values()])
    params = {n: p.reshape(s).requires_grad_() for (n, s), p in zip(shapes.items(), parts, strict=True)}
    loss = F.cross_entropy(functional_call(problem.model, params, (problem.x[t],)), problem.y[t])
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(params.values()))])


def by_the_optimizer(problem: Problem, alpha: tuple[float, ...], **settings: Any) -> Iterator[Now]:
    """As `train`, in a loop of one's own."""
    module = copy.deepcopy(problem.model)
    opt = HyperOptimizer(module.parameters(), alpha=alpha, **settings)
    for x, y in zip(problem.x, problem.y, strict=True):
        opt.zero_grad()
        F.cross_entropy(module(x), y).backward()
        opt.step()
        weights = {name: p.detach().clone() for name, p in module.named_parameters()}
        yield Now(weights, {"0.alpha": opt.hyperparameters()[0]["alpha"]})


def metaoptimize(problem: Problem, gamma: float, decay: float, rate: float) -> Iterator[tuple[float, Tensor]]:
    """AdamW whose log-rate beta Lion moves by <h, g>; the rate and the weights after each step."""
    w = torch.cat([p.detach().flatten() for p in problem.params.values()])
    m, v, h = 0 * w, 0 * w, 0 * w
    beta, mean = torch.tensor(rate).log(), torch.tensor(0.0)
    for t in range(len(problem.x)):
        g = gradients(problem, t, w)
        slope = -h @ g
        beta = beta - 1e-3 * torch.sign(0.9 * mean + 0.1 * slope)
        mean = 0.99 * mean + 0.01 * slope
        alpha = beta.exp()
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = m / (1 - 0.9 ** (t + 1)) / ((v / (1 - 0.999 ** (t + 1))) ** 0.5 + 1e-8)
        h = gamma * (1 - alpha * decay) * h + alpha * (step + decay * w)
        w = w - alpha * (step + decay * w)
        yield alpha.item(), w


@pytest.mark.parametrize(("gamma", "decay", "rate"), [(0.9999, 0.0, 1e-3), (0.9, 0.9, 0.1), (1.0, 0.0, 1e-3)])
def test_a_log_rate_with_a_trace_and_lion_above_is_metaoptimize(
    gamma: float, decay: float, rate: float
) -> None:
    """h as -dw / d beta: the paper's has the opposite sign where it is defined so."""
    problem = small_problem(STEPS)
    settings = META | {"trace": gamma, "weight_decay": decay}
    ours = (
        train(problem, alpha=f"{rate}/1e-3", **settings),
        by_the_optimizer(problem, (rate, 1e-3), **settings),
    )
    for *both, (alpha, w) in zip(*ours, metaoptimize(problem, gamma, decay, rate), strict=True):
        for now in both:
            assert (torch.cat([p.flatten() for p in now.params.values()]) - w).abs().max() < 1e-9
            assert now.hyper["0.alpha"] == pytest.approx(alpha, rel=1e-9)
    assert alpha != pytest.approx(rate, rel=0.01)


def test_a_trace_of_almost_nothing_is_the_hypergradient_of_the_last_update() -> None:
    problem = small_problem(40)
    settings = {"stack": "adam/sgd", "alpha": "0.01/1e-4", "tune": "alpha"}
    pairs = zip(train(problem, **settings, trace=1e-14), train(problem, **settings), strict=True)
    *_, (traced, usual) = pairs
    assert traced.hyper["0.alpha"] == pytest.approx(usual.hyper["0.alpha"], rel=1e-9)
    assert usual.hyper["0.alpha"] != pytest.approx(0.01, rel=1e-3)


def test_the_cosine_multiplies_the_rate_by_how_alike_two_gradients_are() -> None:
    problem = small_problem(STEPS)
    w = torch.cat([p.detach().flatten() for p in problem.params.values()])
    alpha, before = 0.05, 0 * w
    settings = {"stack": "sgd/sgd", "tune": "alpha", "multiplicative": True, "hypergradient": "cosine"}
    ours = (
        train(problem, alpha="0.05/0.02", **settings),
        by_the_optimizer(problem, (0.05, 0.02), **settings),
    )
    for t, both in enumerate(zip(*ours, strict=True)):
        g = gradients(problem, t, w)
        if t:
            alpha *= float(torch.exp(0.02 * F.cosine_similarity(g, before, dim=0)))
        w, before = w - alpha * g, g
        for now in both:
            assert now.hyper["0.alpha"] == pytest.approx(alpha, rel=1e-9)
            assert (torch.cat([p.flatten() for p in now.params.values()]) - w).abs().max() < 1e-9
    assert alpha != pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize(
    ("stack", "alpha", "more"),
    [
        ("sgd/sgd", (0.05, 0.01), {"momentum": 0.9, "trace": 0.9}),
        ("rmsprop/sgd", (1e-3, 1e-4), {"trace": 0.5}),
        ("nadamw/adam", (1e-3, 0.01), {"trace": 0.99, "multiplicative": True, "hypergradient": "cosine"}),
        ("adam/sgd/sgd", (1e-2, 1e-5, 1e-8), {"trace": 0.9, "weight_decay": 0.1}),
        ("lion/sgd", (1e-3, 0.02), {"multiplicative": True, "hypergradient": "cosine", "clip": True}),
    ],
)
def test_the_optimizer_traces_as_the_experiments_do(
    stack: str, alpha: tuple[float, ...], more: dict[str, Any]
) -> None:
    """Through closed forms, and where the rule has none or decays weights in the gradient."""
    problem, settings = small_problem(STEPS), {"stack": stack, "tune": "alpha", "form": "textbook"} | more
    text = "/".join(map(repr, alpha))
    pairs = zip(
        train(problem, alpha=text, **settings), by_the_optimizer(problem, alpha, **settings), strict=True
    )
    for theirs, ours in pairs:
        assert distance(theirs, ours) < 1e-9
    assert ours.hyper["0.alpha"] != pytest.approx(alpha[0], rel=1e-3)


@pytest.mark.parametrize(("trace", "moved"), [(1.0, 3 * 2 * 1e-3), (0.5, 3 * 2 * 1e-3), (0.0, 0.0)])
def test_a_trace_stays_while_a_parameter_has_no_gradient(trace: float, moved: float) -> None:
    """The loss still has a slope in the rate of its last update, however long ago that was."""
    params = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    opt = HyperOptimizer(params, "sgd/sgd", (0.1, 1e-3), tune="alpha", trace=trace)
    for gradients_now in ((0.0, 2.0), (0.0, None), (0.0, 3.0)):
        for param, g in zip(params, gradients_now, strict=True):
            param.grad = None if g is None else torch.tensor([g])
        opt.step()
    assert opt.hyperparameters()[0]["alpha"] == pytest.approx(0.1 + moved, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("settings", [META | {"trace": 0.9, "hypergradient": "cosine"}])
def test_a_pack_is_its_runs_as_one_program(settings: dict[str, Any]) -> None:
    problem = small_problem(4)
    starts = [start(problem, resolve(settings | {"alpha": f"{a}/1e-3"})) for a in (1e-3, 1e-2)]
    training, alone = starts[0][0], [state for _, state in starts]
    together = tree_map(lambda *leaves: torch.stack(leaves), *alone)
    weight = torch.full((BATCH,), 1 / BATCH)
    mapped = torch.func.vmap(training.step, in_dims=(0, None, None, None, None))
    step = torch.compile(mapped, fullgraph=True, backend="aot_eager")
    for t, (x, y) in enumerate(zip(problem.x, problem.y, strict=True), start=1):
        now = torch.tensor(float(t))
        together = step(together, x, y, weight, now)
        alone = [training.step(state, x, y, weight, now) for state in alone]
    for i, state in enumerate(alone):
        for name, w in state.params.items():
            assert (together.params[name][i] - w).abs().max() < 1e-12


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stack": "adam", "trace": 0.9}, "trace=0.9: stack=adam has no level above 0"),
        ({"stack": "sgd", "multiplicative": True}, "multiplicative=true: stack=sgd has no level above 0"),
        ({"stack": "adam/sgd", "trace": 0.9}, "trace=0.9: tune=alpha is expected"),
        ({"stack": "adam/sgd", "hypergradient": "cosine"}, "hypergradient=cosine: tune=alpha is expected"),
        ({"stack": "sgd/sgd", "trace": 2}, "trace=2: a number from 0 up to 1"),
        ({"stack": "sgd/sgd", "alpha": "0/0.1", "multiplicative": True}, "a number above 0 is expected"),
        ({"warmup": 1}, "warmup=1: a number of at least 0 and below 1"),
    ],
)
def test_settings_at_odds_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(settings)
