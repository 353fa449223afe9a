"""Compiled as eager: one vector in one program, and several one after the other."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from loops import apart, batches, last
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


def test_auto_compiles_after_so_many_steps_and_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = programs.programs

    def eager(arithmetic: Arithmetic, *, compiled: bool) -> programs.Programs:
        asked.append(compiled)
        return real(arithmetic, compiled=False)

    monkeypatch.setattr("hyperopt.optim.stepping.programs", eager)
    monkeypatch.setattr("hyperopt.optim.stepping.COMPILE_STEPS", 2)
    monkeypatch.setattr("hyperopt.optim.stepping.COMPILE_ELEMENTS", 30)
    cases: list[tuple[int, Any, list[bool]]] = [
        (100, "auto", [False, False, True, True]),
        (10, "auto", [False, False, False, True]),
        (100, False, [False] * 4),
        (1, True, [True] * 4),
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
        with pytest.warns(UserWarning, match=r"runs uncompiled: compiling failed \(no C\+\+ compiler\)"):
            opt.step()
    finally:
        programs.programs.cache_clear()
    assert torch.equal(weight, torch.full((3,), -0.25))


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
                    opt.step()
                assert any("runs uncompiled" in str(one.message) for one in said) == warned
                assert torch.equal(weight, torch.full((3,), -0.25, dtype=dtype))
    finally:
        programs.programs.cache_clear()
