"""The rate as others read and write it: loggers, schedulers, and who keeps it."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from loops import batches, last, loss_of, net
from torch import nn
from torch.optim import Optimizer, lr_scheduler

from hyperopt.optim import HyperOptimizer, rate

pytestmark = pytest.mark.usefixtures("float64")


@pytest.fixture(params=["floats", "tensors"])
def _shown_as(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rates as on a CPU, and as on a device that nobody may make wait."""
    monkeypatch.setattr(rate, "NUMBERS_ON", ("cpu",) if request.param == "floats" else ())


as_on_any_device = pytest.mark.usefixtures("_shown_as")


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


FROM_THE_START: dict[str, Callable[[Optimizer], Any]] = {
    "linear with warm-up": lambda o: lr_scheduler.LambdaLR(o, lambda t: min(t / 5, (40 - t) / 35)),
    "cosine with restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 7),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 0.02, total_steps=40),
    "sequence": lambda o: lr_scheduler.SequentialLR(
        o,
        [lr_scheduler.LambdaLR(o, lambda t: t / 5), lr_scheduler.CosineAnnealingWarmRestarts(o, 20)],
        [5],
    ),
    "numpy": lambda o: lr_scheduler.LambdaLR(o, lambda t: np.cos(np.float64(t) / 40)),
}
FROM_NOW: dict[str, Callable[[Optimizer], Any]] = {
    "step": lambda o: lr_scheduler.StepLR(o, 3, 0.5),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 40),
    "linear": lambda o: lr_scheduler.LinearLR(o, 0.1, total_iters=10),
    "multiplicative": lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: np.float64(1 / t)),
}


@as_on_any_device
@pytest.mark.parametrize("name", FROM_THE_START)
def test_a_schedule_from_the_start_multiplies_what_was_learned(name: str) -> None:
    """What was learned is a factor, to which a step adds by its share of the largest rate so far."""
    module, opt = made()
    plain = torch.optim.Adam(net().parameters(), 0.01)
    ours, theirs = FROM_THE_START[name](opt), FROM_THE_START[name](plain)
    factor, peak = 1.0, 0.01
    written = float(lr(opt))
    for _ in steps(module, opt, 30):
        plain.step()
        peak = max(peak, lr(plain))
        factor += (float(lr(opt)) - written) / peak
        ours.step()
        theirs.step()
        written = float(lr(opt))
        assert written == pytest.approx(lr(plain) * factor, rel=1e-9, abs=1e-15)
        assert opt.hyperparameters()[0]["alpha"] == written, "what is shown is what counts"
        assert float(ours.get_last_lr()[0]) == written, "what a trainer logs"
    assert abs(factor - 1) > 0.01


@as_on_any_device
@pytest.mark.parametrize("name", FROM_NOW)
def test_a_schedule_from_now_multiplies_the_learned_rate(name: str) -> None:
    module, opt = made()
    plain = torch.optim.Adam(net().parameters(), 0.01)
    ours, theirs = FROM_NOW[name](opt), FROM_NOW[name](plain)
    for _ in steps(module, opt, 30):
        plain.step()
        learned, scheduled = float(lr(opt)), lr(plain)
        ours.step()
        theirs.step()
        assert float(lr(opt)) == pytest.approx(learned * lr(plain) / scheduled, rel=1e-9)
    assert float(lr(opt)) != pytest.approx(lr(plain), rel=0.01)


@as_on_any_device
def test_a_rate_that_its_level_multiplies_learns_a_factor_that_a_schedule_multiplies() -> None:
    module, opt = made(multiplicative=True, alpha=(0.01, 1.0))
    by = lr_scheduler.LambdaLR(opt, lambda t: 1 / (1 + t))
    factor, written = 1.0, 0.01
    for t, _ in enumerate(steps(module, opt, 10)):
        factor *= float(lr(opt)) / written
        by.step()
        written = float(lr(opt))
        assert written == pytest.approx(0.01 / (2 + t) * factor, rel=1e-12)
    assert abs(factor - 1) > 0.01


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
def test_a_long_warm_up_makes_not_much_of_little() -> None:
    """The rate of a hundredth of the schedule learns a hundredth, not as much as the whole."""
    module, opt = made()
    warm = lr_scheduler.LambdaLR(opt, lambda t: (t + 1) / 100)
    for _ in steps(module, opt, 20):
        warm.step()
    assert 0.5 < float(lr(opt)) / (0.01 * 21 / 100) < 2


@as_on_any_device
def test_a_scheduler_resumes_from_a_file_as_if_uninterrupted() -> None:
    def trio() -> tuple[nn.Module, HyperOptimizer, lr_scheduler.LambdaLR]:
        module, opt = made()
        return module, opt, lr_scheduler.LambdaLR(opt, lambda t: 1 / (1 + t))

    module, opt, by = trio()
    last(module, opt, batches(5), after_step=by.step)
    file = io.BytesIO()
    torch.save([module.state_dict(), opt.state_dict(), by.state_dict()], file)
    file.seek(0)
    other_module, other, other_by = trio()
    for part, saved in zip((other_module, other, other_by), torch.load(file, weights_only=True), strict=True):
        part.load_state_dict(saved)
    assert float(lr(other)) == float(lr(opt))
    last(module, opt, batches(5), after_step=by.step)
    last(other_module, other, batches(5), after_step=other_by.step)
    assert float(lr(other)) == float(lr(opt))
    assert float(lr(opt)) != pytest.approx(0.01 / 11, rel=1e-3)


@as_on_any_device
def test_a_rate_written_by_hand_is_taken_and_one_made_of_an_earlier_rate_is_multiplied() -> None:
    module, opt = made()
    start = copy.copy(lr(opt))
    last(module, opt, batches(10))
    learned = float(lr(opt)) / 0.01
    opt.param_groups[0]["lr"] = 0.003
    assert float(lr(opt)) == 0.003
    module, opt = made()
    last(module, opt, batches(10))
    opt.param_groups[0]["lr"] = start * 0.5
    assert float(lr(opt)) == pytest.approx(0.01 * 0.5 * learned, rel=1e-12)


@pytest.mark.parametrize(("schedule", "factor"), [("set", 0.5), ("multiply", None)])
def test_what_becomes_of_a_schedule_can_be_said(schedule: str, factor: float | None) -> None:
    module, opt = made(schedule=schedule)
    by = lr_scheduler.LambdaLR(opt, lambda t: 0.5)
    last(module, opt, batches(10))
    learned = opt.param_groups[0]["learned"]
    by.step()
    assert float(lr(opt)) == pytest.approx(0.01 * 0.5 * (learned if factor is None else 1), rel=1e-12)
    opt.param_groups[0]["lr"] = 0.003
    assert float(lr(opt)) == pytest.approx(0.003 * (learned if factor is None else 1), rel=1e-12)


def test_a_plateau_after_a_warm_up_goes_on_from_the_learned_rate() -> None:
    module, opt = made()
    warm = lr_scheduler.LinearLR(opt, 0.5, total_iters=3)
    plateau = lr_scheduler.ReduceLROnPlateau(opt, patience=0)
    last(module, opt, batches(10), after_step=warm.step)
    before = float(lr(opt))
    for _ in range(2):
        plateau.step(1.0)
    assert float(lr(opt)) == pytest.approx(before / 10, rel=1e-12)


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
        ("adam/sgd", {}, "betas", (0.5, 1.0), "a number from 0 up to, but not, 1 is expected"),
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
