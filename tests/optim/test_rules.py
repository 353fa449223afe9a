"""Every rule alone: torch.optim as oracle in textbook form, and the reported habits by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from adabelief_pytorch import AdaBelief
from problems import BATCH, distance, small_problem, train
from torch import Tensor
from torch.nn import functional as F
from torch.optim import SGD, Adagrad, Adam, Optimizer, RMSprop

from hyperopt.optim.rules import RULES
from hyperopt.optim.rules.rule import safe_sqrt

pytestmark = pytest.mark.usefixtures("float64")

PEERS: dict[str, tuple[dict[str, Any], Callable[[Iterable[Tensor]], Optimizer]]] = {
    "sgd": ({"stack": "sgd", "alpha": 0.3}, lambda w: SGD(w, 0.3)),
    "sgd with momentum": (
        {"stack": "sgd", "alpha": 0.1, "momentum": 0.9},
        lambda w: SGD(w, 0.1, momentum=0.9),
    ),
    "sgd_steroids without dampening": (
        {"stack": "sgd_steroids", "alpha": 0.1, "weight_decay": 0.01, "dampening": 0},
        lambda w: SGD(w, 0.1, momentum=0.9, weight_decay=0.01),
    ),
    "adam": ({"stack": "adam", "alpha": 0.02}, lambda w: Adam(w, 0.02)),
    "adam with other betas": (
        {"stack": "adam", "alpha": 0.02, "beta1": 0.5, "beta2": 0.9},
        lambda w: Adam(w, 0.02, betas=(0.5, 0.9)),
    ),
    "adagrad": ({"stack": "adagrad", "alpha": 0.1}, lambda w: Adagrad(w, 0.1)),
    "rmsprop": ({"stack": "rmsprop", "alpha": 0.01}, lambda w: RMSprop(w, 0.01)),
    "rmsprop with another gamma": (
        {"stack": "rmsprop", "alpha": 0.01, "gamma": 0.8},
        lambda w: RMSprop(w, 0.01, alpha=0.8),
    ),
    "adabelief": (
        {"stack": "adabelief", "alpha": 0.01},
        lambda w: AdaBelief(w, 0.01, eps=1e-8, rectify=False, weight_decouple=False, print_change_log=False),
    ),
    "amsgrad": ({"stack": "amsgrad", "alpha": 0.01}, lambda w: Adam(w, 0.01, amsgrad=True)),
    "amsgrad with other betas": (
        {"stack": "amsgrad", "alpha": 0.01, "beta1": 0.5, "beta2": 0.7},
        lambda w: Adam(w, 0.01, betas=(0.5, 0.7), amsgrad=True),
    ),
}


@pytest.mark.parametrize("name", PEERS)
def test_a_textbook_rule_without_a_level_above_is_torch_optim(name: str) -> None:
    settings, peer = PEERS[name]
    problem = small_problem(50)
    model = copy.deepcopy(problem.model)
    optimizer = peer(model.parameters())
    steps = zip(train(problem, form="textbook", **settings), problem.x, problem.y, strict=True)
    for now, x, y in steps:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        for key, theirs in model.named_parameters():
            assert torch.allclose(now.params[key], theirs, rtol=0, atol=1e-12)
    assert (now.params["1.weight"] - problem.params["1.weight"]).abs().max() > 0.1, "nothing was learned"


ONE_UPDATE = [
    (
        "adam",
        {"adam_start": 1e-2},
        lambda g: 0.001 * g / (((0.999 * 1e-2 + 0.001 * g * g) / 0.001) ** 0.5 + 1e-8),
    ),
    (
        "adabelief",
        {"adabelief_start": 1e-2},
        lambda g: 0.001 * g / (((0.999 * 1e-2 + 0.001 * (0.9 * g) ** 2 + 1e-8) / 0.001) ** 0.5 + 1e-8),
    ),
    (
        "amsgrad",
        {"amsgrad_bias_correction": False},
        lambda g: 0.001 * 0.1 * g / ((0.001 * g * g) ** 0.5 + 1e-8),
    ),
    (
        "amsgrad",
        {"amsgrad_start": 1.0, "amsgrad_bias_correction": False},
        lambda g: 0.001 * 0.1 * g / (max(1.0, 0.999 + 0.001 * g * g) ** 0.5 + 1e-8),
    ),
    ("adagrad", {"adagrad_start": 0.1}, lambda g: 0.01 * g / ((0.1 + g * g) ** 0.5 + 1e-10)),
    ("adagrad", {"eps_inside_root": True}, lambda g: 0.01 * g / (g * g + 1e-10) ** 0.5),
    ("rmsprop", {"eps_inside_root": True}, lambda g: 0.01 * g / (0.01 * g * g + 1e-8) ** 0.5),
]


@pytest.mark.parametrize(("name", "habit", "expected"), ONE_UPDATE)
@pytest.mark.parametrize("g", [3.0, 1e-4])
def test_a_habit_changes_the_first_update_as_spec_says(
    name: str, habit: dict[str, Any], expected: Callable[[float], float], g: float
) -> None:
    rule = RULES[name](**habit)
    hyper = {k: torch.tensor(v) for k, v in rule.hyperparameters.items()}
    grad = torch.tensor(g)
    update, _ = rule.update(grad, rule.init(grad), hyper, torch.tensor(1.0), grad)
    assert update.item() == pytest.approx(expected(g), rel=1e-12)


@pytest.mark.parametrize("name", RULES)
def test_reported_habits_are_fields_of_the_rule(name: str) -> None:
    for form in (0, 1):
        chosen = {key: values[form] for key, values in RULES[name].habits.items()}
        rule = RULES[name](**chosen)
        assert {key: getattr(rule, key) for key in chosen} == chosen
    assert RULES[name]() == RULES[name](
        **{key: textbook for key, (textbook, _) in RULES[name].habits.items()}
    )


@pytest.mark.parametrize("name", RULES)
def test_a_rule_keeps_dtype_and_shape(name: str) -> None:
    rule = RULES[name]()
    grad = torch.randn(2, 3, dtype=torch.float32)
    hyper = {k: torch.tensor(v, dtype=torch.float32) for k, v in rule.hyperparameters.items()}
    update, state = rule.update(grad, rule.init(grad), hyper, torch.tensor(1.0, dtype=torch.float32), grad)
    for tensor in (update, *state.values()):
        assert tensor.shape == (2, 3)
        assert tensor.dtype == torch.float32


def test_safe_sqrt_is_the_root_with_derivative_zero_at_zero() -> None:
    x = torch.tensor([0.0, 4.0, 1e-300], requires_grad=True)
    root = safe_sqrt(x)
    root.sum().backward()
    assert root.tolist() == pytest.approx([0.0, 2.0, 1e-150])
    assert x.grad is not None
    assert x.grad.tolist() == pytest.approx([0.0, 0.25, 0.5e150])


def test_the_order_of_minibatch_rows_does_not_matter() -> None:
    problem = small_problem(10)
    order = torch.randperm(BATCH)
    shuffled = problem._replace(x=problem.x[:, order], y=problem.y[:, order])
    for a, b in zip(train(problem, stack="adam/sgd"), train(shuffled, stack="adam/sgd"), strict=True):
        assert distance(a, b) < 1e-9
