"""Parameter groups as trainers make, save and replace them, and settings as torch.optim names them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from loops import apart, batches, last, net
from torch import nn

from hyperopt.optim import HyperOptimizer
from hyperopt.optim.rules import RULES

pytestmark = pytest.mark.usefixtures("float64")

OLD = Path(__file__).parent / "optimizer_0_1.pt"


def decayed(module: nn.Module, decay: float = 0.01) -> list[dict[str, Any]]:
    """Biases and normalisation without weight decay, as every trainer has it."""
    plain = [p for p in module.parameters() if p.ndim < 2]
    return [
        {"params": [p for p in module.parameters() if p.ndim >= 2], "weight_decay": decay},
        {"params": plain, "weight_decay": 0.0},
    ]


@pytest.mark.parametrize("rule", RULES)
def test_groups_with_and_without_weight_decay_go_with_every_rule(rule: str) -> None:
    height = "/sgd" if RULES[rule].tunable(RULES[rule].hyperparameters) else ""
    module = net()
    opt = HyperOptimizer(decayed(module), rule + height)
    last(module, opt, batches(3))
    assert [group["weight_decay"] for group in opt.param_groups] == [0.01, 0.0]


@pytest.mark.parametrize("decoupled", [False, True])
def test_groups_with_and_without_weight_decay_are_torchs(decoupled: bool) -> None:
    ours, theirs = net(), net()
    stack, peer = ("adamw", torch.optim.AdamW) if decoupled else ("adam", torch.optim.Adam)
    opt, peer_opt = HyperOptimizer(decayed(ours, 0.5), stack, lr=0.01), peer(decayed(theirs, 0.5), 0.01)
    assert apart(last(ours, opt, batches(20)), last(theirs, peer_opt, batches(20))) < 1e-12


def test_a_weight_decay_that_a_rule_does_not_have_may_be_0_only(tmp_path: Path) -> None:
    sheet = tmp_path / "plain_sgd.py"
    sheet.write_text(
        "from hyperopt.optim.rules import Rule\n"
        "class Plain(Rule):\n"
        "    hyperparameters = {'alpha': 0.1}\n"
        "    def update(self, grad, state, hyper, step, param): return hyper['alpha'] * grad, {}\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        last(module := net(), HyperOptimizer(decayed(module, 0.0), "plain_sgd:Plain/sgd"), batches(2))
        with pytest.raises(ValueError, match=r"weight_decay=0\.01: level 0 is plain_sgd:Plain"):
            HyperOptimizer(decayed(net()), "plain_sgd:Plain/sgd")


AS_TORCH: dict[str, tuple[str, dict[str, Any], Callable[..., torch.optim.Optimizer]]] = {
    "betas, eps": ("adam", {"betas": (0.5, 0.9), "eps": 1e-3}, torch.optim.Adam),
    "amsgrad": ("adam", {"amsgrad": True, "weight_decay": 0.1}, torch.optim.Adam),
    "decoupled": ("nadam", {"decoupled_weight_decay": True, "weight_decay": 0.1}, torch.optim.NAdam),
    "momentum": ("sgd", {"momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1}, torch.optim.SGD),
    "nesterov": ("sgd", {"momentum": 0.9, "nesterov": True, "maximize": True}, torch.optim.SGD),
    "nothing": (
        "adamw",
        {"foreach": True, "capturable": False, "differentiable": False, "amsgrad": False, "maximize": False},
        torch.optim.AdamW,
    ),
}


@pytest.mark.parametrize("of_group", [False, True])
@pytest.mark.parametrize("name", AS_TORCH)
def test_settings_by_torchs_names_are_torchs(name: str, of_group: bool) -> None:
    stack, settings, peer = AS_TORCH[name]
    ours, theirs = net(), net()
    peer_opt = peer(theirs.parameters(), lr=0.01, **settings)
    if of_group:
        opt = HyperOptimizer([{"params": ours.parameters(), "lr": 0.01, **settings}], stack)
    else:
        opt = HyperOptimizer(ours.parameters(), stack, lr=0.01, **settings)
    assert apart(last(ours, opt, batches(10)), last(theirs, peer_opt, batches(10))) < 1e-12


def test_the_groups_of_another_optimizer_are_understood() -> None:
    module = net()
    groups = torch.optim.Adam(decayed(module), 1e-2, betas=(0.8, 0.9)).param_groups
    opt = HyperOptimizer(groups, "adam/sgd")
    assert [opt.hyperparameters(i)[0] for i in (0, 1)] == [
        {"alpha": 0.01, "beta1": 0.8, "beta2": 0.9, "weight_decay": decay} for decay in (0.01, 0.0)
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"capturable": True}, "capturable=true: HyperOptimizer takes false only"),
        ({"differentiable": True}, "no graph goes through its steps"),
        ({"stack": "sgd/sgd", "amsgrad": True}, "amsgrad=true: level 0 is sgd; adam is expected"),
        ({"betas": 0.9}, "betas=0.9: two numbers, beta1 and beta2, are expected"),
        ({"momentum": 0.9}, "momentum=0.9: level 0 is adam, which has"),
        ({"maximize": "no"}, "maximize=no: true or false is expected"),
        ({"schedule": "add"}, "schedule=add: multiply or set is expected"),
        ({"eps": -1.0}, "eps=-1: a finite number of 0 or more"),
    ],
)
def test_what_is_not_done_is_refused_with_a_sentence(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HyperOptimizer(net().parameters(), **settings)


@pytest.mark.parametrize(
    ("key", "meant"), [("beta_1", "beta1"), ("Lr", "lr"), ("weight_decy", "weight_decay")]
)
def test_a_slip_in_a_key_of_a_group_is_refused(key: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"has no setting '{key}'; did you mean {meant}"):
        HyperOptimizer([{"params": net().parameters(), key: 0.1}])
    free = {"name": "head", "lr_scale": 0.5, "initial_lr": 0.1, "max_momentum": 0.9}
    assert HyperOptimizer([{"params": net().parameters(), **free}]).param_groups[0]["lr_scale"] == 0.5


def test_truths_may_be_text() -> None:
    settings: dict[str, Any] = {"maximize": "false", "multiplicative": "True", "nesterov": "false"}
    opt = HyperOptimizer(net().parameters(), "sgd/sgd", momentum=0.9, **settings)
    group = opt.param_groups[0]
    assert (group["maximize"], group["multiplicative"], group["habits"]["nesterov"]) == (False, True, False)


def test_defaults_are_as_torchs_schedulers_read_them() -> None:
    opt = HyperOptimizer(net().parameters(), "adamw/sgd", alpha=(0.01, 1e-4))
    assert {key: opt.defaults[key] for key in ("lr", "betas", "weight_decay")} == {
        "lr": 0.01,
        "betas": (0.9, 0.999),
        "weight_decay": 0.01,
    }
    assert "momentum" not in HyperOptimizer(net().parameters(), "sgd/sgd").defaults
    assert HyperOptimizer(net().parameters(), "sgd/sgd", momentum=0.5).defaults["momentum"] == 0.5


def test_a_state_of_another_kind_is_refused_with_a_sentence() -> None:
    def groups() -> list[dict[str, Any]]:
        module = net()
        return [{"params": list(module.conv.parameters())}, {"params": list(module.mix.parameters())}]

    apart_, shared = HyperOptimizer(groups()), HyperOptimizer(groups(), shared=True)
    with pytest.raises(ValueError, match="another optimizer saved it"):
        apart_.load_state_dict(torch.optim.Adam(groups()).state_dict())
    with pytest.raises(ValueError, match="its groups learned with shared=True"):
        apart_.load_state_dict(shared.state_dict())
    with pytest.raises(ValueError, match="its groups learned apart"):
        shared.load_state_dict(apart_.state_dict())


def test_groups_that_are_put_into_param_groups_train_with_what_they_learned() -> None:
    module = net()
    opt = HyperOptimizer(module.conv.parameters(), "adam/sgd", (0.01, 1e-3))
    other = HyperOptimizer(module.head.parameters(), "adam/sgd", (0.02, 1e-3))
    last(module, other, batches(5))
    learned = other.hyperparameters()[0]["alpha"]
    opt.param_groups.append(dict(other.param_groups[0]))
    opt.param_groups.append({"params": list(module.mix.parameters()), "lr": 0.03})
    assert [opt.hyperparameters(i)[0]["alpha"] for i in range(3)] == [0.01, learned, 0.03]
    before = {k: p.detach().clone() for k, p in module.named_parameters()}
    last(module, opt, batches(3))
    for name, moves in (("conv", True), ("head", True), ("mix", True), ("norm", False)):
        assert torch.equal(before[f"{name}.weight"], module.get_parameter(f"{name}.weight")) is not moves


def test_a_parameter_that_is_listed_twice_moves_once_a_step() -> None:
    ours, theirs = net(), net()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opt = HyperOptimizer([*ours.parameters(), ours.mix.weight], "adam/sgd", (0.01, 0.0))
    assert (
        apart(
            last(ours, opt, batches(10)),
            last(theirs, torch.optim.Adam(theirs.parameters(), 0.01), batches(10)),
        )
        < 1e-12
    )


@pytest.mark.parametrize("name", ["adam/sgd", "sgd/adam", "sgd/sgd"])
def test_a_state_of_version_0_1_goes_on(name: str) -> None:
    """The file holds what that version saved after four steps, and where its next four led."""
    saved = torch.load(OLD, weights_only=True)[name]
    module = net()
    module.load_state_dict(saved["module"])
    opt = HyperOptimizer(module.parameters(), saved["stack"], **saved["more"])
    opt.load_state_dict(saved["optimizer"])
    assert apart(last(module, opt, batches(8)[4:]), saved["weights"]) < 1e-10
    for now, then in zip(opt.hyperparameters(), saved["hyperparameters"], strict=True):
        assert {k: now[k] for k in then} == pytest.approx(then, rel=1e-10)
