"""Parameters that lie in vectors move as each would alone, whatever the vectors and whoever computes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
import torch
from loops import apart, batches, loss_of, net
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from hyperopt.optim import HyperOptimizer, arithmetic, buckets, programs, stepping, vectors

pytestmark = pytest.mark.usefixtures("float64")

STACKS: dict[str, dict[str, Any]] = {
    "sgd/sgd": {"alpha": (0.1, 1e-3)},
    "sgd/sgd with decay": {"alpha": (0.1, 1e-3), "weight_decay": 0.1},
    "sgd/adam with momentum": {"alpha": (0.1, 1e-3), "momentum": 0.9, "weight_decay": 0.1, "nesterov": True},
    "adam/sgd": {"alpha": (0.01, 1e-3), "clip": True},
    "adam/sgd with decay": {"alpha": (0.01, 1e-3), "weight_decay": 0.1},
    "adamw/sgd": {"alpha": (0.01, 1e-3), "weight_decay": 0.5, "tune": ["alpha", "beta1", "weight_decay"]},
    "nadamw/sgd": {"alpha": (0.01, 1e-3), "weight_decay": 0.5},
    "adam/sgd up": {"alpha": (0.01, 1e-3), "maximize": True},
    "adagrad/sgd": {"alpha": (0.1, 1e-3), "multiplicative": True},
    "rmsprop/sgd": {"alpha": (0.01, 1e-4), "form": "reported"},
    "adabelief/sgd": {"alpha": (0.01, 1e-4)},
    "amsgrad/sgd": {"alpha": (0.01, 1e-4)},
    "adamw/lion by a trace": {"alpha": (0.01, 0.01), "multiplicative": True, "tune": "alpha", "trace": 0.9},
    "adam/sgd by a cosine": {"alpha": (0.01, 1e-3), "tune": "alpha", "hypergradient": "cosine"},
}
EXACT = 1e-10


def made(name: str) -> tuple[nn.Module, HyperOptimizer]:
    module = net()
    return module, HyperOptimizer(module.parameters(), name.split()[0], **STACKS[name])


def learned(name: str, opt: HyperOptimizer) -> dict[str, float]:
    """How far each hyperparameter of level 0 went."""
    start = made(name)[1].hyperparameters()[0]
    went = {k: now - start[k] for k, now in opt.hyperparameters()[0].items()}
    assert any(went.values())
    return went


def near(went: dict[str, float]) -> Any:
    return pytest.approx(went, rel=1e-6, abs=1e-14)


def step(module: nn.Module, opt: HyperOptimizer, batch: tuple[Tensor, Tensor], t: int) -> None:
    """One in which a layer has a gradient every third time only, and another from the fourth step on."""
    opt.zero_grad()
    module.mix.requires_grad_(t % 3 == 2)
    module.norm.requires_grad_(t > 3)
    loss_of(module, batch).backward()
    opt.step()


def trained(name: str, steps: int = 12) -> tuple[dict[str, Tensor], dict[str, float]]:
    module, opt = made(name)
    for t, batch in enumerate(batches(steps)):
        step(module, opt, batch, t)
    return {k: p.detach() for k, p in module.named_parameters()}, learned(name, opt)


@contextmanager
def by_products() -> Iterator[None]:
    """Meanwhile no rule has a closed form."""

    def forget() -> None:
        stepping._assembled.cache_clear()
        programs.programs.cache_clear()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arithmetic, "closed_form", lambda rule: None)
        forget()
        yield
    forget()


@pytest.mark.parametrize("name", STACKS)
def test_the_closed_form_trains_as_the_vector_jacobian_product(name: str) -> None:
    weights, hyper = trained(name)
    with by_products():
        expected_weights, expected_hyper = trained(name)
    assert apart(weights, expected_weights) < EXACT
    assert hyper == near(expected_hyper)


@pytest.mark.parametrize("computed", [nullcontext, by_products])
@pytest.mark.parametrize("capacity", [0, 60])
def test_any_capacity_and_slice_train_alike(
    capacity: int, computed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with computed():
        weights, hyper = trained("adam/sgd")
        monkeypatch.setitem(buckets.CAPACITY, "cpu", capacity)
        monkeypatch.setattr(vectors, "SLICE", 7)
        again, hyper_again = trained("adam/sgd")
    assert apart(weights, again) < EXACT
    assert hyper == near(hyper_again)


@pytest.mark.parametrize("name", STACKS)
def test_a_state_that_remembers_all_inputs_goes_on_in_closed_form(name: str) -> None:
    """As rules without a closed form, and all rules in version 0.1, have it."""
    data = list(enumerate(batches(9)))
    with by_products():
        module, opt = made(name)
        for t, batch in data[:5]:
            step(module, opt, batch, t)
        weights, saved = copy.deepcopy(module.state_dict()), copy.deepcopy(opt.state_dict())
        for t, batch in data[5:]:
            step(module, opt, batch, t)
    twin, other = made(name)
    twin.load_state_dict(weights)
    other.load_state_dict(saved)
    for t, batch in data[5:]:
        step(twin, other, batch, t)
    assert apart(dict(module.named_parameters()), dict(twin.named_parameters())) < EXACT
    assert learned(name, opt) == near(learned(name, other))


def test_a_step_has_as_many_operations_for_many_tensors_as_for_few() -> None:
    """But for the copies of gradients and weights, one call each; also of groups that share rates."""

    def operations(tensors: int, *, shared: bool = False) -> int:
        params = [nn.Parameter(torch.ones(4)) for _ in range(tensors)]
        groups = [{"params": [param]} for param in params] if shared else params
        opt = HyperOptimizer(groups, "adam/sgd", (0.01, 1e-3), shared=shared)
        for _ in range(3):
            for param in params:
                param.grad = torch.ones(4)
            on_cpu = [torch.profiler.ProfilerActivity.CPU]
            with torch.profiler.profile(activities=on_cpu, acc_events=True) as profile:  # else 2.11 warns
                opt.step()
        each = {"aten::copy_", "aten::sub_"}
        return sum(event.name.startswith("aten::") and event.name not in each for event in profile.events())

    assert operations(3) == operations(50) == operations(50, shared=True)


def peak_allocated(what: Callable[[], object], trace: Path) -> int:
    """Return the peak, in bytes, of what torch's allocator gave out in a call beyond what it had before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        kept = what()
    profiler.export_chrome_trace(str(trace))
    del kept
    happened = json.loads(trace.read_text())["traceEvents"]
    memory = [(each["ts"], int(each["args"]["Bytes"])) for each in happened if each["name"] == "[memory]"]
    return max(accumulate(each for _, each in sorted(memory)))


@pytest.mark.slow
def test_adam_sgd_takes_memory_of_three_tensors_per_parameter(tmp_path: Path) -> None:
    """Adam has two; the vector for gradients has four million elements, here a sixth of the parameters."""
    params = [nn.Parameter(torch.zeros(2**21)) for _ in range(12)]
    for each in params:
        each.grad = torch.ones_like(each)

    def after_three_steps() -> HyperOptimizer:
        opt = HyperOptimizer(params, "adam/sgd", (1e-3, 1e-5), compile=False)
        for _ in range(3):
            opt.step()
        return opt

    peak = peak_allocated(after_three_steps, tmp_path / "trace.json")
    assert 3 < peak / sum(each.nbytes for each in params) < 3.2
