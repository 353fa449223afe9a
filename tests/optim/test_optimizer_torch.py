"""What users of torch.optim expect of an optimizer, each against torch.optim where that has it."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
import torch
from loops import EXACT, adams, apart, batches, last, loss_of, net
from torch import Tensor, nn
from torch.optim import Optimizer

from hyperopt.optim import HyperOptimizer

pytestmark = pytest.mark.usefixtures("float64")


def test_closure_as_in_torch() -> None:
    ours, theirs = net(), net()
    opt, peer = adams(ours, theirs)
    losses = []
    for module, optimizer in ((ours, opt), (theirs, peer)):
        for batch in batches(10):

            def closure(
                m: nn.Module = module, o: Optimizer = optimizer, b: tuple[Tensor, Tensor] = batch
            ) -> Tensor:
                o.zero_grad()
                loss = loss_of(m, b)
                loss.backward()
                return loss

            losses.append(optimizer.step(closure).item())
    assert losses[:10] == pytest.approx(losses[10:], abs=1e-12)


def test_frozen_and_unused_parameters_as_in_torch() -> None:
    """A layer frozen from the start, one used every third step only: each counts its own updates."""

    def train(module: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
        module.norm.requires_grad_(False)
        for t, batch in enumerate(batches(30)):
            optimizer.zero_grad()
            module.mix.requires_grad_(t % 3 == 2)
            loss_of(module, batch).backward()
            optimizer.step()
        return {k: p.detach() for k, p in module.named_parameters()}

    ours, theirs = net(), net()
    opt, peer = adams(ours, theirs)
    assert apart(train(ours, opt), train(theirs, peer)) < 1e-10
    assert opt.state[ours.mix.weight]["step"] == 10
    assert not opt.state[ours.norm.weight]

    with_level, plain = net(), net()
    opt = HyperOptimizer(with_level.parameters(), "adam/sgd", (0.01, 0.0))
    assert apart(train(with_level, opt), train(plain, torch.optim.Adam(plain.parameters(), 0.01))) < 1e-10


def test_a_parameter_that_rested_contributes_nothing() -> None:
    """The rates made at the last step did not move it, so the loss has no slope in them through it."""
    weights = [nn.Parameter(torch.ones(3)) for _ in range(2)]
    opt = HyperOptimizer(weights, "sgd/sgd", (0.1, 1.0))
    for gradients in ((1.0, 1.0), (1.0, None), (2.0, 5.0)):
        for p, g in zip(weights, gradients, strict=True):
            p.grad = None if g is None else torch.full((3,), g)
        before = opt.hyperparameters()[0]["alpha"]
        opt.step()
    assert opt.hyperparameters()[0]["alpha"] - before == pytest.approx(3 * 2.0 * 1.0, rel=1e-12)


def test_a_step_without_any_gradient_does_nothing() -> None:
    module = net()
    opt = HyperOptimizer(module.parameters(), "adam/sgd")
    before = {k: p.detach().clone() for k, p in module.named_parameters()}
    opt.step()
    assert apart(before, dict(module.named_parameters())) == 0
    assert opt.param_groups[0]["step"] == 0


def test_tied_weights_as_in_torch() -> None:
    def tied() -> nn.Module:
        module = nn.Sequential(net().mix, nn.Tanh(), nn.Linear(6, 6))
        module[2].weight = module[0].weight
        return module

    ours, theirs = tied(), tied()
    opt, peer = adams(ours, theirs)
    assert apart(last(ours, opt, batches(20)), last(theirs, peer, batches(20))) < EXACT


def test_gradient_accumulation_as_in_torch() -> None:
    def train(module: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
        for t, batch in enumerate(batches(20)):
            (loss_of(module, batch) / 4).backward()
            if t % 4 == 3:
                nn.utils.clip_grad_norm_(module.parameters(), 0.1)
                optimizer.step()
                optimizer.zero_grad(set_to_none=False)
        return {k: p.detach() for k, p in module.named_parameters()}

    ours, theirs = net(), net()
    opt, peer = adams(ours, theirs)
    assert apart(train(ours, opt), train(theirs, peer)) < EXACT


def test_kept_gradients_may_be_overwritten() -> None:
    """zero_grad(set_to_none=False) writes zeros over the tensor whose values the next hypergradient needs."""
    ends = []
    for keep in (True, False):
        module = net()
        opt = HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-3))
        for batch in batches(10):
            loss_of(module, batch).backward()
            opt.step()
            opt.zero_grad(set_to_none=keep)
        ends.append({k: p.detach() for k, p in module.named_parameters()})
    assert apart(*ends) == 0


def test_grad_scaler_skips_the_step_of_an_infinite_gradient() -> None:
    module = net().float()
    opt = HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-3))
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for t, (x, y) in enumerate(batches(6)):
        opt.zero_grad()
        scaler.scale(loss_of(module, (x.float(), y))).backward()
        if t == 3:
            module.head.bias.grad[0] = math.inf
        scaler.step(opt)
        scaler.update()
    assert opt.param_groups[0]["step"] == 5
    assert scaler.get_scale() == 512.0
    assert all(p.isfinite().all() for p in module.parameters())


def test_bf16_parameters_have_float32_hyperparameters_and_state() -> None:
    """As float32 Adam on float32 copies that are rounded to bfloat16 after each step."""
    weight = nn.Parameter(torch.randn(7, 5).bfloat16())
    copy_ = nn.Parameter(weight.detach().float())
    opt, peer = HyperOptimizer([weight], "adam/sgd", (1e-3, 0.0)), torch.optim.Adam([copy_], 1e-3)
    for t in range(20):
        gradient = torch.randn(7, 5, generator=torch.Generator().manual_seed(t)).bfloat16()
        weight.grad, copy_.grad = gradient, gradient.float()
        opt.step()
        peer.step()
        with torch.no_grad():
            copy_.copy_(copy_.bfloat16())
        assert torch.equal(weight.detach().float(), copy_.detach())
    assert opt.param_groups[0]["levels"].tuned["alpha"].dtype == torch.float32
    assert opt.state[weight]["v"].dtype == torch.float32


def test_any_layout_in_memory_as_in_torch() -> None:
    torch.manual_seed(0)
    start = torch.randn(4, 3, 5, 5)
    layouts = [
        start.clone(),
        start.clone().contiguous(memory_format=torch.channels_last),
        start.clone().permute(3, 1, 0, 2).contiguous().permute(2, 1, 3, 0),
        torch.randn(8, 3, 5, 5)[::2].copy_(start),
    ]
    ends = []
    for layout in layouts:
        weight = nn.Parameter(layout)
        opt = HyperOptimizer([weight], "adam/sgd", (0.01, 1e-3))
        for _ in range(10):
            opt.zero_grad()
            (weight.sin() * torch.arange(5.0)).sum().backward()
            opt.step()
        assert weight.stride() == layout.stride()
        ends.append((weight.detach(), opt.hyperparameters()[0]["alpha"]))
    for end, rate in ends[1:]:
        assert torch.allclose(end, ends[0][0], rtol=0, atol=1e-12)
        assert rate == pytest.approx(ends[0][1], rel=1e-12)


def test_named_and_empty_parameters() -> None:
    module = net()
    opt = HyperOptimizer(
        [*module.named_parameters(), ("nothing", nn.Parameter(torch.zeros(0, 3)))], "adam/sgd"
    )
    last(module, opt, batches(3))
    assert opt.param_groups[0]["param_names"][-1] == "nothing"


def test_sparse_gradients_are_refused() -> None:
    embedding = nn.Embedding(4, 2, sparse=True)
    opt = HyperOptimizer(embedding.parameters(), "adam/sgd")
    embedding(torch.tensor([1])).sum().backward()
    with pytest.raises(RuntimeError, match="dense gradients only"):
        opt.step()


@pytest.mark.parametrize(("amsgrad", "stack"), [(True, "amsgrad/adam"), (False, "adamw/adam")])
def test_amsgrad_without_a_stack_is_the_default_over_that_rule(amsgrad: bool, stack: str) -> None:
    opt = HyperOptimizer([nn.Parameter(torch.zeros(2))], lr=0.1, amsgrad=amsgrad, betas=(0.8, 0.9))
    group = opt.param_groups[0]
    assert (group["stack"], group["lr"], group["betas"]) == (
        stack,
        pytest.approx(0.1),
        pytest.approx((0.8, 0.9)),
    )
    assert (group["multiplicative"], group["tune"]) == (True, ("alpha",))


def test_a_level_that_adds_has_no_alpha_of_one_that_multiplies() -> None:
    opt = HyperOptimizer([nn.Parameter(torch.zeros(2))], multiplicative=False)
    assert opt.param_groups[0]["alpha"] == (1e-3, 1e-5)
    opt = HyperOptimizer([nn.Parameter(torch.zeros(2))], multiplicative=False, alpha=1e-4)
    assert opt.param_groups[0]["alpha"] == (1e-3, 1e-4)


@pytest.mark.parametrize("whole", [{}, {"multiplicative": False}, {"alpha": 0.02}, {"lr": 0.1}], ids=str)
@pytest.mark.parametrize("own", [{"multiplicative": False}, {"multiplicative": True}], ids=str)
def test_a_group_that_says_how_has_the_alphas_of_an_optimizer_that_does(
    whole: dict[str, Any], own: dict[str, Any]
) -> None:
    params = [nn.Parameter(torch.zeros(2))]
    of_group = copy.deepcopy(HyperOptimizer([{"params": params}], **whole))
    of_group.add_param_group({"params": [nn.Parameter(torch.zeros(2))], **own})
    of_all = HyperOptimizer(params, **(whole | own))
    for key in ("alpha", "stack", "tune", "multiplicative"):
        assert of_group.param_groups[1][key] == of_all.param_groups[0][key]
    assert all(type(alpha) is float for group in of_group.param_groups for alpha in group["alpha"])


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW])
def test_weight_decay_may_be_any_unless_it_is_tuned(kind: type[torch.optim.Adam]) -> None:
    ours, theirs = net(), net()
    rule = kind.__name__.lower()
    opt = HyperOptimizer(ours.parameters(), f"{rule}/sgd", alpha=(0.01, 0.0), weight_decay=2.0)
    peer = kind(theirs.parameters(), 0.01, weight_decay=2.0)
    assert apart(last(ours, opt, batches(10)), last(theirs, peer, batches(10))) < EXACT
    opt.param_groups[0]["weight_decay"] = peer.param_groups[0]["weight_decay"] = 3.0
    assert apart(last(ours, opt, batches(10)), last(theirs, peer, batches(10))) < EXACT
    for tune in ("weight_decay", ["alpha", "weight_decay"]):
        with pytest.raises(ValueError, match="weight_decay=2: a number of at least 0 and below 1 "):
            HyperOptimizer(net().parameters(), "adamw/sgd", weight_decay=2.0, tune=tune)
    opt = HyperOptimizer(net().parameters(), "adamw/sgd", tune=["alpha", "weight_decay"])
    with pytest.raises(ValueError, match="weight_decay=1: a number of at least 0 and below 1 "):
        opt.param_groups[0]["weight_decay"] = 1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stack": "adma/sgd"}, "did you mean adam?"),
        ({"stack": "adam//sgd"}, "a level is empty"),
        ({"alpha": (1, 2, 3)}, "one number .the top level's. or 2"),
        ({"alpha": -1.0}, "a finite number of 0 or more"),
        ({"lr": math.nan}, "lr=nan: a finite number of 0 or more"),
        ({"stack": "adam", "clip": True}, "no level above 0 to clip"),
        ({"tune": "gamma"}, "adamw has no hyperparameter 'gamma'; known: all, alpha,"),
        ({"momentum": 0.9}, "momentum=0.9: level 0 is adamw, which has alpha, beta1, beta2"),
        ({"beta1": 1.0}, "beta1=1: a number of at least 0 and below 1"),
        ({"beta3": 0.5}, "did you mean beta2?|did you mean beta1?"),
        ({"form": "as written"}, "form=as written: one of textbook, reported"),
        ({"floor": -1.0}, "floor=-1: a finite number of 0 or more"),
        (
            {"floor": 0.01},
            r"floor=0.01: alpha=\[0.001,0.01\] starts below it, .* at most 0.001 is",
        ),
        ({"stack": "sgd/sgd/sgd", "alpha": (0.1, 1e-3, 1e-5), "floor": 0.01}, "at most 0.001 is expected"),
        ({"multiplicative": True, "alpha": (0.0, 1e-4)}, "a number above 0 is expected of a tuned alpha"),
        ({"compile": "maybe"}, "compile=maybe: true, false or auto"),
        ({"trace": 1.5}, "trace=1.5: a number from 0 up to 1"),
        ({"stack": "adam/sgd", "trace": 0.9}, "trace=0.9: tune=alpha is expected"),
        ({"stack": "adam", "trace": 0.9}, "trace=0.9: stack=adam has no level above 0"),
        ({"hypergradient": "sine"}, "hypergradient=sine: product or cosine"),
    ],
)
def test_bad_settings_are_refused_with_a_sentence(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HyperOptimizer([nn.Parameter(torch.zeros(2))], **settings)
