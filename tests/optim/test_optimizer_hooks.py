"""Hooks that users register on an optimizer see and change what those of torch's optimizers do."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from loops import apart, batches, last, net
from torch import Tensor, nn
from torch.optim import Optimizer

from hyperopt.optim import HyperOptimizer
from hyperopt.optim.errors import ConfigError

pytestmark = pytest.mark.usefixtures("float64")

Make = Callable[[nn.Module], Optimizer]

MAKE: dict[str, Make] = {
    "ours": lambda module: HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 0.0)),
    "torch's": lambda module: torch.optim.Adam(module.parameters(), 0.01),
}


def trained(make: Make) -> tuple[nn.Module, Optimizer]:
    module = net()
    opt = make(module)
    last(module, opt, batches(3))
    return module, opt


def moments_at_zero(_: Optimizer, saved: dict[str, Any]) -> dict[str, Any]:
    """Begin the means anew, by a state that is a copy."""
    changed = copy.deepcopy(saved)
    for state in changed["state"].values():
        for name in state.keys() & {"m", "exp_avg"}:
            state[name].zero_()
    return changed


def test_what_a_hook_changes_before_loading_is_loaded() -> None:
    ends = []
    for make in MAKE.values():
        module, opt = trained(make)
        handle = opt.register_load_state_dict_pre_hook(moments_at_zero)
        opt.load_state_dict(opt.state_dict())
        handle.remove()
        ends.append(last(module, opt, batches(3, seed=2)))
    untouched = [last(*trained(make), batches(3, seed=2)) for make in MAKE.values()]
    assert apart(*ends) < 1e-12
    assert apart(ends[0], untouched[0]) > 1e-3


@pytest.mark.parametrize("name", MAKE)
def test_a_hook_may_unwrap_what_is_loaded(name: str) -> None:
    module, opt = trained(MAKE[name])
    wrapped = {"optimizer": copy.deepcopy(opt.state_dict()), "epoch": 3}
    opt.register_load_state_dict_pre_hook(lambda _, saved: saved["optimizer"])
    opt.load_state_dict(wrapped)
    assert apart(last(module, opt, batches(2)), last(*trained(MAKE[name]), batches(2))) == 0


def test_what_a_hook_makes_unfit_is_refused_and_changes_nothing() -> None:
    (module, opt), twins = trained(MAKE["ours"]), trained(MAKE["ours"])
    handle = opt.register_load_state_dict_pre_hook(lambda _, saved: {"param_groups": saved["param_groups"]})
    with pytest.raises(ConfigError, match="state_dict: it has no state;"):
        opt.load_state_dict(opt.state_dict())
    handle.remove()
    assert apart(last(module, opt, batches(2)), last(*twins, batches(2))) == 0
    opt.load_state_dict(opt.state_dict())


def test_a_hook_after_loading_finds_what_was_loaded() -> None:
    (_, opt), (_, other) = trained(MAKE["ours"]), trained(MAKE["ours"])
    saved = moments_at_zero(opt, opt.state_dict())
    found: list[float] = []
    other.register_load_state_dict_post_hook(
        lambda loaded: found.extend(float(state["m"].abs().sum()) for state in loaded.state.values())
    )
    other.load_state_dict(saved)
    assert found == [0.0] * len(saved["state"])


def test_a_hook_after_saving_gets_what_is_returned() -> None:
    module, opt = trained(MAKE["ours"])
    expected, seen = repr(opt.state_dict()), list[str]()
    module.head.weight.requires_grad_(False)

    def wrap(_: Optimizer, saved: dict[str, Any]) -> dict[str, Any]:
        seen.append(repr(saved))
        return {"saved": saved}

    handle = opt.register_state_dict_post_hook(wrap)
    wrapped: Any = opt.state_dict()
    handle.remove()
    assert seen == [expected] == [repr(wrapped["saved"])]
    assert all(
        isinstance(value, Tensor) for value in wrapped["saved"]["param_groups"][0]["levels"]["fixed"].values()
    )
    assert repr(opt.state_dict()) == expected
