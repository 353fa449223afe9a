"""The rate as others read and write it: loggers, schedulers, and who keeps it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from loops import apart, batches, last, loss_of, net
from torch import nn
from torch.optim import Optimizer, lr_scheduler

from hyperopt.optim import HyperOptimizer

pytestmark = pytest.mark.usefixtures("float64")


as_on_any_device = pytest.mark.usefixtures("on_any_device")


def made(stack: str = "adam/sgd", **more: Any) -> tuple[nn.Module, HyperOptimizer]:
    module = net()
    return module, HyperOptimizer(module.parameters(), stack, **{"alpha": (0.01, 1e-4)} | more)


def lr(opt: Optimizer) -> Any:
    return opt.param_groups[0]["lr"]


def steps(module: nn.Module, opt: Optimizer, count: int, seed: int = 1) -> Iterator[None]:
    for batch in batches(count, seed):
        opt.zero_grad()
        loss_of(module, batch).backward()
        opt.step()
        yield


@as_on_any_device
def test_a_rate_that_is_kept_stays_what_it_was() -> None:
    module, opt = made()
    kept, true = [], []
    for _ in steps(module, opt, 10):
        kept.append(lr(opt))
        true.append(opt.hyperparameters()[0]["alpha"])
    assert [float(value) for value in kept] == true
    assert len(set(true)) > 5


def test_a_rate_on_a_cpu_is_a_number_like_any_other() -> None:
    module, opt = made()
    last(module, opt, batches(5))
    group = opt.param_groups[0]
    assert isinstance(group["lr"], float)
    assert f"{group['lr']:.2e}" == f"{opt.hyperparameters()[0]['alpha']:.2e}"
    shown = {key: group[key] for key in ("lr", "betas", "weight_decay")}
    hyper = opt.hyperparameters()[0]
    assert json.loads(json.dumps(shown)) == {
        "lr": hyper["alpha"],
        "betas": [hyper["beta1"], hyper["beta2"]],
        "weight_decay": 0.0,
    }


@as_on_any_device
def test_a_rate_of_zero_written_by_hand_stops_and_what_was_learned_stays() -> None:
    module, opt = made()
    last(module, opt, batches(10))
    before = lr(opt)
    opt.param_groups[0]["lr"] = 0.0
    here = last(module, opt, batches(1))
    assert apart(here, last(module, opt, batches(5, seed=2))) == 0
    learned = opt.param_groups[0]["learned"]
    assert float(lr(opt)) == opt.hyperparameters()[0]["alpha"] == 0
    opt.param_groups[0]["lr"] = before
    assert float(lr(opt)) == pytest.approx(0.01 * float(learned), rel=1e-12)


@as_on_any_device
def test_a_rate_written_by_hand_is_taken_and_one_made_of_an_earlier_rate_is_multiplied() -> None:
    module, opt = made()
    start = 1 * lr(opt)
    last(module, opt, batches(10))
    learned = float(lr(opt)) / 0.01
    opt.param_groups[0]["lr"] = 0.003
    assert float(lr(opt)) == 0.003
    module, opt = made()
    last(module, opt, batches(10))
    opt.param_groups[0]["lr"] = start * 0.5
    assert float(lr(opt)) == pytest.approx(0.01 * 0.5 * learned, rel=1e-12)


@as_on_any_device
def test_a_rate_that_was_taken_is_where_an_optimizer_would_begin() -> None:
    ends = []
    for alpha in ((0.01, 1e-4), (0.003, 1e-4)):
        module, opt = made(alpha=alpha)
        opt.param_groups[0]["lr"] = 0.003
        ends.append(last(module, opt, batches(10)))
    assert apart(*ends) == 0


@as_on_any_device
def test_a_rate_changed_in_place_is_changed_as_one_that_is_written() -> None:
    rates = []
    for in_place in (False, True):
        module, opt = made()
        last(module, opt, batches(5))
        group = opt.param_groups[0]
        if in_place:
            group["lr"] *= 0.5
        else:
            group["lr"] = group["lr"] * 0.5
        last(module, opt, batches(5, seed=2))
        rates.append(float(lr(opt)))
    assert rates[0] == rates[1]


@pytest.mark.parametrize(("schedule", "factor"), [("set", 0.5), ("multiply", None)])
@as_on_any_device
def test_what_becomes_of_a_schedule_can_be_said(schedule: str, factor: float | None) -> None:
    module, opt = made(schedule=schedule)
    by = lr_scheduler.LambdaLR(opt, lambda t: 0.5)
    last(module, opt, batches(10))
    learned = float(opt.param_groups[0]["learned"])
    by.step()
    assert float(lr(opt)) == pytest.approx(0.01 * 0.5 * (learned if factor is None else 1), rel=1e-12)
    opt.param_groups[0]["lr"] = 0.003
    assert float(lr(opt)) == pytest.approx(0.003 * (learned if factor is None else 1), rel=1e-12)


WRITTEN: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, float]]] = {
    "betas": ("adam/sgd", {"tune": "alpha"}, {"betas": (0.5, 0.9)}, {"beta1": 0.5, "beta2": 0.9}),
    "momentum": ("sgd/sgd", {"momentum": 0.5, "tune": "alpha"}, {"momentum": 0.95}, {"momentum": 0.95}),
    "weight_decay": ("adamw/sgd", {}, {"weight_decay": 0.4}, {"weight_decay": 0.4}),
}


@as_on_any_device
@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_counts_from_the_next_step_on(name: str) -> None:
    """As in an optimizer that had it from the start."""
    stack, more, written, expected = WRITTEN[name]
    ends = []
    for before in (False, True):
        module, opt = made(stack, **more | (written if before else {}))
        if not before:
            opt.param_groups[0].update(written)
        assert opt.hyperparameters()[0] == pytest.approx(opt.hyperparameters()[0] | expected)
        ends.append(last(module, opt, batches(5)))
        assert opt.hyperparameters()[0] == pytest.approx(opt.hyperparameters()[0] | expected)
    assert all(torch.equal(ends[0][k], ends[1][k]) for k in ends[0])


@pytest.mark.parametrize(
    ("stack", "more", "key", "value", "message"),
    [
        ("adam/sgd", {}, "clip", (True,), r"clip=\[true\]: the optimizer was made with clip=\[false\]"),
        ("adam/sgd", {}, "alpha", (0.5, 0.0), "the optimizer was made with alpha"),
        ("adam/sgd", {}, "betas", (0.5, 1.0), "a number of at least 0 and below 1 is expected"),
        ("adam/sgd", {}, "beta1", 0.5, "of a group lr, betas, weight_decay can be written"),
        ("sgd/sgd", {}, "momentum", 0.9, "it was 0 when the optimizer was made"),
        ("adam/sgd", {}, "weight_decay", -1.0, "a finite number of 0 or more is expected"),
    ],
)
def test_what_would_have_no_effect_is_refused(
    stack: str, more: dict[str, Any], key: str, value: Any, message: str
) -> None:
    _, opt = made(stack, **more)
    before = dict(opt.param_groups[0])
    with pytest.raises(ValueError, match=message):
        opt.param_groups[0][key] = value
    assert opt.param_groups[0][key] is before[key] if key in before else key not in opt.param_groups[0]
    opt.param_groups[0]["name"] = "head"
    opt.param_groups[0]["clip"] = (False,)


def test_a_rate_written_back_is_a_plan_and_its_float_that_very_rate() -> None:
    module, opt = made()
    group = opt.param_groups[0]
    last(module, opt, batches(10))
    best = lr(opt)
    last(module, opt, batches(10))
    group["lr"] = best
    assert float(lr(opt)) == pytest.approx(best.planned * group["learned"], rel=1e-12)
    assert float(lr(opt)) != pytest.approx(best, rel=1e-3)
    group["lr"] = float(best)
    assert float(lr(opt)) == best


COMPUTED: dict[str, tuple[bool, Any]] = {
    "the rate itself": (True, lambda lr0, factor: lr0 * factor),
    "a scalar of numpy": (True, lambda lr0, factor: np.float64(factor) * lr0),
    "a float": (False, lambda lr0, factor: float(lr0) * factor),
    "a function of numpy": (False, lambda lr0, factor: np.interp(factor, [0, 1], [0, lr0])),
    "an element of an array": (False, lambda lr0, factor: (np.array([lr0]) * factor)[0]),
    "a tensor": (False, lambda lr0, factor: lr0 * torch.tensor(factor)),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_what_python_and_scalars_of_numpy_make_of_a_rate_is_a_plan(name: str) -> None:
    """docs/optimizer.md, "Reading and writing the rate"."""
    (stays, computed), (module, opt) = COMPUTED[name], made()
    group, lr0 = opt.param_groups[0], lr(opt)
    last(module, opt, batches(10))
    learned = group["learned"]
    group["lr"] = computed(lr0, 0.5)
    assert float(lr(opt)) == pytest.approx(0.005 * (learned if stays else 1), rel=1e-12)
    assert learned != pytest.approx(1, rel=1e-2)


def written_at_every_step(count: int, **more: Any) -> tuple[HyperOptimizer, list[warnings.WarningMessage]]:
    """As in the loops of nanoGPT and DINO."""
    module, opt = made(**more)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for step, _ in enumerate(steps(module, opt, count)):
            for group in opt.param_groups:
                group["lr"] = 0.01 / (1 + step)
    return opt, told


@as_on_any_device
def test_who_writes_the_rate_at_every_step_is_told_once_that_nothing_is_learned() -> None:
    opt, told = written_at_every_step(30)
    (warning,) = told
    assert str(warning.message).startswith(
        "lr=0.001: a number was written before each of the last 10 steps, and each time the rate began anew"
    )
    assert all(f'"{schedule}"' in str(warning.message) for schedule in ("multiply", "set"))
    assert warning.filename == __file__, "it points to the line that writes"
    assert float(opt.param_groups[0]["learned"]) == 1


@as_on_any_device
@pytest.mark.parametrize(
    "more",
    [{"schedule": "multiply"}, {"schedule": "set"}, {"stack": "adam", "alpha": 0.01}, {"tune": "beta1"}],
)
def test_nobody_is_told_so_who_said_what_is_meant_or_where_no_rate_is_learned(more: dict[str, Any]) -> None:
    opt, told = written_at_every_step(15, **more)
    assert not told
    learns = more.get("schedule") == "multiply"
    assert (float(opt.param_groups[0]["learned"]) != pytest.approx(1, rel=1e-3)) == learns


def test_rates_that_are_written_now_and_then_are_no_plan_and_learn() -> None:
    module, opt = made()
    for step, _ in enumerate(steps(module, opt, 30)):
        if step % 10 != 9:
            opt.param_groups[0]["lr"] = 0.01
    assert opt.param_groups[0]["learned"] != pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("stack", ["sgd/sgd", "rmsprop/sgd", "adagrad/sgd"])
def test_one_cycle_without_a_momentum_to_cycle(stack: str) -> None:
    module, opt = made(stack)
    peer = torch.optim.SGD([nn.Parameter(torch.zeros(()))], 0.01)
    for each in (opt, peer):
        scheduler = lr_scheduler.OneCycleLR(each, 0.1, total_steps=20, cycle_momentum=False)
        last(module, each, batches(10), after_step=scheduler.step)
    assert opt.param_groups[0]["planned"] == pytest.approx(lr(peer), rel=1e-12)
