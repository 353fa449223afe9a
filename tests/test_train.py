"""One run as a pure function, and the models it trains."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import pytest
import torch
from problems import BATCH, small_problem, start
from torch import Tensor, nn

from hyperopt import models
from hyperopt.config import resolve
from hyperopt.train import NEVER, first

pytestmark = pytest.mark.usefixtures("float64")

WEIGHT = torch.full((BATCH,), 1 / BATCH, dtype=torch.float64)


def test_a_step_changes_nothing_it_was_given() -> None:
    problem = small_problem(1)
    training, state = start(problem, resolve({"stack": "adam/sgd"}))
    before = {k: p.clone() for k, p in state.params.items()}
    after = training.step(state, problem.x[0], problem.y[0], WEIGHT, torch.tensor(1.0))
    again = training.step(state, problem.x[0], problem.y[0], WEIGHT, torch.tensor(1.0))
    for name, p in state.params.items():
        assert torch.equal(p, before[name])
        assert torch.equal(after.params[name], again.params[name])
    assert state.loss_sum == 0


def test_wrong_sum_counts_mistakes_of_rows_that_weigh_something() -> None:
    problem = small_problem(5)
    training, state = start(problem, resolve({"stack": "sgd/sgd"}))
    true, mistakes = 11, 0
    weight = (torch.arange(BATCH) < true).double() / true
    for t in range(5):
        logits = torch.func.functional_call(problem.model, state.params, (problem.x[t],))
        mistakes += (logits.argmax(dim=1) != problem.y[t])[:true].sum().item()
        state = training.step(state, problem.x[t], problem.y[t], weight, torch.tensor(t + 1.0))
    assert state.wrong_sum == mistakes > 0


def test_loss_sum_is_the_sum_of_the_minibatch_losses() -> None:
    problem = small_problem(5)
    training, state = start(problem, resolve({"stack": "sgd/sgd"}))
    losses = []
    for t in range(5):
        logits = torch.func.functional_call(problem.model, state.params, (problem.x[t],))
        losses.append(nn.functional.cross_entropy(logits, problem.y[t]).item())
        state = training.step(state, problem.x[t], problem.y[t], WEIGHT, torch.tensor(t + 1.0))
    assert state.loss_sum.item() == pytest.approx(sum(losses), rel=1e-12)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_divergence_is_noted_at_the_first_loss_that_is_not_finite(bad: float) -> None:
    problem = small_problem(6)
    problem.x[3, 0] = math.nan if math.isnan(bad) else 0.0
    training, state = start(problem, resolve({"stack": "sgd"}))
    for t in range(1, 7):
        if math.isinf(bad) and t == 4:
            state.params["3.bias"][0] = math.inf
            state.params["3.bias"][1] = math.nan
        state = training.step(state, problem.x[t - 1], problem.y[t - 1], WEIGHT, torch.tensor(float(t)))
        assert state.diverged_at.item() == (NEVER if t < 4 else 4)


def test_divergence_is_noted_where_a_hyperparameter_is_not_finite() -> None:
    problem = small_problem(4)
    training, state = start(problem, resolve({"stack": "sgd/sgd", "alpha": "0.01/0"}))
    seen = []
    for t in range(1, 5):
        state = training.step(state, problem.x[t - 1], problem.y[t - 1], WEIGHT, torch.tensor(float(t)))
        if t == 2:
            state.stack[0].tuned["alpha"].fill_(math.inf)
        seen.append(state.diverged_at.item())
    assert seen == [0, 0, 3, 3]


def test_divergence_of_a_weight_is_noted_at_the_end_of_an_epoch() -> None:
    training, state = start(small_problem(1), resolve({"stack": "sgd"}))
    assert training.mark_diverged(state, torch.tensor(9.0)).diverged_at == NEVER
    state.params["3.weight"][1, 2] = math.inf
    marked = training.mark_diverged(state, torch.tensor(9.0))
    assert marked.diverged_at == 9
    assert training.mark_diverged(marked, torch.tensor(18.0)).diverged_at == 9


def test_a_negative_alpha_is_noted_per_level() -> None:
    problem = small_problem(3)
    training, state = start(problem, resolve({"stack": "sgd/sgd/sgd", "alpha": "0.1/0/0"}))
    for t in range(1, 4):
        if t == 2:
            state.stack[1].tuned["alpha"].fill_(-1.0)
        state = training.step(state, problem.x[t - 1], problem.y[t - 1], WEIGHT, torch.tensor(float(t)))
    assert state.negative_at.tolist()[1:] == [2, NEVER]
    assert state.diverged_at == NEVER


def test_the_first_step_stands() -> None:
    def at(so_far: int, happens: bool) -> int:
        return int(first(torch.tensor(so_far), torch.tensor(happens), torch.tensor(7.0)).item())

    assert [at(NEVER, False), at(NEVER, True), at(3, True), at(3, False)] == [NEVER, 7, 3, 3]


def mlp(**options: object) -> Mapping[str, object]:
    """The model of a run with these options of the fully connected net."""
    return resolve({"model": "mlp", **{f"model.{key}": value for key, value in options.items()}}).model


def test_the_reports_net() -> None:
    """784 - 128 - tanh - 10 - tanh, torch's initial weights (docs/reports/gdtuo.md, "The MNIST net")."""
    options = {"hidden": (128,), "activation": "tanh", "output_activation": "tanh"}
    torch.manual_seed(5)
    net = models.build(mlp(**options), (1, 28, 28), 10)
    torch.manual_seed(5)
    plain = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.Tanh(), nn.Linear(128, 10), nn.Tanh())
    x = torch.randn(3, 1, 28, 28)
    assert torch.equal(net(x), plain(x))
    assert sum(p.numel() for p in models.parameters(net).values()) == 101_770
    assert not any(p.requires_grad for p in models.parameters(net).values())


@pytest.mark.parametrize(
    ("activation", "function"), [("relu", torch.relu), ("sigmoid", torch.sigmoid), ("none", lambda x: x)]
)
def test_every_width_and_activation(activation: str, function: Callable[[Tensor], Tensor]) -> None:
    net = models.build(mlp(hidden=(6, 5), activation=activation, output_activation="none"), (4,), 3)
    p, x = models.parameters(net), torch.randn(2, 4)
    assert [tuple(v.shape) for k, v in p.items() if "weight" in k] == [(6, 4), (5, 6), (3, 5)]
    first_, second, last = [(p[k], p[k.replace("weight", "bias")]) for k in p if "weight" in k]
    hidden = function(function(x @ first_[0].T + first_[1]) @ second[0].T + second[1])
    assert torch.allclose(net(x), hidden @ last[0].T + last[1])


def test_weights_and_biases_of_the_normal_distribution() -> None:
    options = {"hidden": (500,), "activation": "sigmoid", "output_activation": "none", "init": "normal"}
    net = models.parameters(models.build(mlp(**options), (1, 28, 28), 10))
    assert sum(p.numel() for p in net.values()) == 397_510
    for values in net.values():
        near = 5 / values.numel() ** 0.5
        assert abs(values.mean().item()) < near
        assert abs(values.std().item() - 1) < near


def test_a_linear_map_starts_at_zero() -> None:
    net = models.build({"name": "linear"}, (2,), None)
    [weight] = models.parameters(net).values()
    assert weight.tolist() == [[0, 0]]
    weight += torch.tensor([3.0, 5.0])
    assert net(torch.tensor([[1.0, 2.0]])).tolist() == [[13]]


def test_logistic_regression_is_one_linear_layer() -> None:
    net = models.build({"name": "logistic"}, (2, 3), 4)
    weight, bias = models.parameters(net).values()
    x = torch.randn(5, 2, 3)
    assert torch.allclose(net(x), x.reshape(5, 6) @ weight.T + bias)
