"""Parameter groups and schedules of HyperOptimizer beside those of torch.optim."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from loops import EXACT, adams, apart, batches, last, net
from torch import nn
from torch.optim import Optimizer, lr_scheduler

from hyperopt.optim import HyperOptimizer
from hyperopt.optim.errors import ConfigError

pytestmark = pytest.mark.usefixtures("float64")


def test_groups_have_their_own_hyperparameters() -> None:
    ours, theirs = net(), net()
    groups: list[dict[str, Any]] = [
        {"params": ours.conv.parameters()},
        {"params": ours.head.parameters(), "lr": 0.1, "beta1": 0.5},
    ]
    peers: list[dict[str, Any]] = [
        {"params": theirs.conv.parameters()},
        {"params": theirs.head.parameters(), "lr": 0.1, "betas": (0.5, 0.999)},
    ]
    opt = HyperOptimizer(groups, "adam", 0.01)
    assert (
        apart(last(ours, opt, batches(30)), last(theirs, torch.optim.Adam(peers, 0.01), batches(30))) < 1e-10
    )
    assert opt.hyperparameters(1) == [{"alpha": 0.1, "beta1": 0.5, "beta2": 0.999, "weight_decay": 0.0}]


def test_a_group_that_is_not_there_is_refused() -> None:
    opt = HyperOptimizer(net().parameters())
    for group in (1, -1):
        with pytest.raises(ValueError, match=rf"group={group}: a place in param_groups, from 0 to 0, is"):
            opt.hyperparameters(group)


@pytest.mark.parametrize("betas", [0.9, (0.9,), (0.9, 0.99, 0.999)])
def test_betas_are_written_two_at_a_time(betas: Any) -> None:
    opt = HyperOptimizer(net().parameters())
    with pytest.raises(ValueError, match=r"betas=.*: two numbers, beta1 and beta2, are expected"):
        opt.param_groups[0]["betas"] = betas


def test_groups_learn_apart_unless_shared() -> None:
    def rates(**more: Any) -> list[float]:
        module = net()
        groups: list[dict[str, Any]] = [
            {"params": module.conv.parameters()},
            {"params": [*module.mix.parameters(), *module.head.parameters()]},
        ]
        opt = HyperOptimizer(groups, "adam/sgd", (0.01, 1e-3), **more)
        last(module, opt, batches(30))
        assert [float(g["lr"]) for g in opt.param_groups] == [
            opt.hyperparameters(i)[0]["alpha"] for i in (0, 1)
        ]
        return [float(g["lr"]) for g in opt.param_groups]

    apart_0, apart_1 = rates()
    assert abs(apart_0 - apart_1) > 1e-4
    shared_0, shared_1 = rates(shared=True)
    assert shared_0 == shared_1

    module = net()
    everything = [*module.conv.parameters(), *module.mix.parameters(), *module.head.parameters()]
    opt = HyperOptimizer(everything, "adam/sgd", (0.01, 1e-3))
    last(module, opt, batches(30))
    assert shared_0 == pytest.approx(opt.hyperparameters()[0]["alpha"], rel=1e-12)


def test_a_group_can_have_another_stack() -> None:
    module = net()
    groups: list[dict[str, Any]] = [
        {"params": module.conv.parameters()},
        {"params": module.head.parameters(), "stack": "sgd/sgd", "lr": 0.2},
    ]
    opt = HyperOptimizer(groups, "adam/sgd", (0.01, 1e-3), beta1=0.8)
    assert repr(opt) == "HyperOptimizer(adam(0.01)/sgd(0.001), sgd(0.2)/sgd(0.01))"
    last(module, opt, batches(3))


def test_add_param_group_as_in_torch() -> None:
    ours, theirs = net(), net()
    opt = HyperOptimizer(ours.conv.parameters(), "adam", 0.01)
    peer = torch.optim.Adam(theirs.conv.parameters(), 0.01)
    last(ours, opt, batches(5))
    last(theirs, peer, batches(5))
    opt.add_param_group({"params": ours.head.parameters(), "lr": 0.05})
    peer.add_param_group({"params": theirs.head.parameters(), "lr": 0.05})
    assert apart(last(ours, opt, batches(10)), last(theirs, peer, batches(10))) < EXACT


def test_groups_are_not_shared_one_by_one() -> None:
    params = list(net().parameters())
    with pytest.raises(ValueError, match="shared=true: a group has no such setting"):
        HyperOptimizer([{"params": params, "shared": True}])
    HyperOptimizer([{"params": params, "shared": False}])


def test_a_refused_group_is_not_added() -> None:
    module = net()
    opt = HyperOptimizer(module.conv.parameters(), "adam/sgd", shared=True)
    with pytest.raises(ValueError, match="lr: with shared=True a group has no settings of its own"):
        opt.add_param_group({"params": module.head.parameters(), "lr": 0.1})
    with pytest.raises(ValueError, match="real floating point"):
        opt.add_param_group({"params": [torch.zeros(2, dtype=torch.complex64)]})
    assert len(opt.param_groups) == 1


SCHEDULERS: dict[str, Callable[[Optimizer], Any]] = {
    "step": lambda o: lr_scheduler.StepLR(o, 3, 0.5),
    "multistep": lambda o: lr_scheduler.MultiStepLR(o, [4, 9]),
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 10),
    "warm restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 7),
    "linear": lambda o: lr_scheduler.LinearLR(o, 0.1, total_iters=10),
    "polynomial": lambda o: lr_scheduler.PolynomialLR(o, 30, 2.0),
    "multiplicative": lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: 1 / t),
    "warm-up from 0": lambda o: lr_scheduler.LambdaLR(o, lambda t: min(1.0, t / 10)),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=40, cycle_momentum=False),
    "cyclic": lambda o: lr_scheduler.CyclicLR(o, 0.001, 0.1, 5, cycle_momentum=False),
    "sequence": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.1, total_iters=5), lr_scheduler.ExponentialLR(o, 0.9)], [5]
    ),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedulers_as_in_torch(name: str) -> None:
    ours, theirs = net(), net()
    opt, peer = adams(ours, theirs)
    ours_by, theirs_by = SCHEDULERS[name](opt), SCHEDULERS[name](peer)
    end = last(ours, opt, batches(30), after_step=ours_by.step)
    assert apart(end, last(theirs, peer, batches(30), after_step=theirs_by.step)) < 1e-10
    assert float(opt.param_groups[0]["lr"]) == pytest.approx(peer.param_groups[0]["lr"], abs=1e-15)


def test_reduce_on_plateau_as_in_torch() -> None:
    ours, theirs = net(), net()
    opt, peer = adams(ours, theirs)
    by = [lr_scheduler.ReduceLROnPlateau(o, patience=2) for o in (opt, peer)]
    end = last(ours, opt, batches(20), after_step=lambda: by[0].step(1.0))
    assert apart(end, last(theirs, peer, batches(20), after_step=lambda: by[1].step(1.0))) < EXACT


@pytest.mark.parametrize("form", ["textbook", "reported"])
def test_a_scheduler_multiplies_the_learned_rate_and_learning_goes_on(form: Any) -> None:
    module = net()
    opt = HyperOptimizer(module.parameters(), "rmsprop/sgd", (0.01, 1e-5), form=form)
    halve = lr_scheduler.MultiplicativeLR(opt, lambda _: 0.5)
    last(module, opt, batches(20))
    learned = opt.hyperparameters()[0]["alpha"]
    assert learned != pytest.approx(0.01, rel=1e-5)
    halve.step()
    written = float(opt.param_groups[0]["lr"])
    assert written == pytest.approx(learned / 2, rel=1e-12)
    last(module, opt, batches(1))
    after = opt.hyperparameters()[0]["alpha"]
    assert after == pytest.approx(written, rel=1e-2)
    assert after != written
    assert float(opt.param_groups[0]["lr"]) == after


def test_a_written_rate_is_where_the_level_above_goes_on() -> None:
    rate = 0.003
    module, twin = net(), net()
    opt, same = (HyperOptimizer(m.parameters(), "sgd/sgd", (0.1, 1e-3)) for m in (module, twin))
    last(module, opt, batches(5))
    last(twin, same, batches(5))
    before = opt.hyperparameters()[0]["alpha"]
    opt.param_groups[0]["lr"] = rate
    last(module, opt, batches(6)[5:])
    last(twin, same, batches(6)[5:])
    learned = same.hyperparameters()[0]["alpha"] - before
    assert opt.hyperparameters()[0]["alpha"] == pytest.approx(rate + learned, abs=1e-15)


def test_shared_groups_take_one_rate_only() -> None:
    module = net()
    groups: list[dict[str, Any]] = [
        {"params": module.conv.parameters()},
        {"params": module.head.parameters()},
    ]
    opt = HyperOptimizer(groups, "adam/sgd", shared=True)
    last(module, opt, batches(2))
    opt.param_groups[0]["lr"], opt.param_groups[1]["lr"] = 0.1, 0.2
    with pytest.raises(ValueError, match=r"lr=\[0.1,0.2\]"):
        last(module, opt, batches(1))
    for group in opt.param_groups:
        group["lr"] = 0.1
    last(module, opt, batches(1))
    assert opt.hyperparameters(1)[0]["alpha"] == pytest.approx(0.1, abs=1e-3)


def test_groups_at_odds_are_still_shown_by_repr() -> None:
    """So that the error of the step can be looked into."""
    params = [nn.Parameter(torch.ones(1)) for _ in range(2)]
    opt = HyperOptimizer([{"params": [p]} for p in params], "adam/sgd", (1e-3, 1e-5), shared=True)
    for group, rate in zip(opt.param_groups, (0.1, 0.2), strict=True):
        group["lr"] = rate
    params[0].grad = torch.ones(1)
    with pytest.raises(ConfigError, match=r"lr=\[0.1,0.2\]: groups with shared=True take one value"):
        opt.step()
    assert repr(opt) == "HyperOptimizer(adam(0.1)/sgd(1e-05), adam(0.2)/sgd(1e-05))"


@pytest.mark.parametrize("copied", [False, True], ids=["itself", "a copy"])
def test_a_group_of_another_optimizer_is_refused_and_its_parameters_are_taken(copied: bool) -> None:
    one, two = (HyperOptimizer([nn.Parameter(torch.ones(2))], "adam/sgd") for _ in range(2))
    groups = [dict(group) if copied else group for group in one.param_groups]
    for i, make in enumerate(
        (lambda: HyperOptimizer(groups, "adam/adam"), lambda: two.add_param_group(*groups))
    ):
        with pytest.raises(
            ConfigError, match=rf'group {i}: it is one of another .* {{"params": group\["params"\]}}'
        ):
            make()
    again = HyperOptimizer([{"params": group["params"]} for group in groups], "adam/adam")
    assert again.param_groups[0]["stack"] == "adam/adam"
