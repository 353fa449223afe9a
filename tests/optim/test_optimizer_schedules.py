"""Schedules of the optimizer's rate: whichever scheduler of torch writes it, it is planned times learned."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from loops import apart, batches, last, loss_of, net
from torch import nn
from torch.func import functional_call, grad
from torch.optim import Optimizer, lr_scheduler

from hyperopt.optim import HyperOptimizer
from hyperopt.optim.assemble import assemble, numbers_of
from hyperopt.optim.schedule import Schedule

pytestmark = pytest.mark.usefixtures("float64")

STEPS = 24
ADDITIVE: dict[str, Any] = {"alpha": (0.01, 1e-4)}
MULTIPLICATIVE: dict[str, Any] = {"alpha": (0.01, 1.0), "multiplicative": True}
LEVELS = {"additive": ADDITIVE, "multiplicative": MULTIPLICATIVE}


as_on_any_device = pytest.mark.usefixtures("on_any_device")


class Plateau(lr_scheduler.ReduceLROnPlateau):
    """Of a loss that stays."""

    def step(self, metrics: Any = 1.0, epoch: Any = None) -> None:  # type: ignore[override]  # as torch's own
        super().step(metrics, epoch)


SCHEDULERS: dict[str, Callable[[Optimizer], Any]] = {
    "lambda": lambda o: lr_scheduler.LambdaLR(o, lambda t: min(t / 5, (30 - t) / 25)),
    "lambda of numpy": lambda o: lr_scheduler.LambdaLR(o, lambda t: np.cos(np.float64(t) / 40)),
    "multiplicative": lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: np.float64(t / (t + 1))),
    "constant": lambda o: lr_scheduler.ConstantLR(o, 0.1, 8),
    "linear": lambda o: lr_scheduler.LinearLR(o, 0.1, total_iters=10),
    "step": lambda o: lr_scheduler.StepLR(o, 5, 0.3),
    "steps": lambda o: lr_scheduler.MultiStepLR(o, [4, 9], 0.2),
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "polynomial": lambda o: lr_scheduler.PolynomialLR(o, 20, 2.0),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 7),
    "cosine to a least rate": lambda o: lr_scheduler.CosineAnnealingLR(o, 7, 0.002),
    "cosine with restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 7, eta_min=0.001),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 0.02, total_steps=40, cycle_momentum=False),
    "cycle": lambda o: lr_scheduler.CyclicLR(o, 0.001, 0.02, 5, mode="triangular2", cycle_momentum=False),
    "plateau": lambda o: Plateau(o, factor=0.5, patience=3),
    "sequence": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.01, total_iters=5), lr_scheduler.CosineAnnealingLR(o, 9)], [5]
    ),
    "sequence from 0": lambda o: lr_scheduler.SequentialLR(
        o,
        [lr_scheduler.LambdaLR(o, lambda t: t / 5), lr_scheduler.CosineAnnealingWarmRestarts(o, 20)],
        [5],
    ),
    "chain": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.ConstantLR(o, 0.2, 6), lr_scheduler.ExponentialLR(o, 0.95)], o
    ),
    "averaging": lambda o: torch.optim.swa_utils.SWALR(o, 0.001, 6),
}
Step = tuple[float, dict[str, torch.Tensor]]


def made(stack: str = "adam/sgd", **more: Any) -> tuple[nn.Module, HyperOptimizer]:
    module = net()
    return module, HyperOptimizer(module.parameters(), stack, **ADDITIVE | more)


def lr(opt: Optimizer) -> Any:
    return opt.param_groups[0]["lr"]


def rates_of_torch(scheduler: Callable[[Optimizer], Any]) -> list[float]:
    """The rate of each step."""
    opt = torch.optim.SGD([nn.Parameter(torch.zeros(()))], 0.01)
    by, found = scheduler(opt), list[float]()
    for _ in range(STEPS):
        found.append(float(lr(opt)))
        opt.step()
        by.step()
    return found


def trained(scheduler: Callable[[Optimizer], Any], stack: str = "adam/sgd", **more: Any) -> Iterator[Step]:
    """At each step the rate that it used, and the weights after it."""
    module, opt = made(stack, **more)
    by = scheduler(opt)
    for batch in batches(STEPS):
        opt.zero_grad()
        loss_of(module, batch).backward()
        opt.step()
        assert opt.hyperparameters()[0]["alpha"] == float(lr(opt)), "what is shown is what was used"
        yield float(lr(opt)), {k: v.detach().clone() for k, v in module.named_parameters()}
        by.step()
        assert opt.hyperparameters()[0]["alpha"] == float(lr(opt)), "what is shown is what will be used"
        if hasattr(by, "get_last_lr"):
            assert float(by.get_last_lr()[0]) == float(lr(opt)), "what a trainer logs"


def as_lambda(rates: list[float]) -> Callable[[Optimizer], Any]:
    """The scheduler that computes the same rates from the initial one."""
    return lambda o: lr_scheduler.LambdaLR(o, lambda t: [*rates, 0.0][t] / 0.01)


@as_on_any_device
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", SCHEDULERS)
def test_whichever_scheduler_says_it_a_factor_is_the_same(name: str, level: str) -> None:
    rates = rates_of_torch(SCHEDULERS[name])
    ours = list(trained(SCHEDULERS[name], **LEVELS[level]))
    peers = list(trained(as_lambda(rates), **LEVELS[level]))
    for (now, weights), (peer, theirs) in zip(ours, peers, strict=True):
        assert now == pytest.approx(peer, rel=1e-6, abs=1e-15)
        assert apart(weights, theirs) < 1e-6
    learned = [now / planned for (now, _), planned in zip(ours, rates, strict=True) if planned > 1e-9]
    assert max(abs(factor - 1) for factor in learned) > 0.01
    assert max(learned) < 3


@as_on_any_device
@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_rate_is_that_of_torch_times_what_was_learned(name: str) -> None:
    module, opt = made()
    by, rates = SCHEDULERS[name](opt), rates_of_torch(SCHEDULERS[name])
    for planned, batch in zip(rates, batches(STEPS), strict=True):
        group = opt.param_groups[0]
        assert group["planned"] == pytest.approx(planned, rel=1e-12, abs=1e-300)
        assert float(lr(opt)) == pytest.approx(planned * float(group["learned"]), rel=1e-12, abs=1e-300)
        last(module, opt, [batch])
        assert float(lr(opt)) == pytest.approx(planned * float(group["learned"]), rel=1e-12, abs=1e-300)
        by.step()


CYCLING_BETAS: dict[str, Callable[[Optimizer], Any]] = {
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 0.02, total_steps=40),
    "cycle": lambda o: lr_scheduler.CyclicLR(o, 0.001, 0.02, 5),
}


@as_on_any_device
@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_level_that_does_not_move_leaves_torchs_training(name: str) -> None:
    scheduler = CYCLING_BETAS.get(name, SCHEDULERS[name])
    ours, theirs = net(), net()
    opt, peer = (
        HyperOptimizer(ours.parameters(), "adam/sgd", alpha=(0.01, 0.0)),
        torch.optim.Adam(theirs.parameters(), 0.01),
    )
    found = last(ours, opt, batches(STEPS), after_step=scheduler(opt).step)
    expected = last(theirs, peer, batches(STEPS), after_step=scheduler(peer).step)
    assert apart(found, expected) < 1e-12
    assert float(lr(opt)) == pytest.approx(float(lr(peer)), rel=1e-12, abs=1e-300)


@pytest.mark.usefixtures("traced_only")
@pytest.mark.parametrize("level", LEVELS)
def test_compiled_too(level: str) -> None:
    for name in ("cosine to a least rate", "one cycle", "sequence from 0"):
        eager = trained(SCHEDULERS[name], compile=False, **LEVELS[level])
        compiled = trained(SCHEDULERS[name], compile=True, **LEVELS[level])
        for (now, weights), (peer, theirs) in zip(compiled, eager, strict=True):
            assert now == pytest.approx(peer, rel=1e-9, abs=1e-15)
            assert apart(weights, theirs) < 1e-9


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("stack", "more"),
    [
        ("adam/sgd", {"form": "textbook"}),
        ("rmsprop/sgd", {"form": "reported"}),
        ("adam/adam/sgd", {"form": "textbook"}),
        ("lion/sgd", {"form": "textbook"}),
        ("sgd/sgd", {"form": "textbook", "tune": "alpha", "trace": 0.9}),
        ("lion/sgd", {"form": "textbook", "tune": "alpha", "trace": 0.9}),
    ],
    ids=str,
)
def test_a_schedule_is_that_of_the_command_line(stack: str, more: dict[str, Any], level: str) -> None:
    """A level tunes the rate before its schedule, by the slope of the loss in that."""
    plan = Schedule("cosine", 5, STEPS)
    of = [float(plan.scaled(torch.tensor(1.0), torch.tensor(float(t)))) for t in range(1, STEPS + 1)]
    rules = stack.split("/")
    alpha = (0.01, *(LEVELS[level]["alpha"][1] / 10**k for k in range(len(rules) - 1)))
    given = more | {"multiplicative": level == "multiplicative", "alpha": alpha}
    ours = list(trained(as_lambda([0.01 * factor for factor in of]), stack, **given))
    module = net()
    opt = HyperOptimizer(module.parameters(), stack, **given)
    start = opt.param_groups[0]
    numbers = numbers_of(rules, alpha, start["numbers"])
    engine = assemble(
        rules,
        start["tune"],
        numbers,
        start["habits"],
        multiplicative=start["multiplicative"],
        schedule=plan,
        trace=start["trace"],
    )
    params = {k: v.detach().clone() for k, v in module.named_parameters()}
    scalars = tuple({k: torch.tensor(v) for k, v in level.items()} for level in numbers)
    state = engine.init(params, scalars, tuple(torch.tensor(False) for _ in rules))
    slope = grad(lambda p, batch: loss_of(lambda x: functional_call(module, p, (x,)), batch))
    for t, (batch, (now, weights)) in enumerate(zip(batches(STEPS), ours, strict=True), 1):
        count = torch.tensor(float(t))
        params, state = engine.step(params, slope(params, batch), state, count)
        assert now == pytest.approx(float(engine.rate(state, count)), rel=1e-9)
        assert apart(weights, params) < 1e-9


@as_on_any_device
@pytest.mark.parametrize("level", LEVELS)
def test_a_schedule_that_comes_back_from_zero_finds_what_was_learned(level: str) -> None:
    module, opt = made(**LEVELS[level])
    by = lr_scheduler.LambdaLR(opt, lambda t: 0.0 if 10 <= t < 15 else 1.0)
    last(module, opt, batches(10), after_step=by.step)
    learned = float(opt.param_groups[0]["learned"])
    assert float(lr(opt)) == 0
    before = {k: v.detach().clone() for k, v in module.named_parameters()}
    stopped = last(module, opt, batches(5, seed=2), after_step=by.step)
    assert apart(before, stopped) == 0
    assert abs(learned - 1) > 0.01
    assert float(lr(opt)) == 0.01 * learned


@as_on_any_device
def test_warm_up_from_zero_keeps_what_was_learned_before_it() -> None:
    module, opt = made()
    last(module, opt, batches(10))
    learned = float(lr(opt))
    warm = lr_scheduler.LambdaLR(opt, lambda t: min(t, 4) / 4)
    assert float(lr(opt)) == 0
    for _ in range(4):
        for param in module.parameters():
            param.grad = torch.zeros_like(param)
        opt.step()
        warm.step()
    assert float(lr(opt)) == pytest.approx(learned, rel=1e-12)
    assert learned != pytest.approx(0.01, rel=0.01)


@as_on_any_device
@pytest.mark.parametrize("name", ["lambda", "cosine to a least rate", "one cycle", "cycle", "plateau"])
@pytest.mark.parametrize("count", [3, 11])
def test_a_scheduler_resumes_from_a_file_as_if_uninterrupted(name: str, count: int) -> None:
    def trio() -> tuple[nn.Module, HyperOptimizer, Any]:
        module, opt = made()
        return module, opt, SCHEDULERS[name](opt)

    module, opt, by = trio()
    last(module, opt, batches(count), after_step=by.step)
    file = io.BytesIO()
    torch.save([module.state_dict(), opt.state_dict(), by.state_dict()], file)
    file.seek(0)
    other_module, other, other_by = trio()
    for part, saved in zip((other_module, other, other_by), torch.load(file, weights_only=True), strict=True):
        part.load_state_dict(saved)
    assert float(lr(other)) == float(lr(opt))
    ends = [
        last(one, by_, batches(8, seed=2), after_step=plan.step)
        for one, by_, plan in ((module, opt, by), (other_module, other, other_by))
    ]
    assert apart(*ends) == 0
    assert float(lr(other)) == float(lr(opt))


@as_on_any_device
def test_a_scheduler_that_begins_after_learning_resumes_from_the_optimizers_file_alone() -> None:
    """The initial rate that schedulers leave in a group is as torch would have it."""
    module, opt = made()
    last(module, opt, batches(10))
    by = lr_scheduler.LambdaLR(opt, lambda t: 1 / (1 + t))
    last(module, opt, batches(3), after_step=by.step)
    other_module, other = made()
    other_module.load_state_dict(module.state_dict())
    other.load_state_dict(opt.state_dict())
    going_on = lr_scheduler.LambdaLR(other, lambda t: 1 / (1 + t), last_epoch=by.last_epoch)
    by.step()
    assert going_on.last_epoch == by.last_epoch
    assert float(lr(other)) == pytest.approx(float(lr(opt)), rel=1e-12)
