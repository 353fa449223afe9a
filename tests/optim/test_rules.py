"""What every rule must do, a rule added to RULES too; and the reported habits by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from inspect import cleandoc
from itertools import islice
from typing import Any

import pytest
import torch
from oracles import ORACLES, Gradient
from problems import BATCH, distance, small_problem, train
from torch import Tensor

from hyperopt.optim.assemble import build
from hyperopt.optim.rules import RULES, Rule
from hyperopt.optim.rules.rule import safe_sqrt

pytestmark = pytest.mark.usefixtures("float64")

STEPS = 200
ALPHAS = {
    "sgd": (0.1, 2e-3),
    "sgd_steroids": (0.1, 1e-3),
    "adam": (0.1, 0.02),
    "adamw": (0.1, 0.02),
    "nadam": (0.1, 0.02),
    "nadamw": (0.1, 0.02),
    "adagrad": (1.0, 0.5),
    "rmsprop": (0.1, 3e-3),
    "adabelief": (0.1, 0.02),
    "amsgrad": (0.1, 0.02),
    "lion": (0.1, 2e-3),
    "schedulefree_sgd": (0.5, 5e-3),
    "schedulefree_adamw": (0.5, 0.05),
    "prodigy": (0.5, 0.5),
    "dadapt_adam": (1.0, 1.0),
    "dog": (1.0, 0.5),
    "mechanic_sgd": (1e-4, 0.02),
    "mechanic_adamw": (1e-3, 0.2),
} | dict.fromkeys([name for name in RULES if name[-1] in "123"], (0.5, 2e-3))
"""By rule, alphas on the parabola and on Rosenbrock's function."""
SLOW = {"mechanic_sgd": 0.5}
"""By rule, how near it comes on Rosenbrock's function: the scale of plain descent there is found late."""


def built(name: str, numbers: Mapping[str, float], choices: Mapping[str, Any]) -> Rule:
    return build(name, {**RULES[name].hyperparameters, **numbers}, choices, bottom=True)


def hyper_of(rule: Rule, numbers: Mapping[str, float], dtype: torch.dtype | None = None) -> dict[str, Tensor]:
    return {k: torch.tensor(v, dtype=dtype) for k, v in {**rule.hyperparameters, **numbers}.items()}


def weights(
    rule: Rule, hyper: dict[str, Tensor], start: Tensor, gradient: Gradient, *, shown: bool = False
) -> Iterator[Tensor]:
    """A weight after each step by a rule; the one to evaluate, if that is to be shown."""
    w, state, t = start, rule.init(start), 0
    while True:
        t += 1
        step = torch.tensor(float(t))
        direction = rule.accumulate(gradient(w, t), state, hyper, step, w)
        sums = rule.sums(direction, state, hyper, step, w) if rule.summed else {}
        update, state = rule.update(direction, state, hyper | sums, step, w)
        w = w - update
        yield rule.evaluated(w, state, hyper) if shown else w


@pytest.mark.parametrize("name", RULES)
def test_a_rule_moves_as_its_oracles_do(name: str) -> None:
    """On a noisy bowl, with weights whose gradients are large, small, and always zero."""
    assert ORACLES.get(name), f"{name}: a rule of RULES needs an oracle in tests/oracles.py"
    noise = torch.randn(STEPS + 1, 3, 4, generator=torch.Generator().manual_seed(0))
    scale = torch.tensor([[3.0, 1.0, 1e-3, 0.0]])
    start = torch.linspace(-1, 1, 12).reshape(3, 4)

    def gradient(w: Tensor, t: int) -> Tensor:
        return scale * (w + noise[t])

    for oracle in ORACLES[name]:
        rule = built(name, oracle.numbers, oracle.choices)
        ours = weights(rule, hyper_of(rule, oracle.numbers), start, gradient)
        theirs = oracle.weights(start, gradient)
        for t, (w, expected) in enumerate(islice(zip(ours, theirs, strict=False), STEPS), start=1):
            assert torch.allclose(w, expected, rtol=0, atol=oracle.near), (oracle.numbers, oracle.choices, t)
        assert (w - start).abs().max() > 0.1, "nothing moved"


def parabola(w: Tensor, _: int) -> Tensor:
    return w - torch.tensor([1.0, -1.0, 1.0])


def rosenbrock(w: Tensor, _: int) -> Tensor:
    """The gradient of (1 - x)**2 + 100 (y - x**2)**2."""
    x, y = w
    return torch.stack([2 * (x - 1) - 400 * x * (y - x**2), 200 * (y - x**2)])


@pytest.mark.parametrize("name", RULES)
def test_a_rule_converges_on_a_parabola_and_on_rosenbrocks_function(name: str) -> None:
    assert name in ALPHAS, f"{name}: a rule of RULES needs alphas for both functions in ALPHAS"
    for alpha, gradient, start, end, steps, near in (
        (ALPHAS[name][0], parabola, [-1.0, 10.0, 1.0], [1.0, -1.0, 1.0], 600, 0.01),
        (ALPHAS[name][1], rosenbrock, [0.0, 0.0], [1.0, 1.0], 1500, SLOW.get(name, 0.25)),
    ):
        numbers = {"alpha": alpha} | {k: 0.0 for k in RULES[name].hyperparameters if k == "weight_decay"}
        rule = built(name, numbers, {})
        path = weights(rule, hyper_of(rule, numbers), torch.tensor(start), gradient, shown=True)
        *_, w = islice(path, steps)
        assert w.tolist() == pytest.approx(end, abs=near), gradient.__name__


@pytest.mark.parametrize("name", RULES)
def test_a_rule_keeps_dtype_and_shape(name: str) -> None:
    rule = RULES[name]()
    grad = torch.randn(2, 3, dtype=torch.float32)
    hyper = hyper_of(rule, {}, torch.float32)
    first, one = rule.init(grad), torch.tensor(1.0, dtype=torch.float32)
    sums = rule.sums(grad, first, hyper, one, grad) if rule.summed else {}
    update, state = rule.update(grad, first, hyper | sums, one, grad)
    assert set(sums) == set(rule.summed)
    assert set(state) == set(first)
    for name, tensor in {"update": update, **state}.items():
        assert tensor.shape == (first[name].shape if name in rule.common else (2, 3))
        assert tensor.dtype == torch.float32


@pytest.mark.parametrize("name", RULES)
def test_runs_of_a_pack_move_as_alone(name: str) -> None:
    """A rule takes its numbers as tensors, and asks none for its value."""
    rule = built(name, {}, {})
    alone = [{k: v * f for k, v in hyper_of(rule, {}).items()} for f in (1.0, 0.9)]
    packed = {k: torch.stack([hyper[k] for hyper in alone]) for k in rule.hyperparameters}
    grads = torch.randn(4, 2, 3, generator=torch.Generator().manual_seed(0))

    def end(hyper: dict[str, Tensor]) -> Tensor:
        *_, w = islice(weights(rule, hyper, grads[0], lambda _, t: grads[t]), 3)
        return w

    together = torch.func.vmap(end)(packed)
    assert torch.allclose(together, torch.stack([end(hyper) for hyper in alone]), rtol=1e-13, atol=0)


@pytest.mark.parametrize("form", [0, 1], ids=["textbook", "reported"])
@pytest.mark.parametrize("name", [name for name in RULES if RULES[name].tunable(RULES[name].hyperparameters)])
def test_a_gradient_that_is_always_zero_makes_no_nan_hypergradient(name: str, form: int) -> None:
    rule = built(name, {}, {key: values[form] for key, values in RULES[name].habits.items()})
    hyper = hyper_of(rule, {})

    def moved(hyper: dict[str, Tensor]) -> Tensor:
        *_, w = islice(weights(rule, hyper, torch.ones(2), lambda *_: torch.zeros(2)), 3)
        return w.sum()

    slopes = torch.func.grad(moved)(hyper)
    assert {k: v.isfinite().item() for k, v in slopes.items()} == dict.fromkeys(hyper, True)


@pytest.mark.parametrize("name", RULES)
def test_a_rules_docstring_says_all_that_it_has(name: str) -> None:
    """Formula, hyperparameters, state, habits and options, and a link to where it comes from."""
    rule = RULES[name]
    text = "\n".join(  # without the indentation, which Python keeps until 3.12
        cleandoc(kind.__doc__ or "") for kind in rule.__mro__ if issubclass(kind, Rule) and kind is not Rule
    )
    assert re.search(r"^ {4}\S.* = ", text, re.MULTILINE), "no formula"
    state = built(name, {}, {}).init(torch.zeros(1))
    for names, what in (
        (rule.hyperparameters, "Hyperparameters"),
        (state, "State"),
        (rule.habits, "Habits"),
        (rule.options, "Options"),
    ):
        section = "\n".join(re.findall(rf"^{what}\b.*:\n((?: .*\n)+)", f"{text}\n", re.MULTILINE))
        missing = [name for name in names if not re.search(rf"^ {{4}}{name}\b.*: ", section, re.MULTILINE)]
        assert not missing, f"{what}: {missing}"
    assert re.search(r"References:\n(?: .*\n)*?.*https://", text), "no link"


@pytest.mark.parametrize("name", RULES)
def test_reported_habits_are_fields_of_the_rule(name: str) -> None:
    for form in (0, 1):
        chosen = {key: values[form] for key, values in RULES[name].habits.items()}
        rule = RULES[name](**chosen)
        assert {key: getattr(rule, key) for key in chosen} == chosen
    assert RULES[name]() == RULES[name](
        **{key: textbook for key, (textbook, _) in RULES[name].habits.items()}
    )


ONE_UPDATE: list[tuple[str, dict[str, Any], Callable[[float], float]]] = [
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
def test_a_habit_changes_the_first_update_as_the_report_says(
    name: str, habit: dict[str, Any], expected: Callable[[float], float], g: float
) -> None:
    rule = RULES[name](**habit)
    grad = torch.tensor(g)
    update, _ = rule.update(grad, rule.init(grad), hyper_of(rule, {}), torch.tensor(1.0), grad)
    assert update.item() == pytest.approx(expected(g), rel=1e-12)


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
