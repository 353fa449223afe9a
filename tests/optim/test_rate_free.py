"""Rules that sum over all parameters, or have other weights evaluated: in HyperOptimizer, and in a pack."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from dadaptation import DAdaptAdam
from dog import DoG, PolynomialDecayAverager
from lion_pytorch import Lion
from loops import Net, apart, batches, last, loss_of, net, trained
from oracles import mechanized
from own_code import own_package
from problems import BATCH, small_problem, start
from prodigyopt import Prodigy
from schedulefree import AdamWScheduleFree, SGDScheduleFree
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from hyperopt.config import resolve
from hyperopt.engine.program import to_evaluate
from hyperopt.optim import HyperOptimizer
from hyperopt.optim.torch_private import tree_map

pytestmark = pytest.mark.usefixtures("float64")

STEPS = 200
Build = Callable[[Iterable[Tensor]], Optimizer]
PEERS: dict[str, tuple[dict[str, Any], Build]] = {
    "lion": ({"weight_decay": 0.1}, lambda w: Lion(w, 1e-4, weight_decay=0.1)),
    "schedulefree_sgd": ({"alpha": 0.3}, lambda w: SGDScheduleFree(w, 0.3)),
    "schedulefree_adamw": ({"weight_decay": 0.1}, lambda w: AdamWScheduleFree(w, weight_decay=0.1)),
    "prodigy": ({"alpha": 0.1}, lambda w: Prodigy(w, 0.1)),
    "dadapt_adam": ({"alpha": 0.1}, lambda w: DAdaptAdam(w, 0.1)),
    "dog": ({}, lambda w: DoG(w)),
    "mechanic_sgd": ({"alpha": 0.01, "momentum": 0.9}, lambda w: mechanized(SGD)(w, 0.01, momentum=0.9)),
    "mechanic_adamw": ({}, lambda w: mechanized(AdamW)(w)),
}


def optimizers(name: str) -> tuple[Net, HyperOptimizer, Net, Optimizer]:
    settings, build = PEERS[name]
    ours, theirs = net(), net()
    peer = build(theirs.parameters())
    if hasattr(peer, "train"):
        peer.train()
    return ours, HyperOptimizer(ours.parameters(), name, **settings), theirs, peer


@pytest.mark.parametrize("name", PEERS)
def test_the_optimizer_moves_a_net_as_the_peer_does(name: str) -> None:
    ours, opt, theirs, peer = optimizers(name)
    first = {k: p.detach().clone() for k, p in ours.named_parameters()}
    pairs = zip(trained(ours, opt, batches(STEPS)), trained(theirs, peer, batches(STEPS)), strict=True)
    for mine, other in pairs:
        assert apart(mine, other) < 1e-9
    assert apart(mine, first) > 1e-3


@pytest.mark.parametrize("name", ["schedulefree_sgd", "schedulefree_adamw"])
def test_a_schedule_free_rule_is_evaluated_where_the_peer_is(name: str) -> None:
    ours, opt, theirs, peer = optimizers(name)
    last(ours, opt, batches(30))
    last(theirs, peer, batches(30))
    here = {k: p.detach().clone() for k, p in ours.named_parameters()}
    opt.eval()
    peer.eval()
    shown = {k: p.detach().clone() for k, p in ours.named_parameters()}
    assert apart(shown, dict(theirs.named_parameters())) < 1e-12
    assert apart(shown, here) > 1e-4
    opt.eval()
    assert apart(shown, dict(ours.named_parameters())) == 0
    with pytest.raises(RuntimeError, match="call train"):
        last(ours, opt, batches(1))
    opt.train()
    assert apart(here, dict(ours.named_parameters())) == 0
    peer.train()
    assert apart(last(ours, opt, batches(10)), last(theirs, peer, batches(10))) < 1e-12


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", ["schedulefree_sgd", "schedulefree_adamw", "dog"])
def test_16_bit_parameters_are_evaluated_at_the_rounded_average_and_restored(
    name: str, dtype: torch.dtype
) -> None:
    param = nn.Parameter(torch.linspace(-1, 1, 5).to(dtype))
    opt = HyperOptimizer([param], name, 0.1)
    for _ in range(5):
        param.grad = 2 * param.detach() - 1
        opt.step()
    trained, state = param.detach().clone(), opt.state[param]
    average = state["average"] if name == "dog" else trained.float().lerp(state["z"], 1 - 1 / 0.9)
    opt.eval()
    assert torch.equal(param, average.to(dtype))
    assert not torch.equal(param, trained)
    opt.train()
    assert torch.equal(param, trained)


def test_if_one_parameter_cannot_be_evaluated_none_is() -> None:
    params = [nn.Parameter(torch.ones(3)) for _ in range(4)]
    opt = HyperOptimizer([{"params": params[:2]}, {"params": params[2:]}], "schedulefree_sgd", 0.1)
    for param in params:
        param.grad = param.detach()
    opt.step()
    trained = params[0].detach().clone()
    kept, opt.state[params[3]]["z"] = opt.state[params[3]]["z"], torch.ones(2)
    with pytest.raises(RuntimeError):
        opt.eval()
    assert all(torch.equal(param, trained) for param in params)
    opt.state[params[3]]["z"] = kept
    opt.step()


def test_dogs_average_is_that_of_its_package() -> None:
    ours, opt, theirs, peer = optimizers("dog")
    averager = PolynomialDecayAverager(theirs)
    last(ours, opt, batches(30))
    last(theirs, peer, batches(30), after_step=averager.step)
    opt.eval()
    assert apart(dict(ours.named_parameters()), dict(averager.averaged_model.named_parameters())) < 1e-12


def test_training_goes_on_from_a_state_that_was_saved_for_evaluation() -> None:
    ours, opt, _, _ = optimizers("schedulefree_adamw")
    last(ours, opt, batches(5))
    opt.eval()
    saved, weights = copy.deepcopy(opt.state_dict()), copy.deepcopy(ours.state_dict())
    opt.train()
    twin = net()
    twin.load_state_dict(weights)
    again = HyperOptimizer(twin.parameters(), "schedulefree_adamw", weight_decay=0.1)
    again.load_state_dict(saved)
    again.train()
    assert apart(last(ours, opt, batches(5)), last(twin, again, batches(5))) == 0


@pytest.mark.parametrize("name", ["prodigy", "dog"])
def test_a_parameter_that_joins_late_has_the_common_estimate(name: str) -> None:
    module = net()
    opt = HyperOptimizer(module.parameters(), name)
    module.head.requires_grad_(False)
    last(module, opt, batches(20))
    module.head.requires_grad_(True)
    last(module, opt, batches(5))
    for common in ("d",) if name == "prodigy" else ("r", "G"):
        assert len({opt.state[p][common].item() for p in module.parameters()}) == 1


ESTIMATING = ("prodigy", "dadapt_adam", "dog", "mechanic_sgd", "mechanic_adamw")


@pytest.mark.parametrize("name", ESTIMATING)
def test_the_estimated_rate_is_shown_times_its_schedule(name: str) -> None:
    """By a way that does not read it: the peer's estimate, or what a step does to a weight."""
    ours, opt, theirs, peer = optimizers(name)
    assert "effective_rate" not in opt.hyperparameters()[0], "before a step nothing is estimated"
    last(theirs, peer, batches(STEPS))
    last(ours, opt, batches(STEPS))
    weight, grad = ours.head.weight.detach(), ours.head.weight.grad
    shown = opt.hyperparameters()[0]
    alpha = PEERS[name][0].get("alpha", shown["alpha"])
    if name in ("prodigy", "dadapt_adam"):
        rate = peer.param_groups[0]["d"] * alpha
    elif name == "dog":
        before = weight.clone()
        opt.step()
        shown = opt.hyperparameters()[0]
        assert grad is not None
        rate = float(((before - weight) / grad).mean())
    else:
        state = opt.state[ours.head.weight]
        rate = float(((weight - state["start"]) / state["way"]).mean()) * alpha
    assert shown["effective_rate"] == pytest.approx(float(rate), rel=1e-6)
    opt.param_groups[0]["lr"] = opt.param_groups[0]["lr"] / 2
    assert opt.hyperparameters()[0]["effective_rate"] == pytest.approx(shown["effective_rate"] / 2)


def test_a_rule_whose_rate_is_given_shows_no_other() -> None:
    module = net()
    opt = HyperOptimizer(module.parameters(), "schedulefree_adamw")
    last(module, opt, batches(1))
    assert "effective_rate" not in opt.hyperparameters()[0]


@pytest.mark.usefixtures("traced_only")
@pytest.mark.parametrize(("name", "compiled"), [*((name, False) for name in ESTIMATING), ("dog", True)])
def test_an_estimate_from_a_gradient_that_is_no_number_is_told_of(name: str, compiled: bool) -> None:
    """Also of D-adaptation and Prodigy, whose d keeps its last value then, and so is finite."""
    module = net()
    opt = HyperOptimizer(module.parameters(), name, compile=compiled)
    last(module, opt, batches(3))
    assert opt.events == []
    loss_of(module, batches(1)[0]).backward()
    module.head.bias.grad[0] = math.nan
    with pytest.warns(RuntimeWarning, match=rf"level 0 \({name}\) of group 0: not finite at step 4"):
        opt.step()
    assert opt.events == [{"step": 4, "group": 0, "level": 0, "event": "not finite"}]


def test_what_tunes_itself_takes_no_level_above() -> None:
    with pytest.raises(ValueError, match="prodigy has nothing that a level above could tune"):
        HyperOptimizer(net().parameters(), "prodigy/sgd")


NORMED = """
from hyperopt.optim.rules import Rule

class Normed(Rule):
    hyperparameters = {"alpha": 0.1}
    summed = ("square",)

    def sums(self, grad, state, hyper, step, param):
        return {"square": grad.square().sum()}

    def update(self, grad, state, hyper, step, param):
        return hyper["alpha"] * grad / hyper["square"].sqrt(), {}
"""


def test_a_rule_of_ones_own_that_sums_takes_no_level_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_package(tmp_path, monkeypatch, normed=NORMED):
        module = net()
        before = {k: p.detach().clone() for k, p in module.named_parameters()}
        after = last(module, HyperOptimizer(module.parameters(), "mypackage.normed:Normed"), batches(1))
        squares = sum((after[k] - p).square().sum() for k, p in before.items())
        assert float(squares) == pytest.approx(0.1**2)
        with pytest.raises(ValueError, match="the rule alone is expected"):
            HyperOptimizer(net().parameters(), "mypackage.normed:Normed/sgd")


def test_schedule_free_needs_some_of_the_average() -> None:
    with pytest.raises(ValueError, match="momentum=0: a number above 0 is expected"):
        resolve({"stack": "schedulefree_sgd", "momentum": 0.0})


@pytest.mark.parametrize("stack", [*PEERS, "adam/prodigy"])
def test_a_pack_is_its_runs(stack: str) -> None:
    """What is trained and what is evaluated, of two runs together and of each alone."""
    problem = small_problem(20)
    starts = [start(problem, resolve({"stack": stack, "alpha": a, "dtype": "float64"})) for a in (1e-3, 1e-2)]
    training = starts[0][0]
    together = tree_map(lambda *x: torch.stack(x), *[state for _, state in starts])
    alone = [state for _, state in starts]
    weight = torch.full((BATCH,), 1 / BATCH)
    step = torch.func.vmap(training.step, in_dims=(0, None, None, None, None))
    for t, (x, y) in enumerate(zip(problem.x, problem.y, strict=True), start=1):
        now = torch.tensor(float(t))
        together = step(together, x, y, weight, now)
        alone = [training.step(state, x, y, weight, now) for state in alone]
    shown = to_evaluate(training, together).params
    for i, state in enumerate(alone):
        assert apart({k: v[i] for k, v in together.params.items()}, state.params) < 1e-12
        assert apart({k: v[i] for k, v in shown.items()}, training.evaluated(state)) < 1e-12
