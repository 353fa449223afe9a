"""What `HyperOptimizer` is made of: what is no such thing is refused, and the sentence says what is meant."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from loops import apart, batches, last, net
from torch import nn

from hyperopt.optim import HyperOptimizer
from hyperopt.optim.errors import ConfigError


def made(*given: Any, **more: Any) -> tuple[nn.Module, HyperOptimizer]:
    module = net()
    return module, HyperOptimizer(module.parameters(), *given, **more)


HINTS = {
    "aplha": "alpha",
    "cilp": "clip",
    "complie": "compile",
    "tunes": "tune",
    "maximise": "maximize",
    "mulitplicative": "multiplicative",
    "scheduel": "schedule",
    "optimizer": "stack",
    "learning_rate": "lr",
    "wd": "weight_decay",
    "momentun": "momentum",
    "beta": "betas",
    "gradient_clipping": "clip",
}


@pytest.mark.parametrize("slip", HINTS)
@pytest.mark.parametrize("stack", [(), ("adam/sgd",)], ids=["", "stack"])
def test_a_slip_or_a_name_of_others_leads_to_the_setting(slip: str, stack: tuple[str, ...]) -> None:
    with pytest.raises(
        ConfigError, match=rf"{slip}=1: there is no setting '{slip}'; did you mean {HINTS[slip]}\?"
    ):
        made(*stack, **{slip: 1})


CONTRADICTIONS: list[tuple[str, dict[str, Any], str]] = [
    (
        "adam/sgd",
        {"betas": (0.9, 0.99), "beta1": 0.5},
        r"beta1=0.5: betas=\[0.9,0.99\] says another; give it once",
    ),
    ("adam/sgd", {"betas": (0.9, 0.99), "beta2": 0.5}, r"beta2=0.5: betas=\[0.9,0.99\] says another"),
    (
        "adam/sgd",
        {"lr": 0.1, "alpha": (0.2, 0.3)},
        r"lr=0.1: alpha=\[0.2,0.3\] gives level 0 another rate; give it once",
    ),
    ("adam", {"lr": 0.1, "alpha": "0.2"}, "lr=0.1: alpha=0.2 gives level 0 another rate"),
    ("adamw", {"decoupled_weight_decay": False}, "level 0 is adamw; adam is expected"),
    ("amsgrad", {"amsgrad": False}, "amsgrad=false: level 0 is amsgrad; adam is expected"),
]


@pytest.mark.parametrize(("stack", "settings", "message"), CONTRADICTIONS)
def test_settings_at_odds_are_refused(stack: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        made(stack, **settings)
    module, opt = made(stack)
    with pytest.raises(ConfigError, match=message):
        opt.add_param_group({"params": [nn.Parameter(torch.zeros(2))]} | settings)
    last(module, opt, batches(1))


@pytest.mark.parametrize(
    ("stack", "settings"),
    [
        ("adam/sgd", {"betas": (0.9, 0.99), "beta1": 0.9}),
        ("adam/sgd", {"lr": 0.1, "alpha": 0.3}),
        ("adam/sgd", {"lr": 0.1, "alpha": (0.1, 0.3)}),
        ("adamw", {"decoupled_weight_decay": False, "weight_decay": 0}),
        ("adam", {"amsgrad": False, "decoupled_weight_decay": False}),
    ],
)
def test_settings_that_agree_are_taken(stack: str, settings: dict[str, Any]) -> None:
    made(stack, **settings)


@pytest.mark.parametrize("rate", [0.01, 1, torch.tensor(0.01)])
def test_a_rate_in_second_place_is_the_rate_as_in_torch(rate: Any) -> None:
    (module, opt), (twin, same) = made(rate), made(lr=rate)
    assert repr(opt) == repr(same)
    assert opt.hyperparameters()[0]["alpha"] == pytest.approx(float(rate))
    assert apart(last(module, opt, batches(3)), last(twin, same, batches(3))) == 0


@pytest.mark.parametrize(
    ("given", "more", "message"),
    [
        ((1e-3,), {"lr": 0.1}, "lr=0.1: 0.001 before it is the rate, too; give it once"),
        ((1e-3, (0.9, 0.99)), {}, r"lr=0.001: alpha=\[0.9,0.99\] gives level 0 another rate"),
        ((math.nan,), {}, "lr=nan: a finite number of 0 or more is expected"),
        (("0.001",), {}, "stack=0.001: there is no rule '0.001'"),
    ],
)
def test_a_rate_in_second_place_that_is_none_is_refused(given: Any, more: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        made(*given, **more)


def weight(**more: Any) -> nn.Parameter:
    return nn.Parameter(torch.ones(2, 2, **more))


PARAMS: dict[str, tuple[Any, type[Exception], str]] = {
    "a module": (net(), TypeError, r"params: a module, Net, is given; .* such as model.parameters\(\)"),
    "a tensor": (weight(), TypeError, "params: one tensor is given"),
    "nothing": (None, TypeError, "params: NoneType None is given"),
    "a name": ("adam/sgd", TypeError, "params: str 'adam/sgd' is given"),
    "a method": (net().parameters, TypeError, "params: method .* is given; call it"),
    "a state dict": (net().state_dict(), TypeError, "params: a dict is given; parameters"),
    "a group": (
        {"params": [weight()]},
        TypeError,
        r"params: a dict is given; a group is one of a list, \[{...}\]",
    ),
    "a set": ({weight()}, TypeError, "params: a set is given, which has no order"),
    "an empty list": ([], ValueError, "params: it is empty, like those of a module without parameters"),
    "a used iterator": (iter(()), ValueError, "params: it is empty, .* or an iterator used up before"),
    "numbers": (
        [weight(), 3.0],
        TypeError,
        "parameter 1 of group 0: float 3.0 is given; a tensor is expected",
    ),
    "a module in a group": ([{"params": net()}], TypeError, "params of group 0: Net is given"),
    "a group of nothing": ([{"lr": 0.1}], TypeError, "group 0: dict without params is given"),
    "a group and a parameter": (
        [{"params": weight()}, weight()],
        TypeError,
        "group 1: one tensor is given; a dict",
    ),
    "complex": ([weight(dtype=torch.complex64)], ValueError, "0 of group 0: it is of type torch.complex64"),
    "named whole numbers": ([("w", torch.ones(2).int())], ValueError, r"0 \(w\) of group 0: .* torch.int32"),
    "sparse": ([torch.ones(2, 2).to_sparse()], ValueError, "it is torch.sparse_coo; dense parameters"),
    "on the meta device": (
        [weight(device="meta")],
        ValueError,
        "it lies on the meta device; one that has values",
    ),
    "computed": ([weight() * 2], ValueError, "it is computed of other tensors; those, leaves"),
    "lazy": (nn.LazyLinear(2).parameters(), ValueError, "it has no shape yet; call its module once"),
}


@pytest.mark.parametrize("name", PARAMS)
@pytest.mark.filterwarnings("ignore:Lazy modules:UserWarning")
def test_what_is_no_parameter_is_refused_by_its_place(name: str) -> None:
    params, kind, message = PARAMS[name]
    with pytest.raises(kind, match=message):
        HyperOptimizer(params, "adam/sgd")


def test_a_closure_that_is_none_is_refused_and_may_return_nothing() -> None:
    module, opt = made("adam/sgd")
    before = [param.clone() for param in module.parameters()]
    loss: Any = next(module.parameters()).sum()
    with pytest.raises(TypeError, match="closure: Tensor is given; a function is expected, or nothing"):
        opt.step(loss)
    assert opt.step(lambda: None) is None
    assert all(map(torch.equal, before, module.parameters()))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"lr": 1e-50}, "lr=1e-50"),
        ({"alpha": (1e-3, 1e-50)}, r"alpha=\[0.001,1e-50\]"),
        ({"alpha": "1e-46"}, "alpha=1e-46"),
        ({"eps": 1e-60}, "eps=1e-60"),
        ({"weight_decay": 1e39}, r"weight_decay=1e\+39"),
    ],
)
def test_a_number_that_float32_cannot_hold_is_refused_unless_parameters_have_64_bits(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(
        ConfigError, match=rf"{said}: a number of 0 or more that float32 can hold \(1.4e-45 to"
    ):
        made("adam/sgd", **settings)
    HyperOptimizer([weight(dtype=torch.float64)], "adam/sgd", **settings)
    made("adam/sgd", **dict.fromkeys(settings, 1e-45))


@pytest.mark.parametrize("in_group", [False, True], ids=["argument", "group"])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": 0}, "lr=0: 0 stays 0 when the level above multiplies it"),
        ({"alpha": (0, 0.01)}, r"alpha=\[0,0.01\]: 0 stays 0 when"),
    ],
)
def test_a_rate_of_0_that_would_be_multiplied_is_named_as_it_was_written(
    settings: dict[str, Any], message: str, *, in_group: bool
) -> None:
    params = [nn.Parameter(torch.ones(1))]
    with pytest.raises(ConfigError, match=message):
        HyperOptimizer([{"params": params, **settings}]) if in_group else HyperOptimizer(params, **settings)


@pytest.mark.parametrize("made", [np.array, torch.tensor], ids=["numpy", "torch"])
def test_rates_of_all_levels_may_be_an_array(made: Any) -> None:
    for rates in ([1e-3, 1e-5], 1e-5):
        opt = HyperOptimizer([nn.Parameter(torch.ones(1))], "adam/sgd", alpha=made(rates))
        assert [level["alpha"] for level in opt.hyperparameters()] == pytest.approx([1e-3, 1e-5])
    with pytest.raises(ConfigError, match=r"alpha=.*takes one number .the top level's. or 2, one per level"):
        HyperOptimizer([nn.Parameter(torch.ones(1))], "adam/sgd", alpha=made([1.0, 2.0, 3.0]))


def test_a_decay_rate_of_torchs_rmsprop_is_no_learning_rate() -> None:
    peer = torch.optim.RMSprop([nn.Parameter(torch.ones(1))])
    with pytest.raises(ConfigError, match=r"alpha=0\.99: beside centered it is that of torch's RMSprop"):
        HyperOptimizer(peer.param_groups, "rmsprop/sgd")
    (group,) = peer.param_groups
    group["gamma"] = group.pop("alpha")
    opt = HyperOptimizer([group], "rmsprop/sgd")
    assert opt.hyperparameters()[0] == pytest.approx({"alpha": 0.01, "gamma": 0.99, "weight_decay": 0.0})


def test_the_hyperparameters_of_a_group_are_named() -> None:
    with pytest.raises(ConfigError, match="numbers=1: hyperparameters by name, in a dict, are expected"):
        HyperOptimizer([{"params": [nn.Parameter(torch.ones(1))], "numbers": 1.0}])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trace": -0.1}, "trace=-0.1: a number from 0 up to 1 is expected"),
        ({"stack": "adam sgd"}, "stack=adam sgd: levels are separated by /: adam/sgd"),
        ({"stack": "adamw/sgd", "amsgrad": True}, "adam is expected. stack=amsgrad/sgd has it"),
        ({"stack": b"adam/sgd"}, "there is no rule \"b'adam/sgd'\""),
        ({"share": True}, r"did you mean shared\? HyperOptimizer\(..., shared=True\) is said of all groups"),
    ],
)
def test_a_refusal_in_a_group_says_what_is_allowed(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        HyperOptimizer([{"params": [nn.Parameter(torch.ones(1))], **settings}])


OF_LEVELS_ABOVE: dict[str, tuple[Any, Any]] = {
    "multiplicative": (True, False),
    "floor": (1e-4, None),
    "tune": ("alpha", "all"),
    "trace": (0.5, 0.0),
    "hypergradient": ("cosine", "product"),
    "clip": (True, False),
}
"""Settings of how levels above 0 tune: a value, and the default."""


@pytest.mark.parametrize("key", OF_LEVELS_ABOVE)
def test_a_setting_that_no_level_would_use_is_refused(key: str) -> None:
    value, default = OF_LEVELS_ABOVE[key]
    params = [nn.Parameter(torch.ones(1)) for _ in range(2)]
    refused = f"{key}={str(value).lower()}: stack=adam has no level above 0"
    with pytest.raises(ConfigError, match=refused):
        HyperOptimizer(params, "adam", **{key: value})
    with pytest.raises(ConfigError, match=refused):
        HyperOptimizer([{"params": params, "stack": "adam", key: value}], "adam/sgd")
    HyperOptimizer(params, "adam", **{key: default})


def test_a_group_of_one_level_inherits_nothing_that_is_for_those_with_more() -> None:
    one, two = (nn.Parameter(torch.ones(1)) for _ in range(2))
    of_others = {key: value for key, (value, _) in OF_LEVELS_ABOVE.items()}
    groups: list[dict[str, Any]] = [{"params": [one], "stack": "adam"}, {"params": [two]}]
    opt = HyperOptimizer(groups, "adam/sgd", **of_others)
    assert repr(opt) == "HyperOptimizer(adam(0.001), adam(0.001)/sgd(1e-05))"
    assert [group["floor"] for group in opt.param_groups] == [None, 1e-4]


@pytest.mark.parametrize(("option", "rule"), [("amsgrad", "amsgrad"), ("decoupled_weight_decay", "adamw")])
def test_a_group_whose_rule_an_option_selects_keeps_the_optimizers_settings(option: str, rule: str) -> None:
    params = [nn.Parameter(torch.ones(1, dtype=torch.float64)) for _ in range(3)]
    groups: list[dict[str, Any]] = [{"params": [p]} for p in params]
    groups[1] |= {option: True}
    groups[2] |= {option: True, "beta1": 0.7}
    opt = HyperOptimizer(groups, "adam/sgd", (2e-3, 1e-4), beta1=0.8, tune="alpha", clip=True, floor=1e-4)
    of_all, of_one, of_another = opt.param_groups
    assert of_one["stack"] == f"{rule}/sgd"
    for key in ("alpha", "tune", "clip", "floor"):
        assert of_one[key] == of_all[key] == of_another[key]
    assert of_one["betas"] == (0.8, 0.999)
    assert of_another["betas"] == (0.7, 0.999)
