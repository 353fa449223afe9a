"""A rate tuned by all updates so far, or by a cosine: against references written from the formulas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from problems import BATCH, Problem, small_problem, start, train
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional as F

from hyperopt.config import resolve
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


def metaoptimize(problem: Problem, gamma: float, decay: float) -> Iterator[tuple[float, Tensor]]:
    """AdamW whose log-rate beta Lion moves by <h, g>; the rate and the weights after each step."""
    w = torch.cat([p.detach().flatten() for p in problem.params.values()])
    m, v, h = 0 * w, 0 * w, 0 * w
    beta, mean = torch.tensor(1e-3).log(), torch.tensor(0.0)
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


@pytest.mark.parametrize(("gamma", "decay"), [(0.9999, 0.0), (0.9, 0.1), (1.0, 0.0)])
def test_a_log_rate_with_a_trace_and_lion_above_is_metaoptimize(gamma: float, decay: float) -> None:
    """h as -dw / d beta: the paper's has the opposite sign where it is defined so."""
    problem = small_problem(STEPS)
    settings = META | {"alpha": "1e-3/1e-3", "trace": gamma, "weight_decay": decay}
    for now, (alpha, w) in zip(train(problem, **settings), metaoptimize(problem, gamma, decay), strict=True):
        ours = torch.cat([p.flatten() for p in now.params.values()])
        assert (ours - w).abs().max() < 1e-9
        assert now.hyper["0.alpha"] == pytest.approx(alpha, rel=1e-9)
    assert alpha != pytest.approx(1e-3, rel=0.01)


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
    settings = {"stack": "sgd/sgd", "alpha": "0.05/0.02", "multiplicative": True, "hypergradient": "cosine"}
    for t, now in enumerate(train(problem, **settings)):
        g = gradients(problem, t, w)
        if t:
            alpha *= float(torch.exp(0.02 * F.cosine_similarity(g, before, dim=0)))
        w, before = w - alpha * g, g
        assert now.hyper["0.alpha"] == pytest.approx(alpha, rel=1e-9)
        assert (torch.cat([p.flatten() for p in now.params.values()]) - w).abs().max() < 1e-9
    assert alpha != pytest.approx(0.05, rel=0.1)


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
        ({"warmup": 1}, "warmup=1: a number from 0 up to, but not, 1"),
    ],
)
def test_settings_at_odds_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(settings)
