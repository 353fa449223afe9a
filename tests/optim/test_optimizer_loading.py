"""A saved state that does not fit, or is not whole, is refused in a sentence and changes nothing."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from loops import apart, batches, last, net
from torch import nn

from hyperopt.optim import HyperOptimizer
from hyperopt.optim.errors import ConfigError
from hyperopt.optim.rules import RULES, find

Saved = dict[str, Any]


def made(steps: int = 3, **more: Any) -> tuple[nn.Module, HyperOptimizer]:
    module = net()
    groups: list[dict[str, Any]] = [
        {"params": list(module.conv.named_parameters())},
        {"params": [*module.mix.named_parameters(), *module.head.named_parameters()]},
    ]
    opt = HyperOptimizer(groups, **{"stack": "adam/adam", "alpha": (0.01, 1e-3)} | more)
    if steps:
        last(module, opt, batches(steps))
    return module, opt


def group(saved: Saved, i: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = saved["param_groups"][i]
    return found


def memory(saved: Saved) -> dict[str, Any]:
    found: dict[str, Any] = group(saved)["levels"]["levels"][0]["memory"]["rule"]["alpha"]
    return found


def lose(key: str) -> Callable[[Saved], Any]:
    return lambda saved: group(saved).pop(key)


# The state of parameter 1 of group 1, of 6 elements, has the key 3.
CHANGES: dict[str, tuple[Callable[[Saved], Any], str]] = {
    "another shape": (
        lambda s: s["state"][3].update(m=torch.zeros(1)),
        r"m of parameter 1 \(bias\) of group 1 is of shape \[1\]; a tensor of shape \[6\] is expected",
    ),
    "as many elements": (
        lambda s: s["state"][2].update(v=torch.zeros(36)),
        r"v of parameter 0 \(weight\) of group 1 is of shape \[36\]; a tensor of shape \[6, 6\]",
    ),
    "no tensor": (lambda s: s["state"][3].update(m=[1.0]), r"m of parameter 1 .* is \[1\]; a tensor of"),
    "a lost moment": (lambda s: s["state"][3].pop("m"), r"m of parameter 1 .* is missing; a tensor of"),
    "a lost gradient": (lambda s: s["state"][3].pop("last.grad"), "last.grad of parameter 1 .* is missing"),
    "a lost count": (
        lambda s: s["state"][3].pop("step"),
        "step of parameter 1 .* is missing; a whole number",
    ),
    "a count that is none": (
        lambda s: s["state"][3].update(moved=-1),
        "moved of parameter 1 .* is -1; a whole",
    ),
    "a state that is none": (lambda s: s["state"].update({3: 5}), "the state of parameter 1 .* is 5; a dict"),
    "keys as text": (
        lambda s: s.update(state={str(key): state for key, state in s["state"].items()}),
        "the state of '0' is of no parameter in its groups",
    ),
    "lost states": (
        lambda s: s["state"].clear(),
        "group 0 has had 5 steps, and no parameter of it a state",
    ),
    "nothing": (lambda s: s.clear(), "it has no param_groups; what"),
    "no groups": (lambda s: s.update(param_groups=[]), "its number of groups is 0, and that of this .* is 2"),
    "a group more": (lambda s: s["param_groups"].append(group(s)), "number of groups is 3, and that .* is 2"),
    "a parameter less": (
        lambda s: group(s)["params"].pop(),
        "the number of parameters of group 1 is 3, and that of this optimizer is 4",
    ),
    **{
        f"no {key}": (lose(key), f"group 1 has no {key};")
        for key in ("stack", "tune", "step", "lr", "params")
    },
    "a rate that is none": (lambda s: group(s).update(lr="high"), "lr of group 1 is high; a number"),
    "half of the betas": (
        lambda s: group(s).update(betas=[0.9, None]),
        "betas of group 1 is .0.9,null.; a number",
    ),
    "no levels": (lambda s: group(s)["levels"].pop("tuned"), "levels.tuned of group 1 is missing; a dict"),
    "a level less": (
        lambda s: group(s)["levels"]["levels"].clear(),
        r"levels.levels of group 1 is \[\]; a list",
    ),
    "two rates": (
        lambda s: group(s)["levels"]["tuned"].update(alpha=torch.zeros(2)),
        r"levels.tuned.alpha of group 1 is of shape \[2\]; a tensor of shape \[\]",
    ),
    "a lost moment above": (lambda s: memory(s).pop("v"), "rule.alpha.v of group 1 is missing"),
    "a rate that is not finite": (
        lambda s: group(s).update(lr=math.nan),
        "of group 1 lr=nan: a finite number of 0",
    ),
    "a beta above 1": (lambda s: group(s).update(betas=[0.9, 1.5]), "of group 1 beta2=1.5: "),
    "what was learned": (lambda s: group(s).update(learned=3.0), "of group 1 learned=3, .*; leave both, and"),
    "the largest plan": (lambda s: group(s).update(peak=3.0), "of group 1 learned=.*, peak=3: the levels"),
    "a plan": (lambda s: group(s).update(planned=3.0), "of group 1 planned=3: times learned it is not lr="),
    "half of a plan": (lose("learned"), "group 1 has no learned;"),
    "another optimizer's": (
        lambda s: s.update(torch.optim.Adam(net().parameters()).state_dict(), param_groups=[{}, {}]),
        "another optimizer saved it",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_does_not_fit_is_refused_and_changes_nothing(name: str) -> None:
    (module, opt), (twin, other), (_, source) = made(), made(), made(5)
    change, message = CHANGES[name]
    saved = copy.deepcopy(source.state_dict())
    change(saved)
    with pytest.raises(ConfigError, match=f"state_dict: .*{message}"):
        opt.load_state_dict(saved)
    data = batches(6)[3:]
    assert apart(last(module, opt, data), last(twin, other, data)) == 0
    assert repr(opt.state_dict()) == repr(other.state_dict())


@pytest.mark.parametrize("given", [None, [1], "adam.pt"])
def test_what_is_no_state_is_refused(given: Any) -> None:
    with pytest.raises(ConfigError, match=r"state_dict: .*; what state_dict\(\) returned is expected"):
        made()[1].load_state_dict(given)


def test_the_state_of_another_model_is_refused_before_it_has_moved_too() -> None:
    for steps in (0, 2):
        _, opt = made(steps)
        other = HyperOptimizer([nn.Parameter(torch.zeros(2))], "adam/adam", 1e-3)
        saved = opt.state_dict()
        saved["param_groups"] = [group(saved, 0) | {"params": [0]}]
        saved["state"] = {0: saved["state"][0]}
        with pytest.raises(ConfigError, match=r"m of parameter 0 of group 0 is of shape \[2, 1, 3\]"):
            other.load_state_dict(saved)


def test_parameters_without_a_state_and_counts_as_tensors_are_fine() -> None:
    """A frozen layer has no state, and those who save numbers as tensors may."""
    (module, opt), (other_module, other) = made(0), made(0)
    for m in (module, other_module):
        m.conv.requires_grad_(False)
    last(module, opt, batches(3))
    saved = copy.deepcopy(opt.state_dict())
    for state in saved["state"].values():
        state.update({key: torch.tensor(state[key]) for key in ("step", "moved") if key in state})
    other_module.load_state_dict(module.state_dict())
    other.load_state_dict(saved)
    assert apart(last(module, opt, batches(3)), last(other_module, other, batches(3))) == 0


@pytest.mark.parametrize("rule", RULES)
def test_the_state_of_every_rule_fits_itself(rule: str) -> None:
    stack = rule if set(find(rule).hyperparameters) <= find(rule).constants else f"{rule}/sgd"
    for dtype in (torch.float32, torch.bfloat16):
        params = [nn.Parameter(torch.ones(size, dtype=dtype)) for size in ((3, 4), (5,), ())]
        opt = HyperOptimizer(params, stack)
        for _ in range(3):
            opt.load_state_dict(opt.state_dict())
            for param in params:
                param.grad = torch.full_like(param, 0.1)
            opt.step()
