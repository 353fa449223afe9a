"""Every closed form is its rule: the update, and the vector-Jacobian product of it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from hyperopt.optim.assemble import build
from hyperopt.optim.closed_forms import CLOSED_FORMS, GRADIENT, ClosedForm, Update, closed_form
from hyperopt.optim.level import Inputs, Level, LevelState, Memory
from hyperopt.optim.rules import RULES, Rule

pytestmark = pytest.mark.usefixtures("float64")

NAMES = {kind: name for name, kind in RULES.items()}
DECAY = {"weight_decay": 0.1}
NUMBERS: dict[str, list[dict[str, float]]] = {
    "sgd": [{}, {"momentum": 0.9}, DECAY, {"momentum": 0.9} | DECAY],
    "adam": [{}, DECAY],
    "adamw": [{"weight_decay": 0.0}, DECAY],
    "nadam": [{}, DECAY],
}
"""By rule, which hyperparameters are there, where its defaults do not say."""
EXACT = 1e-10


def forms() -> list[Any]:
    """Every closed form, with each of its rule's habits and options."""
    found = []
    for kind in CLOSED_FORMS:
        name = NAMES[kind]
        truths = {k: v for k, v in kind.options.items() if isinstance(v, bool)}
        truths |= {k: v for k, (v, _) in kind.habits.items() if isinstance(v, bool)}
        reported = {k: value for k, (_, value) in kind.habits.items()}
        for numbers in NUMBERS.get(name, [{}]):
            for choices in ({}, reported, *({k: not v} for k, v in truths.items())):
                if choices.get("nesterov") and "momentum" not in numbers:
                    continue
                rule = build(name, kind.hyperparameters | numbers, choices, bottom=True)
                if form := closed_form(rule):
                    found.append(pytest.param(rule, form, id=f"{name} {numbers or ''} {choices or ''}"))
    return found


@st.composite
def gradients(draw: st.DrawFn) -> list[Tensor]:
    """Of some steps, the last being the cotangent: large and small, zeros among them, some in every step."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    length, steps = draw(st.integers(1, 9)), draw(st.integers(2, 5))
    scale = 10.0 ** torch.randint(-4, 2, (length,), generator=generator)
    alive = torch.rand(length, generator=generator) < draw(st.sampled_from([0.5, 1.0]))
    there = torch.rand(steps, length, generator=generator) < draw(st.sampled_from([0.5, 1.0]))
    return list(torch.randn(steps, length, generator=generator) * scale * alive * there)


@st.composite
def hypers(draw: st.DrawFn, rule: Rule) -> dict[str, Tensor]:
    """Natural values as they follow from the raw ones that a level above moves."""
    found = {}
    for name in rule.hyperparameters:
        if not getattr(rule, f"has_{name}", True):
            found[name] = torch.zeros(())
            continue
        value = draw(st.floats(1e-6, 1 - 1e-6) | st.sampled_from([1e-6, 0.5, 0.9, 0.999, 1 - 1e-6]))
        space = rule.space(name)
        found[name] = space.natural(space.raw(torch.tensor(value)))
    return found


@pytest.mark.parametrize(("rule", "form"), forms())
@given(data=st.data())
@settings(max_examples=20)
def test_a_closed_form_is_the_vector_jacobian_product(
    rule: Rule, form: ClosedForm[Any], data: st.DataObject
) -> None:
    *taken, cotangent = data.draw(gradients())
    hyper = data.draw(hypers(rule))
    floats = {name: value.item() for name, value in hyper.items()}
    param = torch.linspace(-1, 1, len(cotangent))
    state = rule.init(param)
    memory = {name: value.clone() for name, value in state.items()}
    for t, grad in enumerate(taken, start=1):
        step, before, param_before = torch.tensor(float(t)), state, param
        direction = rule.accumulate(grad, state, hyper, step, param)
        update, state = rule.update(direction, state, hyper, step, param)
        coming = Update(grad.clone(), memory, param.clone(), form.numbers(floats, float(t)))
        coming = coming._replace(grad=form.decayed(coming))
        kept = coming.grad.clone() if form.keeps == GRADIENT else memory[form.keeps].clone()
        moved = form.move(coming)
        rounding = 1e-14 * sum(value.abs().max().item() for value in (grad, *before.values()))
        assert torch.allclose(moved, update, rtol=EXACT, atol=EXACT * update.abs().max().item() + rounding)
        for name, value in state.items():
            assert torch.allclose(memory[name], value, rtol=EXACT, atol=1e-300)
        param = param - update

    level = Level(rule, rule.tunable(floats, named=True))
    tuned = {name: level.space(name).raw(hyper[name]) for name in level.tuned}
    fixed = {name: value for name, value in hyper.items() if name not in tuned}
    last = Inputs({"w": taken[-1]}, Memory({"w": before}, {}), {"w": param_before})
    past = LevelState(tuned, fixed, torch.tensor(False), Memory({}, {}), last)
    expected = level.hypergradient(past, {"w": cotangent}, step + 1)
    size = torch.dot(cotangent.abs(), update.abs()).item() + rounding * cotangent.abs().sum().item() / EXACT
    for numbers, count in ((floats, float(t)), (hyper, step)):
        of_past = Update(kept, memory, param, form.numbers(numbers, count))
        found = form.gradient(form.sums(cotangent, of_past), numbers, count)
        for name in level.tuned:
            raw = (found[name] * level.space(name).slope(tuned[name])).item()
            assert raw == pytest.approx(expected[name].item(), rel=EXACT, abs=EXACT * size), name
