"""Hypergradients: central finite differences, zero at step 1, never NaN for want of a gradient."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from problems import BATCH, small_problem, start
from torch import Tensor

from hyperopt.config import resolve
from hyperopt.optim.level import Tree
from hyperopt.optim.rules import RULES
from hyperopt.optim.stack import Stack, StackState
from hyperopt.train import Training

pytestmark = pytest.mark.usefixtures("float64")

FORMS = ["reported", "textbook"]
ROW_WEIGHT = 1 / BATCH
TUNED = [rule for rule in RULES if RULES[rule].tunable(RULES[rule].hyperparameters)]
"""The rules of which a level above can tune something."""

DIFFERENTIATED: list[tuple[dict[str, Any], int, str]] = [
    *[
        ({"stack": f"{rule}/sgd"}, 0, name)
        for rule in TUNED
        for name in resolve({"stack": f"{rule}/sgd"}).tune
    ],
    *[({"stack": f"{rule}/sgd", "tune": "weight_decay"}, 0, "weight_decay") for rule in ("adamw", "nadamw")],
    ({"stack": "adam/sgd", "weight_decay": 0.1}, 0, "beta2"),
    ({"stack": "sgd/sgd", "momentum": 0.7}, 0, "alpha"),
    ({"stack": "sgd/sgd", "momentum": 0.7}, 0, "momentum"),
    *[
        ({"stack": "sgd/sgd", "momentum": 0.7, "dampening": 0.2, "weight_decay": 0.01}, 0, name)
        for name in ("alpha", "momentum", "dampening")
    ],
    *[
        ({"stack": "sgd/sgd_steroids/sgd", "alpha": "0.1/0.01/0"}, 1, name)
        for name in ("alpha", "momentum", "dampening")
    ],
    ({"stack": "adam/sgd/sgd", "alpha": "0.01/1e-5/0"}, 1, "alpha"),
    *[({"stack": "sgd/adam/sgd", "alpha": "0.1/0.01/0"}, 1, name) for name in ("alpha", "beta1", "beta2")],
    *[({"stack": "adam/rmsprop/sgd", "alpha": "0.01/0.001/0"}, 1, name) for name in ("alpha", "gamma")],
    ({"stack": "adam/adagrad/sgd", "alpha": "0.01/0.001/0"}, 1, "alpha"),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("settings", "level", "name"), DIFFERENTIATED, ids=[f"{s['stack']} {k}.{n}" for s, k, n in DIFFERENTIATED]
)
def test_hypergradient_is_the_derivative_of_the_next_loss(
    settings: dict[str, Any], level: int, name: str, form: str
) -> None:
    """The next loss as a function of one raw value in the update before it, the levels above cut off."""
    problem = small_problem(6)
    run = resolve({"form": form, **settings})
    training, state = start(problem, run)
    weight = torch.full((BATCH,), ROW_WEIGHT)
    for t in range(1, 5):
        state = training.step(state, problem.x[t - 1], problem.y[t - 1], weight, torch.tensor(float(t)))
    after = training.step(state, problem.x[4], problem.y[4], weight, torch.tensor(5.0))

    below = Stack(tuple(_untuned(training, level)))
    space = training.stack.levels[level].space(name)
    raw_used = after.stack[level].tuned[name]

    def next_loss(raw: Tensor) -> Tensor:
        """The loss after step 5, had the level used `raw` in it, and every value above as it was."""
        used = after.stack[level]
        fixed = {
            **training.stack.levels[level].hyperparameters(used.tuned, used.fixed),
            name: space.natural(raw),
        }
        top = state.stack[level]._replace(tuned={}, fixed=fixed)
        params = (
            Training(problem.model, below)
            .step(
                state._replace(stack=(*state.stack[:level], top), negative_at=state.negative_at[: level + 1]),
                problem.x[4],
                problem.y[4],
                weight,
                torch.tensor(5.0),
            )
            .params
        )
        return training._loss(params, {}, problem.x[5], problem.y[5], weight)[0]

    assert torch.allclose(
        training._loss(after.params, {}, problem.x[5], problem.y[5], weight)[0],
        next_loss(raw_used),
        rtol=1e-13,
    ), "the replay is not the step"
    ours = hypergradients(training, after.params, after.stack, problem.x[5], problem.y[5], 6)[level][name]
    h = 1e-5 * max(abs(raw_used.item()), 1e-3)
    central = (next_loss(raw_used + h) - next_loss(raw_used - h)) / (2 * h)
    assert abs(central.item()) > 1e-12, "nothing to compare"
    assert ours.item() == pytest.approx(central.item(), rel=1e-5)


def _untuned(training: Training, level: int) -> list[Any]:
    """The levels up to `level`, whose own hyperparameters nobody tunes."""
    from dataclasses import replace

    *lower, top = training.stack.levels[: level + 1]
    return [*lower, replace(top, tuned=())]


def hypergradients(
    training: Training, params: Tree, state: StackState, x: Tensor, y: Tensor, t: int
) -> list[Tree]:
    """The gradient of the loss in the tuned raw values of every level but the top one."""
    weight = torch.full((len(x),), 1 / len(x))
    grads, _ = torch.func.grad(training._loss, has_aux=True)(params, {}, x, y, weight)
    found = [grads]
    for level, level_state in zip(training.stack.levels[:-1], state[:-1], strict=True):
        found.append(level.hypergradient(level_state, found[-1], torch.tensor(float(t))))
    return found[1:]


DECAYS = {rule for rule in RULES if RULES[rule].hyperparameters.get("weight_decay")}
"""What these move changes without any gradient."""
TOWERS = [f"{rule}/{above}" for rule in TUNED for above in TUNED if above not in DECAYS]
TOWERS += ["adam/adam/adam", "rmsprop/rmsprop/rmsprop", "adam/rkl1", "sgd/hellinger3"]


WITHOUT_DECAY = [stack for stack in TOWERS if not stack.endswith("/sgd_steroids")]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stack", WITHOUT_DECAY)
def test_the_first_step_moves_no_hyperparameter(stack: str, form: str) -> None:
    """At step 1 the hypergradient is exactly zero, however large the rates above."""
    problem = small_problem(1)
    height = stack.count("/") + 1
    run = resolve({"stack": stack, "form": form, "alpha": "/".join(["0.01"] + ["1000"] * (height - 1))})
    training, before = start(problem, run)
    after = training.step(
        before, problem.x[0], problem.y[0], torch.full((BATCH,), ROW_WEIGHT), torch.tensor(1.0)
    )
    for level_before, level_after in zip(before.stack, after.stack, strict=True):
        assert level_after.tuned == level_before.tuned
    assert any((after.params[k] != p).any() for k, p in before.params.items())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rule", TUNED)
def test_the_first_hypergradient_is_zero_whatever_the_gradient(rule: str, form: str) -> None:
    problem = small_problem(1)
    training, state = start(problem, resolve({"stack": f"{rule}/sgd", "form": form}))
    level = training.stack.levels[0]
    for bad in (math.nan, math.inf):
        gradients = {k: torch.full_like(p, bad) for k, p in problem.params.items()}
        first = level.hypergradient(state.stack[0], gradients, torch.tensor(1.0))
        assert set(first) == set(level.tuned)
        assert all(h.item() == 0 for h in first.values())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stack", TOWERS)
@pytest.mark.parametrize("dead", ["one input", "every input"])
def test_a_gradient_that_is_always_zero_makes_no_nan(stack: str, form: str, dead: str) -> None:
    """An input that is always 0 (a border pixel) leaves its weights without gradient."""
    problem = small_problem(6)
    x = problem.x.clone()
    x[:, :, 3] = 0
    weight = torch.full((BATCH,), ROW_WEIGHT if dead == "one input" else 0.0)
    training, state = start(problem, resolve({"stack": stack, "form": form, "clip": True}))
    for t in range(1, 7):
        state = training.step(state, x[t - 1], problem.y[t - 1], weight, torch.tensor(float(t)))
        for level in training.stack.hyperparameters(state.stack):
            assert all(math.isfinite(v.item()) for v in level.values()), level
    if stack.partition("/")[0] not in DECAYS:
        assert torch.equal(state.params["1.weight"][:, 3], problem.params["1.weight"][:, 3])
    assert state.diverged_at == 0
    if dead == "one input":
        first = training.stack.hyperparameters(state.stack)[0]["alpha"].item()
        assert first != pytest.approx(run_alpha(stack, form), rel=1e-12), "the hypergradient vanished"


def run_alpha(stack: str, form: str) -> float:
    return resolve({"stack": stack, "form": form}).alpha[0]
