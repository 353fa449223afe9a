"""What is written to a group or deleted from it is taken, or refused in a sentence before anything moves."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from loops import apart, batches, last, net
from torch import nn
from torch.optim import lr_scheduler

from hyperopt.optim import HyperOptimizer
from hyperopt.optim.errors import ConfigError
from hyperopt.optim.group_settings import check_keys
from hyperopt.optim.stack_settings import MAIN, known_names
from hyperopt.optim.torch_names import TAKEN

NUMBER = "a finite number of 0 or more is expected"


def made(stack: str = "adam/sgd", steps: int = 2, **more: Any) -> tuple[nn.Module, HyperOptimizer]:
    module = net()
    opt = HyperOptimizer(module.parameters(), stack, **{"alpha": (0.01, 1e-4)} | more)
    last(module, opt, batches(steps))
    return module, opt


REFUSED: list[tuple[str, Any, str]] = [
    *(("lr", value, NUMBER) for value in (math.nan, math.inf, -1, "a", None, True, [0.1], 1j)),
    *(("lr", torch.tensor(value), NUMBER) for value in (math.nan, -1.0)),
    ("lr", torch.ones(2), r"lr: a tensor of shape \[2\] and torch.float32; a real number is expected"),
    ("lr", torch.ones((), dtype=torch.complex64), "a real number is expected"),
    ("lr", 1e39, r"lr=1e\+39: a number of 0 or more that float32 can hold .* is expected"),
    ("betas", (1.5, 0.9), "beta1=1.5: a number of at least 0 and below 1 is expected"),
    ("betas", (0.9, torch.tensor(1.0)), "beta2=1: a number of at least 0 and below 1 is expected"),
    ("betas", (0.9, None), f"beta2=null: {NUMBER}"),
    ("weight_decay", math.nan, NUMBER),
    ("eps", 1e-3, "eps=0.001: the optimizer was made with eps=1e-08, which stays"),
    ("maximize", True, "maximize=true: the optimizer was made with maximize=false, which stays"),
    ("amsgrad", True, "amsgrad=true: the optimizer was made with stack=adam/sgd, which stays"),
    ("capturable", True, "capturable=true: HyperOptimizer takes false only"),
    ("nesterov", True, "nesterov=true: level 0 is adam, which has alpha, beta1, beta2, weight_decay"),
    ("momentum", 0.9, "momentum=0.9: level 0 is adam, which has"),
    ("schedule", "add", "schedule=add: multiply or set is expected"),
    ("step", 9, "step=9: the optimizer keeps it itself"),
    ("levels", None, "levels=null: the optimizer keeps it itself"),
    ("weight_decy", 0.1, "has no setting 'weight_decy'; did you mean weight_decay"),
    ("learning_rate", 0.1, "did you mean lr"),
    ("Lr", 0.1, "did you mean lr"),
]


@pytest.mark.parametrize(("key", "value", "message"), REFUSED)
def test_what_cannot_take_effect_is_refused_where_it_is_written(key: str, value: Any, message: str) -> None:
    _, opt = made()
    before = repr(opt.param_groups[0])
    ways: list[Callable[[Any], Any]] = [
        lambda group: group.__setitem__(key, value),
        lambda group: group.update({key: value}),
        lambda group: group.__ior__({key: value}),
    ]
    for way in ways if key in opt.param_groups[0] else [*ways, lambda group: group.setdefault(key, value)]:
        with pytest.raises(ConfigError, match=message):
            way(opt.param_groups[0])
    assert repr(opt.param_groups[0]) == before


@pytest.mark.parametrize("key", ["lr", "betas", "params", "stack", "levels", "step", "schedule"])
def test_what_the_optimizer_reads_is_not_deleted(key: str) -> None:
    module, opt = made()
    group = opt.param_groups[0]
    for delete in (group.pop, group.__delitem__, lambda _: group.clear(), lambda _: group.popitem()):
        with pytest.raises(ConfigError, match=r"del .*: the optimizer reads it"):
            delete(key)
    last(module, opt, batches(1))
    group["tag"] = 1
    assert group.pop("tag") == 1
    assert group.pop("tag", None) is None
    with pytest.raises(KeyError):
        del group["tag"]


OF_LIBRARIES = (
    *("initial_lr", "max_lr", "min_lr", "base_momentum", "max_momentum", "swa_lr", "param_names", "name"),
    *(
        "lr_scale",
        "lr_mult",
        "layer",
        "layer_id",
        "layer_decay",
        "decay_mult",
        "wd_mult",
        "group",
        "tag",
        "kind",
    ),
    *(
        "use_muon",
        "rank",
        "update_proj_gap",
        "scale",
        "proj_type",
        "warmup",
        "norm",
        "bias",
        "block",
        "depth",
    ),
    *(
        "d_coef",
        "k",
        "weight_sum",
        "train_mode",
        "scheduled_lr",
        "safeguard_warmup",
        "level",
        "number",
        "steps",
    ),
)
"""Keys that torch's schedulers and SWA, timm, GaLore, Prodigy and users write to groups."""


@pytest.mark.parametrize("stack", ["adam/sgd", "sgd", "adamw/adam", "prodigy"])
def test_keys_of_others_are_free(stack: str) -> None:
    module, twin = net(), net()
    tags = dict.fromkeys(OF_LIBRARIES, 0.5)
    opt = HyperOptimizer([{"params": module.parameters()} | tags], stack)
    same = HyperOptimizer(twin.parameters(), stack)
    for key in OF_LIBRARIES:
        opt.param_groups[0][key] = 3
    assert apart(last(module, opt, batches(2)), last(twin, same, batches(2))) == 0


KNOWN = sorted({*MAIN, *known_names("adam/sgd"), *TAKEN})


@given(st.data())
def test_one_wrong_letter_of_a_setting_is_told(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in KNOWN if len(name) > 4]))
    at = data.draw(st.integers(0, len(name) - 2))
    letter = data.draw(st.sampled_from("aenrtx"))
    slip = data.draw(
        st.sampled_from(
            [
                name[:at] + name[at + 1] + name[at] + name[at + 2 :],
                name[:at] + name[at + 1 :],
                name[:at] + letter + name[at:],
                name[:at] + letter + name[at + 1 :],
            ]
        )
    )
    if slip in KNOWN:
        return
    with pytest.raises(ConfigError, match=f"no setting '{slip}'; did you mean "):
        check_keys({"params": [], slip: 0.1}, "adam/sgd")


def test_settings_that_ask_for_what_is_done_anyway_may_be_written() -> None:
    group = made()[1].param_groups[0]
    done = {
        "maximize": False,
        "amsgrad": False,
        "capturable": False,
        "foreach": True,
        "fused": None,
        "eps": 1e-8,
    }
    for key, value in (
        done | {"momentum": 0, "nesterov": False, "schedule": "set", "stack": "adam/sgd"}
    ).items():
        group[key] = value


def test_a_group_may_be_written_over_itself() -> None:
    """Wrappers copy groups key by key; that changes nothing."""
    (module, opt), (twin, same) = made(), made()
    for key, value in dict(opt.param_groups[0]).items():
        opt.param_groups[0][key] = value
    assert apart(last(module, opt, batches(2)), last(twin, same, batches(2))) == 0


def test_a_rate_as_text_or_in_a_tensor_of_one_element_is_that_rate() -> None:
    for value in ("0.02", torch.tensor([0.02]), torch.tensor(0.02)):
        module, opt = made(alpha=(0.01, 0.0))
        opt.param_groups[0]["lr"] = value
        last(module, opt, batches(1))
        assert opt.hyperparameters()[0]["alpha"] == pytest.approx(0.02)


@pytest.mark.parametrize("gradient", [-3.0, math.inf])
def test_a_rate_that_turned_negative_or_infinite_can_still_be_scheduled(gradient: float) -> None:
    """The optimizer has told of it; a scheduler's write is no new mistake."""
    weight = nn.Parameter(torch.zeros(1))
    opt = HyperOptimizer([weight], "sgd/sgd", (0.1, 0.1))
    by = lr_scheduler.StepLR(opt, 1, 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for g in (1.0, gradient, 1.0):
            weight.grad = torch.full_like(weight, g)
            opt.step()
            by.step()
    assert not 0 <= opt.param_groups[0]["lr"] < math.inf


def test_float64_parameters_have_hyperparameters_that_float32_does_not_hold() -> None:
    far: dict[str, Any] = {"lr": 1e39, "beta2": 1 - 1e-9}
    wide = HyperOptimizer([nn.Parameter(torch.zeros(2, dtype=torch.float64))], "adam", **far)
    assert wide.hyperparameters()[0]["alpha"] == 1e39
    wide.param_groups[0]["lr"] = 2e39
    for key, value in far.items():
        with pytest.raises(ConfigError, match=f"{key}=.*float32"):
            HyperOptimizer([nn.Parameter(torch.zeros(2))], "adam", **{key: value})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lrr": 0.1}, "did you mean lr"),
        ({"weight_decy": 0.1}, "did you mean weight_decay"),
        ({"learning_rate": 0.1}, "did you mean lr"),
        ({"epss": 0.1}, "did you mean eps"),
        ({"cilp": True}, "did you mean clip"),
        ({"lr": math.nan}, NUMBER),
    ],
)
def test_a_group_of_wrong_settings_is_not_added(settings: dict[str, Any], message: str) -> None:
    _, opt = made()
    with pytest.raises(ConfigError, match=message):
        opt.add_param_group({"params": [nn.Parameter(torch.zeros(2))]} | settings)
    assert len(opt.param_groups) == 1


def test_what_an_optimizer_keeps_in_a_group_is_not_taken_from_another() -> None:
    _, opt = made()
    opt.add_param_group({"params": [nn.Parameter(torch.zeros(2))], "learned": 3.0, "step": 9, "peak": 5.0})
    group = opt.param_groups[1]
    assert (group["learned"], group["step"], group["peak"]) == (pytest.approx(1.0), 0, pytest.approx(0.01))
