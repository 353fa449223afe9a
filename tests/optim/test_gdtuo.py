"""gdtuo, the library behind the first reports, as oracle: same weights and minibatches, float64."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import pytest
from gradient_descent_the_ultimate_optimizer import gdtuo
from problems import Now, Problem, distance, small_problem, train
from torch.nn import functional as F

pytestmark = pytest.mark.usefixtures("float64")

STEPS = 100
CALM = 1e-9
MULTIPLE = 30
"""Reversed rows leave 1 - beta2**t alone, where another form of the power moves a last bit, amplified."""

Peer = Callable[[], gdtuo.Optimizable]


def gdtuo_train(problem: Problem, optimizer: gdtuo.Optimizable) -> Iterator[Now]:
    wrapper = gdtuo.ModuleWrapper(copy.deepcopy(problem.model), optimizer=optimizer)
    wrapper.initialize()
    for x, y in zip(problem.x, problem.y, strict=True):
        wrapper.begin()
        loss = F.cross_entropy(wrapper.forward(x), y)
        wrapper.zero_grad()
        loss.backward()
        wrapper.step()
        yield Now({k: p.detach() for k, p in wrapper.parameters.items()}, dict(natural(optimizer)))


def natural(optimizer: gdtuo.Optimizable, level: int = 0) -> Iterator[tuple[str, float]]:
    """Every hyperparameter of a gdtuo tower in natural units, by our names."""
    kind = type(optimizer)
    if kind is gdtuo.NoOpOptimizer:
        return
    for name, raw in optimizer.parameters.items():
        if name == "alpha" and kind in (gdtuo.RMSProp, gdtuo.RMSPropAlpha):
            yield f"{level}.alpha", raw.item() ** 2
        elif name in ("beta1", "beta2", "gamma"):
            yield f"{level}.{name}", gdtuo.Adam.clamp(raw).item()
        else:
            yield f"{level}.{'momentum' if name == 'mu' else name}", raw.item()
    yield from natural(optimizer.optimizer, level + 1)


def sgd(alpha: float, above: gdtuo.Optimizable | None = None, mu: float = 0.0) -> gdtuo.Optimizable:
    return gdtuo.SGD(alpha, mu, optimizer=above or gdtuo.NoOpOptimizer())


PEERS: dict[str, tuple[dict[str, object], Peer]] = {
    "sgd/sgd": ({"stack": "sgd/sgd", "alpha": "0.1/0.01"}, lambda: sgd(0.1, sgd(0.01))),
    "sgd with momentum/sgd": (
        {"stack": "sgd/sgd", "alpha": "0.05/0.001", "momentum": 0.8},
        lambda: sgd(0.05, sgd(0.001), mu=0.8),
    ),
    "adam/sgd": (
        {"stack": "adam/sgd", "alpha": "0.01/1e-5"},
        lambda: gdtuo.Adam(0.01, optimizer=sgd(1e-5)),
    ),
    "adam/adam": (
        {"stack": "adam/adam", "alpha": "0.01/1e-3"},
        lambda: gdtuo.Adam(0.01, optimizer=gdtuo.Adam(1e-3)),
    ),
    "adagrad/sgd": (
        {"stack": "adagrad/sgd", "alpha": "0.05/0.01"},
        lambda: gdtuo.AdaGrad(0.05, optimizer=sgd(0.01)),
    ),
    "rmsprop/rmsprop": (
        {"stack": "rmsprop/rmsprop", "alpha": "0.01/1e-4"},
        lambda: gdtuo.RMSProp(0.01, optimizer=gdtuo.RMSProp(1e-4)),
    ),
    "adam/sgd, alpha only": (
        {"stack": "adam/sgd", "alpha": "0.01/1e-5", "tune": "alpha", "beta1": 0.8, "beta2": 0.99},
        lambda: gdtuo.AdamBaydin(0.01, 0.8, 0.99, optimizer=sgd(1e-5)),
    ),
    "rmsprop/sgd, alpha only": (
        {"stack": "rmsprop/sgd", "alpha": "0.01/1e-5", "tune": "alpha", "gamma": 0.9},
        lambda: gdtuo.RMSPropAlpha(0.01, 0.9, optimizer=sgd(1e-5)),
    ),
    "sgd/sgd/sgd": (
        {"stack": "sgd/sgd/sgd", "alpha": "0.1/0.01/0.001"},
        lambda: sgd(0.1, sgd(0.01, sgd(0.001))),
    ),
    "adam/sgd/sgd": (
        {"stack": "adam/sgd/sgd", "alpha": "0.01/1e-5/1e-6"},
        lambda: gdtuo.Adam(0.01, optimizer=sgd(1e-5, sgd(1e-6))),
    ),
}


@pytest.mark.parametrize("name", PEERS)
def test_calm_stacks_equal_gdtuo(name: str) -> None:
    settings, peer = PEERS[name]
    problem = small_problem(STEPS)
    ours, theirs = list(train(problem, **settings)), list(gdtuo_train(problem, peer()))
    assert len(theirs) == STEPS
    assert max(map(distance, ours, theirs)) < CALM
    moved = {k for k, v in theirs[-1].hyper.items() if v != theirs[0].hyper[k]}
    expected = {"0.alpha"} if "alpha only" in name else {k for k in theirs[0].hyper if k[0] == "0"}
    assert moved >= expected - ({"0.momentum"} if "momentum" not in name else set())


CHAOTIC: dict[str, tuple[dict[str, object], Peer]] = {
    "rmsprop/rmsprop": (
        {"stack": "rmsprop/rmsprop", "alpha": "0.01/0.1"},
        lambda: gdtuo.RMSProp(0.01, optimizer=gdtuo.RMSProp(0.1)),
    ),
    "adam/sgd/sgd": (
        {"stack": "adam/sgd/sgd", "alpha": "0.01/0.001/0.01"},
        lambda: gdtuo.Adam(0.01, optimizer=sgd(0.001, sgd(0.01))),
    ),
}


@pytest.mark.parametrize("name", CHAOTIC)
def test_chaotic_stacks_stay_as_near_to_gdtuo_as_gdtuo_to_itself(name: str) -> None:
    settings, peer = CHAOTIC[name]
    problem = small_problem(STEPS)
    reversed_rows = problem._replace(x=problem.x.flip(1), y=problem.y.flip(1))
    theirs = list(gdtuo_train(problem, peer()))
    yardstick = [distance(a, b) for a, b in zip(gdtuo_train(reversed_rows, peer()), theirs, strict=True)]
    ours = [distance(a, b) for a, b in zip(train(problem, **settings), theirs, strict=True)]
    assert max(yardstick) > 1e-3, "these settings are calm"
    for t in range(1, STEPS + 1):
        assert max(ours[:t]) <= max(CALM, MULTIPLE * max(yardstick[:t]))
