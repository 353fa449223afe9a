"""An optimizer saved, loaded, copied and pickled goes on bit by bit as if it had not been."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from loops import apart, batches, last, net
from torch import Tensor, nn
from torch.optim import lr_scheduler

from hyperopt.optim import HyperOptimizer
from hyperopt.optim.errors import ConfigError

OF_VERSION_0_1 = Path(__file__).with_name("optimizer_0_1.pt")

Pair = tuple[nn.Module, HyperOptimizer]

SETTINGS: dict[str, dict[str, Any]] = {
    "adam": {"alpha": 0.01},
    "adam/sgd": {"alpha": (0.01, 1e-3), "clip": True},
    "adam/adam/sgd": {"alpha": (0.01, 1e-3, 1e-4), "form": "reported"},
    "sgd/sgd": {
        "alpha": (0.1, 1e-3),
        "momentum": 0.9,
        "weight_decay": 1e-3,
        "multiplicative": True,
        "floor": 1e-4,
    },
    "rmsprop/sgd": {"alpha": (0.01, 1e-4), "form": "reported", "tune": "alpha"},
    "adamw/lion": {"alpha": (0.01, 0.01), "tune": "alpha", "multiplicative": True, "trace": 0.9},
}


def made(stack: str, seed: int = 0) -> Pair:
    module = net(seed)
    groups: list[dict[str, Any]] = [
        {"params": module.conv.parameters()},
        {"params": [*module.mix.parameters(), *module.head.parameters()]},
    ]
    return module, HyperOptimizer(groups, stack, **SETTINGS[stack])


def through_a_file(value: Any) -> Any:
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def loaded(pair: Pair, stack: str) -> Pair:
    module, opt = made(stack, seed=7)
    module.load_state_dict(through_a_file(pair[0].state_dict()))
    opt.load_state_dict(through_a_file(opt_state(pair[1])))
    return module, opt


def opt_state(opt: HyperOptimizer) -> dict[str, Any]:
    return opt.state_dict()


RESUME: dict[str, Callable[[Pair, str], Pair]] = {
    "state_dict": loaded,
    "deepcopy": lambda pair, _: copy.deepcopy(pair),
    "pickle": lambda pair, _: pickle.loads(pickle.dumps(pair)),
}


@pytest.mark.parametrize("stack", SETTINGS)
@pytest.mark.parametrize("way", RESUME)
@pytest.mark.parametrize("halved", [False, True], ids=["", "after a write to lr"])
def test_goes_on_bit_by_bit(stack: str, way: str, halved: bool) -> None:
    data = batches(12)
    module, opt = made(stack)
    last(module, opt, data[:6])
    if halved:
        for group in opt.param_groups:
            group["lr"] *= 0.5
    other_module, other = RESUME[way]((module, opt), stack)
    a, b = last(module, opt, data[6:]), last(other_module, other, data[6:])
    assert apart(a, b) == 0
    assert [opt.hyperparameters(i) for i in (0, 1)] == [other.hyperparameters(i) for i in (0, 1)]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", ["adam/sgd", "sgd/adam", "sgd/sgd"])
def test_a_state_of_version_0_1_goes_on(name: str) -> None:
    """The file holds what that version saved after four steps, and where its next four led."""
    saved = torch.load(OF_VERSION_0_1, weights_only=True)[name]
    module = net()
    module.load_state_dict(saved["module"])
    opt = HyperOptimizer(module.parameters(), saved["stack"], **saved["more"])
    opt.load_state_dict(saved["optimizer"])
    end = last(module, opt, batches(8)[4:])
    assert apart(end, saved["weights"]) < 1e-10
    for level, expected in zip(opt.hyperparameters(), saved["hyperparameters"], strict=True):
        assert {k: level[k] for k in expected} == pytest.approx(expected, rel=1e-9)


def test_a_loaded_state_is_a_copy() -> None:
    (module, opt), (other_module, other) = made("adam/sgd"), made("adam/sgd")
    last(module, opt, batches(3))
    other.load_state_dict(opt.state_dict())
    other_module.load_state_dict(module.state_dict())
    saved = copy.deepcopy(opt.state_dict())
    last(other_module, other, batches(3))

    def leaves(tree: Any) -> list[Tensor]:
        if isinstance(tree, dict):
            return [leaf for value in tree.values() for leaf in leaves(value)]
        if isinstance(tree, list):
            return [leaf for value in tree for leaf in leaves(value)]
        return [tree] if isinstance(tree, Tensor) else []

    for now, then in zip(leaves(opt.state_dict()), leaves(saved), strict=True):
        assert torch.equal(now, then)


@pytest.mark.parametrize(
    ("saved", "own"), [("adam/sgd", "adam"), ("adam", "adam/sgd"), ("sgd/sgd", "adam/sgd")]
)
def test_the_state_of_another_stack_is_refused_and_changes_nothing(saved: str, own: str) -> None:
    (other_module, other), (module, opt) = made(saved), made(own)
    last(other_module, other, batches(2))
    last(module, opt, batches(2))
    before = repr(opt.state_dict())
    with pytest.raises(
        ConfigError, match=f"state_dict: a stack {saved} saved it, but this one is {own}; load it"
    ):
        opt.load_state_dict(through_a_file(other.state_dict()))
    assert repr(opt.state_dict()) == before


def test_bf16_state_keeps_its_type() -> None:
    def pair() -> tuple[nn.Parameter, HyperOptimizer]:
        weight = nn.Parameter(torch.ones(5, dtype=torch.bfloat16))
        return weight, HyperOptimizer([weight], "adam/sgd", (1e-2, 1e-3))

    def steps(weight: nn.Parameter, opt: HyperOptimizer) -> None:
        for t in range(5):
            weight.grad = torch.linspace(-1, 1, 5).bfloat16() * (t + 1)
            opt.step()

    (weight, opt), (other_weight, other) = pair(), pair()
    steps(weight, opt)
    other.load_state_dict(through_a_file(opt.state_dict()))
    assert other.state[other_weight]["v"].dtype == torch.float32
    with torch.no_grad():
        other_weight.copy_(weight)
    steps(weight, opt)
    steps(other_weight, other)
    assert torch.equal(weight, other_weight)
    assert opt.hyperparameters() == other.hyperparameters()


def test_a_checkpoint_with_a_scheduler_goes_on() -> None:
    def trio() -> tuple[nn.Module, HyperOptimizer, lr_scheduler.LRScheduler]:
        module, opt = made("adam/sgd")
        return module, opt, lr_scheduler.ExponentialLR(opt, 0.8)

    module, opt, by = trio()
    last(module, opt, batches(4), after_step=by.step)
    other_module, other, other_by = trio()
    other_module.load_state_dict(module.state_dict())
    other_by.load_state_dict(by.state_dict())
    other.load_state_dict(through_a_file(opt.state_dict()))
    a = last(module, opt, batches(4), after_step=by.step)
    assert apart(a, last(other_module, other, batches(4), after_step=other_by.step)) == 0


def test_memory_is_one_tensor_more_than_without_a_level_above() -> None:
    weight = nn.Parameter(torch.zeros(1000))
    for stack, tensors in (("sgd", 0), ("adam", 2), ("sgd/sgd", 1), ("adam/sgd", 3)):
        opt = HyperOptimizer([weight], stack)
        for _ in range(3):
            weight.grad = torch.ones(1000)
            opt.step()
        held = [v for v in opt.state[weight].values() if isinstance(v, Tensor)]
        assert len(held) == tensors
        assert all(v.numel() == 1000 for v in held)


def test_step_allocates_no_tensor_that_stays() -> None:
    module, opt = made("adam/sgd")
    last(module, opt, batches(3))
    places = {v.data_ptr() for state in opt.state.values() for v in state.values() if isinstance(v, Tensor)}
    last(module, opt, batches(10))
    assert places == {
        v.data_ptr() for state in opt.state.values() for v in state.values() if isinstance(v, Tensor)
    }
    assert all(p.is_leaf and p.grad_fn is None for p in module.parameters())
