"""What moves is what `param_groups` holds now, as in torch.optim: taken out, replaced and put in."""

from __future__ import annotations

import copy
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from hyperopt.optim import HyperOptimizer

pytestmark = pytest.mark.usefixtures("float64")

STEADY = (0.01, 0.0)
"""Rates of two levels, of which the upper one changes nothing: a stack then is what torch has."""


def weights(*values: float) -> list[nn.Parameter]:
    return [nn.Parameter(torch.full((3, 2), value)) for value in values]


def train(opt: torch.optim.Optimizer, params: list[nn.Parameter], steps: int = 4) -> None:
    """Steps by the gradients of a parabola, of parameters that the optimizer has and of others."""
    for _ in range(steps):
        for p in params:
            p.grad = 2 * p.detach()
        opt.step()


def pair(params: list[nn.Parameter], compile_: Any = False) -> list[torch.optim.Optimizer]:
    return [HyperOptimizer(params, "adam/sgd", STEADY, compile=compile_), torch.optim.Adam(params, 0.01)]


WAYS: dict[str, Callable[[Any, list[nn.Parameter]], Any]] = {
    "the list is shortened": lambda group, _: group["params"].__delitem__(slice(1, None)),
    "the list is emptied": lambda group, _: group["params"].clear(),
    "a shorter list is written": lambda group, p: group.update(params=[p[0]]),
    "a longer list is written": lambda group, p: group.update(params=list(p)),
    "one is put in": lambda group, p: group["params"].append(p[3]),
    "one is replaced": lambda group, p: group["params"].__setitem__(1, p[3]),
}


@pytest.mark.usefixtures("traced_only")
@pytest.mark.parametrize(("way", "compile_"), [*((way, False) for way in WAYS), ("one is replaced", True)])
def test_what_the_list_holds_moves_as_in_torch(way: str, compile_: bool) -> None:
    found = []
    for place in (0, 1):
        params = weights(1.0, 2.0, 3.0, 4.0)
        opt = pair(params[:3], compile_)[place]
        train(opt, params)
        WAYS[way](opt.param_groups[0], params)
        train(opt, params)
        found.append(torch.stack([p.detach() for p in params]))
    torch.testing.assert_close(*found, rtol=1e-12, atol=0)


@pytest.mark.parametrize("emptied", [True, False], ids=["state set to 0", "state kept"])
def test_a_replaced_parameter_goes_on_by_the_state_that_it_is_given_and_the_former_one_is_freed(
    emptied: bool,
) -> None:
    """As programs for Gaussian splats and for pruning do it."""
    found = []
    for place in (0, 1):
        old, other = weights(1.0, 2.0)
        opt = pair([old, other])[place]
        train(opt, [old, other])
        new = nn.Parameter(old.detach().clone())
        state = opt.state.pop(old)
        if emptied:
            state.update({k: torch.zeros(3, 2) for k, v in state.items() if isinstance(v, Tensor) and v.ndim})
        opt.param_groups[0]["params"][0] = new
        opt.state[new] = state
        train(opt, [old, other, new])
        assert opt.state[new]["step"] == 8
        torch.testing.assert_close(old.detach(), torch.full((3, 2), 0.96), rtol=1e-4, atol=0)
        found.append(torch.stack([old.detach(), other.detach(), new.detach()]))
        dead = weakref.ref(old)
        del old
        gc.collect()
        assert dead() is None
    torch.testing.assert_close(*found, rtol=1e-12, atol=0)


@pytest.mark.parametrize("way", ["deleted", "replaced"])
def test_a_state_that_is_deleted_or_replaced_counts_as_in_torch(way: str) -> None:
    found = []
    for place in (0, 1):
        params = weights(1.0, 2.0)
        opt = pair(params)[place]
        train(opt, params)
        state = opt.state.pop(params[0])
        if way == "replaced":
            changed = {k: v.clone() if isinstance(v, Tensor) else v for k, v in state.items()}
            first = "m" if place == 0 else "exp_avg"
            opt.state[params[0]] = changed | {first: torch.ones(3, 2)}
        train(opt, params)
        found.append(torch.stack([p.detach() for p in params]))
    torch.testing.assert_close(*found, rtol=1e-12, atol=0)


@pytest.mark.parametrize("shared", [False, True], ids=["apart", "shared"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_group_that_is_taken_out_stops_and_the_other_goes_on(shared: bool, place: int) -> None:
    """The levels above, too, and the state that is saved fits a new optimizer of that group alone."""
    params = weights(1.0, 2.0)
    opt = HyperOptimizer([{"params": [p]} for p in params], "adam/sgd", (0.01, 1e-5), shared=shared)
    train(opt, params)
    learned = opt.hyperparameters(1 - place)
    del opt.param_groups[place]
    assert opt.hyperparameters() == learned
    stays, goes = params[place].detach().clone(), params[1 - place].detach().clone()
    train(opt, params, 1)
    assert torch.equal(params[place], stays)
    assert not torch.equal(params[1 - place], goes)
    assert opt.hyperparameters() != learned
    twin = copy.deepcopy(params[1 - place])
    other = HyperOptimizer([twin], "adam/sgd", (0.01, 1e-5), shared=shared)
    other.load_state_dict(opt.state_dict())
    train(opt, [params[1 - place]])
    train(other, [twin])
    assert torch.equal(params[1 - place], twin)


REMOVALS: dict[str, Callable[[Any], Any]] = {
    "a group": lambda opt: opt.param_groups.pop(),
    "the first group": lambda opt: opt.param_groups.pop(0),
    "a parameter": lambda opt: opt.param_groups[0]["params"].pop(),
}


@pytest.mark.parametrize("stack", ["adam/sgd", "prodigy", "schedulefree_adamw"])
@pytest.mark.parametrize("shared", [False, True], ids=["apart", "shared"])
@pytest.mark.parametrize("removal", REMOVALS)
def test_what_is_removed_is_no_part_of_a_saved_state_and_is_freed_at_the_next_step(
    removal: str, shared: bool, stack: str
) -> None:
    params = weights(1.0, 2.0)
    groups = [{"params": params[:1]}, {"params": params[1:]}] if "group" in removal else [{"params": params}]
    opt = HyperOptimizer(groups, stack, shared=shared)
    train(opt, params)
    REMOVALS[removal](opt)
    [stays] = opt.param_groups[0]["params"]
    twin = copy.deepcopy(stays)
    other = HyperOptimizer([twin], stack, shared=shared)
    other.load_state_dict(opt.state_dict())
    assert set(opt.state) == set(params)
    opt.eval()
    opt.train()
    train(opt, params)
    train(other, [twin])
    assert torch.equal(stays, twin)
    assert set(opt.state) == {stays}
    assert len(opt.state_dict()["state"]) == 1


def test_what_is_no_parameter_is_refused_where_it_is_written_or_at_the_next_step() -> None:
    params = weights(1.0)
    opt = HyperOptimizer(params, "adam/sgd", STEADY)
    group = opt.param_groups[0]
    for value, message in (
        (params[0], "params: one tensor is given; parameters,"),
        ([params[0], 3], "parameter 1 of params: int 3 is given; a tensor is"),
    ):
        with pytest.raises(TypeError, match=message):
            group["params"] = value
    assert group["params"] == params
    group["params"].append(nn.Parameter(torch.ones(2, dtype=torch.int64), requires_grad=False))
    group["params"][1].grad = torch.ones(2, dtype=torch.int64)
    with pytest.raises(ValueError, match=r"it is of type torch.int64; parameters of real"):
        opt.step()


def test_a_shape_that_does_not_fit_is_refused() -> None:
    params = weights(1.0)
    opt = HyperOptimizer(params, "adam/sgd", STEADY)
    train(opt, params)
    opt.param_groups[0]["params"][0] = new = nn.Parameter(torch.ones(6))
    opt.state[new] = opt.state.pop(params[0])
    message = r"opt.state of a parameter: m is of shape \[3, 2\]; \[6\], which its parameter asks for, is"
    with pytest.raises(ValueError, match=message):
        train(opt, [new])
    del opt.state[new]
    train(opt, [new])
    new.data, new.grad = torch.ones(4), None
    with pytest.raises(
        ValueError, match=r"a parameter in param_groups is of shape \[4\]; \[6\], which it had"
    ):
        train(opt, [new])


def test_a_parameter_of_8_bits_is_refused() -> None:
    param = nn.Parameter(torch.ones(2).to(torch.float8_e4m3fn), requires_grad=False)
    with pytest.raises(
        ValueError, match=r"it is of type torch.float8_e4m3fn; one of torch.float32, .* is exp"
    ):
        HyperOptimizer([param])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_parameter_that_changes_its_type_has_a_state_of_that_type_and_goes_on(place: int) -> None:
    """Of several in one bucket, as one that has been that from the start."""
    ends = []
    for changed in (False, True):
        params = [nn.Parameter(torch.full((3, 2), 1.0 + k, dtype=torch.float32)) for k in range(3)]
        opt = HyperOptimizer(params, "adam/sgd", (0.01, 1e-5))
        for step in range(8):
            if changed and step == 4:
                params[place].grad, params[place].data = None, params[place].data.double()
            train(opt, params, 1)
        ends.append(torch.stack([p.detach().double() for p in params]))
        types = [opt.state[p]["v"].dtype for p in params]
        assert types == [p.dtype for p in params]
    assert types.index(torch.float64) == place
    torch.testing.assert_close(*ends, rtol=1e-5, atol=0)
