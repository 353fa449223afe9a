"""Compiled as eager: one vector in one program, and several one after the other."""

from __future__ import annotations

import copy
import subprocess
import sys
import warnings
from typing import Any

import pytest
import torch
from loops import EXACT, apart, batches, last, loss_of, net
from torch import nn

from hyperopt.optim import HyperOptimizer, buckets, programs
from hyperopt.optim.arithmetic import Arithmetic
from hyperopt.optim.torch_private import compile_errors


def deep(layers: int) -> nn.Module:
    torch.manual_seed(0)
    inner = [part for k in range(layers) for part in (nn.Linear(6 + k, 7 + k), nn.Tanh())]
    return nn.Sequential(*inner, nn.Linear(6 + layers, 3))


@pytest.mark.slow
@pytest.mark.parametrize("capacity", [2**22, 100], ids=["one vector", "several"])
@pytest.mark.parametrize("settings", [{"stack": "adam/sgd", "alpha": (0.01, 1e-3), "clip": True}])
def test_compiled_is_eager(capacity: int, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(buckets.CAPACITY, "cpu", capacity)
    ends = []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        for compiled in (False, True):
            module = deep(4)
            opt = HyperOptimizer(module.parameters(), compile=compiled, **settings)
            ends.append((last(module, opt, batches(20)), opt.hyperparameters()[0]["alpha"]))
    (eager, eager_rate), (fast, fast_rate) = ends
    assert apart(eager, fast) < 1e-5
    assert fast_rate == pytest.approx(eager_rate, rel=1e-5)
    assert abs(fast_rate - 0.01) > 1e-5


IN_ONE: list[dict[str, Any]] = [
    {},
    {"stack": "sgd/adam/sgd", "alpha": (0.1, 0.01, 0.1), "clip": True, "weight_decay": 0.1},
    {
        "stack": "adamw/lion",
        "alpha": (0.01, 0.01),
        "tune": "alpha",
        "multiplicative": True,
        "trace": 0.9,
        "hypergradient": "cosine",
    },
    {"stack": "adam/sgd", "alpha": (0.01, 1e-3), "tune": "alpha", "weight_decay": 0.1, "trace": 0.9},
]


@pytest.mark.parametrize("settings", IN_ONE, ids=str)
@pytest.mark.usefixtures("float64", "traced_only")
def test_a_step_as_one_program_is_a_step_in_parts(settings: dict[str, Any]) -> None:
    """Also where a rate is written, and from a saved state, which stays what it was."""
    ends = []
    for compiled in (False, True):
        module = net()
        opt = HyperOptimizer(module.parameters(), **settings, compile=compiled)
        for t, batch in enumerate(batches(16)):
            if t in (7, 8, 12):
                opt.param_groups[0]["lr"] *= 0.5
            if t == 10:
                saved, kept = opt.state_dict(), copy.deepcopy(opt.state_dict())
                opt = HyperOptimizer(module.parameters(), **settings, compile=compiled)
                opt.load_state_dict(saved)
            opt.zero_grad()
            loss_of(module, batch).backward()
            opt.step()
        assert repr(saved["param_groups"]) == repr(kept["param_groups"])
        ends.append(({k: p.detach() for k, p in module.named_parameters()}, opt))
    (eager, slow), (fast, quick) = ends
    assert next(iter(quick._steppers.values()))._whole
    assert apart(eager, fast) < 1e-9
    for one, other in zip(slow.hyperparameters(), quick.hyperparameters(), strict=True):
        assert one == pytest.approx(other, rel=1e-9)
    assert apart(eager, dict(net().named_parameters())) > 1e-3


def test_auto_compiles_after_so_many_steps_and_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = programs.programs

    def eager(arithmetic: Arithmetic, *, compiled: bool) -> programs.Programs:
        asked.append((opt.param_groups[0]["step"], compiled))
        return real(arithmetic, compiled=False)

    monkeypatch.setattr("hyperopt.optim.stepping.programs", eager)
    monkeypatch.setattr("hyperopt.optim.stepping.COMPILE_STEPS", 2)
    monkeypatch.setattr("hyperopt.optim.stepping.COMPILE_ELEMENTS", 30)
    cases: list[tuple[int, Any, list[tuple[int, bool]]]] = [
        (100, "auto", [(0, False), (2, True)]),
        (10, "auto", [(0, False), (3, True)]),
        (100, False, [(0, False)]),
        (1, True, [(0, False), (1, True)]),
    ]
    for size, compile_, expected in cases:
        weight = nn.Parameter(torch.zeros(size))
        weight.grad = torch.ones(size)
        opt = HyperOptimizer([weight], "sgd/sgd", compile=compile_)
        asked.clear()
        for _ in range(4):
            opt.step()
        assert asked == expected


def test_without_a_compiler_it_warns_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(function: Any, **_: Any) -> Any:
        def call(*_: Any) -> Any:
            raise compile_errors()[0]("no C++ compiler")

        return call

    monkeypatch.setattr(torch, "compile", failing)
    programs.programs.cache_clear()
    weight = nn.Parameter(torch.zeros(3))
    weight.grad = torch.ones(3)
    opt = HyperOptimizer([weight], "sgd", 0.25, compile=True)
    try:
        opt.step()
        with pytest.warns(UserWarning, match=r"runs uncompiled: compiling failed \(no C\+\+ compiler\)"):
            opt.step()
    finally:
        programs.programs.cache_clear()
    assert torch.equal(weight, torch.full((3,), -0.5))


@pytest.mark.slow
def test_past_the_compilers_limit_it_warns_and_goes_on() -> None:
    programs.programs.cache_clear()
    try:
        with torch.compiler.config.patch(recompile_limit=1):
            for dtype, warned in ((torch.float32, False), (torch.float64, True)):
                weight = nn.Parameter(torch.zeros(3, dtype=dtype))
                weight.grad = torch.ones(3, dtype=dtype)
                opt = HyperOptimizer([weight], "sgd", 0.25, compile=True)
                with warnings.catch_warnings(record=True) as said:
                    warnings.simplefilter("always", UserWarning)
                    for _ in range(2):
                        opt.step()
                assert any("runs uncompiled" in str(one.message) for one in said) == warned
                assert torch.equal(weight, torch.full((3,), -0.5, dtype=dtype))
    finally:
        programs.programs.cache_clear()


@pytest.mark.parametrize("way", ["step", "caller", "train"])
def test_a_users_compiled_loop_takes_the_steps_of_the_plain_one(way: str) -> None:
    def end(*, compiled: bool) -> dict[str, torch.Tensor]:
        module = net()
        opt = HyperOptimizer(module.parameters(), compile=False)

        def train(batch: tuple[torch.Tensor, torch.Tensor]) -> None:
            opt.zero_grad()
            loss_of(module, batch).backward()
            opt.step()

        program: Any = {"step": opt.step, "caller": lambda: opt.step(), "train": train}[way]
        if compiled:
            program = torch.compile(program, backend="eager")
        for batch in batches(4):
            if way == "train":
                program(batch)
                continue
            opt.zero_grad()
            loss_of(module, batch).backward()
            program()
        return {name: value.clone() for name, value in module.state_dict().items()}

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        assert apart(end(compiled=True), end(compiled=False)) < 1e-6


def test_the_compiler_is_not_imported_with_the_optimizer() -> None:
    code = "import sys; from hyperopt import HyperOptimizer; sys.exit('torch._dynamo' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_compiled_model_as_the_model() -> None:
    plain, compiled = net(), net()
    opt = HyperOptimizer(plain.parameters(), "adam/sgd", (0.01, 1e-3))
    other = HyperOptimizer(compiled.parameters(), "adam/sgd", (0.01, 1e-3))
    end = last(plain, opt, batches(5))
    program: Any = torch.compile(compiled, backend="eager")
    last(program, other, batches(5))
    assert apart(end, {k: p.detach() for k, p in compiled.named_parameters()}) < EXACT


def test_a_compiled_step_is_the_step() -> None:
    ends = []
    for compiled in (False, True):
        module = net()
        opt: Any = HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-3))
        step = torch.compile(opt.step, backend="eager") if compiled else opt.step
        for x, y in batches(5):
            opt.zero_grad()
            loss_of(module, (x, y)).backward()
            step()
        ends.append({k: p.detach() for k, p in module.named_parameters()})
    assert apart(*ends) == 0
