"""Rates that turn negative or are no numbers: recorded, warned of once, and prevented by a guard."""

from __future__ import annotations

import math
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from loops import apart, batches, last, loss_of, net
from torch import nn

from hyperopt.optim import HyperOptimizer

pytestmark = pytest.mark.usefixtures("float64")


def pushed(opt: HyperOptimizer, weight: nn.Parameter, gradients: list[float]) -> list[float]:
    """Rates of level 0 after steps with given gradients."""
    rates = []
    for g in gradients:
        weight.grad = torch.full_like(weight, g)
        opt.step()
        rates.append(opt.hyperparameters()[0]["alpha"])
    return rates


def one_weight(stack: str, *alpha: float, **more: Any) -> tuple[nn.Parameter, HyperOptimizer]:
    weight = nn.Parameter(torch.zeros(1))
    return weight, HyperOptimizer([weight], stack, alpha, **more)


def test_a_negative_rate_is_recorded_and_warned_of_once() -> None:
    weight, opt = one_weight("sgd/sgd", 0.1, 0.1)
    assert pushed(opt, weight, [1.0, 1.0]) == pytest.approx([0.1, 0.2])
    with pytest.warns(RuntimeWarning, match=r"level 0 \(sgd\) of group 0: negative alpha at step 3"):
        assert pushed(opt, weight, [-3.0]) == pytest.approx([-0.1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pushed(opt, weight, [3.0, -3.0]) == pytest.approx([-1.0, -1.9])
    assert opt.events == [{"step": 3, "group": 0, "level": 0, "event": "negative alpha"}]


@pytest.mark.parametrize("scheduled", [False, True])
def test_a_warning_points_to_the_line_that_calls_step(scheduled: bool) -> None:
    weight, opt = one_weight("sgd/sgd", 0.1, 0.1)
    if scheduled:  # which wraps `step`
        torch.optim.lr_scheduler.StepLR(opt, 10)
    with pytest.warns(RuntimeWarning, match="negative alpha at step 3") as told:
        pushed(opt, weight, [1.0, 1.0, -3.0])
    (warning,) = told
    assert warning.filename == __file__
    assert Path(__file__).read_text().splitlines()[warning.lineno - 1].strip() == "opt.step()"


def test_a_rate_that_is_no_number_is_recorded() -> None:
    weight, opt = one_weight("adam/sgd", 0.1, 0.1)
    with pytest.warns(RuntimeWarning, match=r"level 0 \(adam\) of group 0: not finite at step 2"):
        pushed(opt, weight, [1.0, math.inf])
    assert {"step": 2, "group": 0, "level": 0, "event": "not finite"} in opt.events


def test_one_gradient_that_is_no_number_is_told_of_and_its_step_can_be_left_out() -> None:
    """docs/optimizer.md, "Gradients that are not finite": as a norm that is tested tells."""
    ends = []
    for tests in (False, True):
        module, data = net(), batches(6)
        opt = HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-3))
        with (
            pytest.warns(RuntimeWarning, match="group 0: not finite at step 4")
            if not tests
            else nullcontext()
        ):
            for step, batch in enumerate([*data[:3], data[0], *data[3:]]):
                opt.zero_grad()
                loss_of(module, batch).backward()
                if step == 3:
                    module.head.bias.grad[0] = math.nan
                norm = nn.utils.clip_grad_norm_(module.parameters(), math.inf)
                if not tests or norm.isfinite():
                    opt.step()
        ends.append({name: p.detach() for name, p in module.named_parameters()})
    assert not any(weights.isfinite().any() for weights in ends[0].values())
    twin = net()
    opt = HyperOptimizer(twin.parameters(), "adam/sgd", (0.01, 1e-3))
    assert apart(ends[1], last(twin, opt, batches(6))) == 0


def test_an_upper_level_is_named() -> None:
    weight, opt = one_weight("sgd/sgd/adam", 0.1, 1e-3, 1e-2)
    with pytest.warns(RuntimeWarning, match=r"level 1 \(sgd\) of group 0: negative alpha"):
        pushed(opt, weight, [1.0, 1.0, -1.0, 1.0])
    assert opt.events[0]["level"] == 1


def test_floor_stops_the_fall_and_not_the_rise() -> None:
    weight, opt = one_weight("sgd/sgd", 0.1, 0.1, floor=0.02)
    assert pushed(opt, weight, [1.0, -3.0, -3.0]) == pytest.approx([0.1, 0.02, 0.92])
    assert opt.events == []


def test_a_floor_is_of_the_rate_before_its_schedule_and_none_is_written_below_it() -> None:
    weight, opt = one_weight("sgd/sgd", 0.1, 0.1, floor=0.02)
    by = torch.optim.lr_scheduler.LambdaLR(opt, lambda t: 1 / (1 + t))
    for k in range(4):
        weight.grad = torch.tensor([(-1.0) ** k])
        opt.step()
        by.step()
    group = opt.param_groups[0]
    assert group["peak"] * group["learned"] == pytest.approx(0.02)
    assert group["lr"] == pytest.approx(0.02 / 5)
    with pytest.raises(ValueError, match=r"lr=0.01: the optimizer was made with floor=0.02, below which"):
        group["lr"] = 0.01
    assert group["lr"] == pytest.approx(0.02 / 5)
    group["lr"] = 0.0
    group["lr"] = 0.02


def test_multiplicative_rate_moves_by_factors() -> None:
    weight, opt = one_weight("sgd/sgd", 0.1, 0.5, multiplicative=True)
    first, second, third = pushed(opt, weight, [1.0, 2.0, -200.0])
    assert first == pytest.approx(0.1)
    assert second == pytest.approx(0.1 * math.exp(0.5 * 2.0 * 1.0 * 0.1))
    assert third == pytest.approx(second * math.exp(-0.5 * 200.0 * 2.0 * second))
    assert third > 0
    assert opt.events == []


def test_clip_keeps_a_hypergradient_to_the_mean_of_the_norms() -> None:
    """Hypergradients -1, -1 and then 100, which the mean of the norms so far and its own, 34, bounds."""
    weight, opt = one_weight("sgd/sgd", 0.1, 1e-3, clip=True)
    rates = pushed(opt, weight, [1.0, 1.0, 1.0, -100.0])
    assert rates == pytest.approx([0.1, 0.101, 0.102, 0.102 - 1e-3 * 102 / 3])


def test_only_the_chosen_hyperparameters_are_tuned() -> None:
    module = net()
    opt = HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-3), tune=["beta1"])
    last(module, opt, batches(10))
    after = opt.hyperparameters()[0]
    assert after["beta1"] != pytest.approx(0.9, abs=1e-9)
    assert (after["alpha"], after["beta2"]) == (0.01, 0.999)


def after_one_large_element(stack: str | None, element: float | None) -> tuple[float, float]:
    """The loss and the rate of the example of docs/optimizer.md, with one element set at step 100."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float32)
    x = torch.randn(512, 20)
    y = (x[:, 0] > x[:, 1]).long()
    first, second = nn.Linear(20, 64), nn.Linear(64, 2)
    params = [*first.parameters(), *second.parameters()]
    opt = torch.optim.AdamW(params) if stack == "AdamW" else HyperOptimizer(params, stack, compile=False)
    loss = torch.zeros(())
    for step in range(200):
        rows = torch.randint(512, (64,))
        loss = nn.functional.cross_entropy(second(first(x[rows]).tanh()), y[rows])
        loss.backward()
        if element is not None and step == 100 and first.weight.grad is not None:
            first.weight.grad[0, 0] = element
        opt.step()
        opt.zero_grad()
    return loss.item(), float(opt.param_groups[0]["lr"])


@pytest.mark.parametrize("rule", ["adam", "adamw", "adabelief", "amsgrad", "adagrad"])
def test_three_levels_at_their_defaults_do_what_two_do(rule: str) -> None:
    """At 0.01, which the third level had, the rate of Adam is negative after 5 steps."""
    ends = [after_one_large_element(f"{rule}/sgd{third}", None) for third in ("", "/sgd")]
    assert ends[1] == pytest.approx(ends[0], rel=0.03)


@pytest.mark.filterwarnings("ignore:level:RuntimeWarning")
def test_how_large_an_element_of_a_gradient_may_be() -> None:
    """docs/optimizer.md, "Gradients that are not finite"."""
    said = " ".join((Path(__file__).parents[2] / "docs" / "optimizer.md").read_text("utf-8").split())
    for words in ("up to 1e19 and is NaN from 1e20", "at 1e6 the rate becomes -2.3 and the loss 4e4"):
        assert words in said
    loss, rate = after_one_large_element(None, 1e19)
    assert loss < 0.1
    assert rate > 1e-3
    assert math.isnan(after_one_large_element(None, 1e20)[0])
    loss, rate = after_one_large_element("adam/sgd", 1e6)
    assert loss == pytest.approx(4e4, rel=0.3)
    assert rate == pytest.approx(-2.3, abs=0.1)
    assert math.isnan(after_one_large_element("adam/sgd", 1e10)[0])
    assert after_one_large_element("AdamW", 1e25)[0] < 0.2
