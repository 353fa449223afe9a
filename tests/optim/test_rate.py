"""A rate that a group shows is a number to numpy, pandas and statistics, and a plan to schedulers."""

from __future__ import annotations

import copy
import pickle
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from loops import batches, last, net
from torch import nn
from torch.optim import Optimizer, lr_scheduler

from hyperopt.optim import HyperOptimizer
from hyperopt.optim.rate import Rate

as_on_any_device = pytest.mark.usefixtures("on_any_device")
VALUE, PLANNED = 0.003, 0.002

Computed = Callable[[Any], Any]

NUMBERS: dict[str, Computed] = {
    "log10": np.log10,
    "sqrt": np.sqrt,
    "isfinite": np.isfinite,
    "isclose": lambda lr: np.isclose(lr, VALUE),
    "maximum": lambda lr: np.maximum(lr, 0),
    "allclose": lambda lr: np.allclose([lr], [VALUE]),
    "interp": lambda lr: np.interp(0.5, [0, 1], [0, lr]),
    "linspace": lambda lr: np.linspace(0, lr, 3),
    "an array times it": lambda lr: np.ones(2) * lr,
    "it times an array": lambda lr: lr * np.ones(2),
    "an array less it": lambda lr: np.ones((2, 1)) - lr,
    "an array in place": lambda lr: np.multiply(np.ones(2), lr, out=np.empty(2)),
    "a sum over an outer product": lambda lr: np.multiply.outer(lr, np.ones(2)).sum(),
    "an array below it": lambda lr: np.zeros(2) < lr,
    "a scalar below it": lambda lr: np.float64(0.001) < lr,
    "a power": lambda lr: np.float64(2) ** lr,
    "pandas": lambda lr: (pd.Series([1.0, 2.0]) * lr).to_numpy(),
    "a mean": lambda lr: statistics.mean([lr, lr]),
    "its type's own constructor": lambda lr: type(lr).fromhex("0x1p-3"),
}

PLANS: dict[str, Computed] = {
    "float64 times it": lambda lr: np.float64(2) * lr,
    "float32 times it": lambda lr: np.float32(2) * lr,
    "it times int64": lambda lr: lr * np.int64(2),
    "it times float16": lambda lr: lr * np.float16(2),
    "it times a truth": lambda lr: lr * np.bool_(True),
    "it over a scalar": lambda lr: lr / np.float32(4),
    "a scalar over it": lambda lr: np.float64(1) / lr,
    "a scalar less it": lambda lr: np.float64(1) - lr,
    "it plus a scalar": lambda lr: lr + np.int64(1),
    "an array of no dimension": lambda lr: lr * np.where(True, 0.5, 1.0),
    "a ufunc": lambda lr: np.multiply(lr, 0.5),
    "its negative": lambda lr: np.absolute(np.negative(np.positive(lr))),
}


@pytest.mark.parametrize("name", NUMBERS | PLANS)
def test_what_numpy_computes_of_a_rate_is_what_it_computes_of_a_float(name: str) -> None:
    computed = (NUMBERS | PLANS)[name]
    np.testing.assert_array_equal(computed(Rate(VALUE, PLANNED)), computed(VALUE))
    assert (type(computed(Rate(VALUE, PLANNED))) is Rate) == (name in PLANS)


@pytest.mark.parametrize("name", PLANS)
def test_what_scalars_of_numpy_make_of_a_rate_they_make_of_its_plan(name: str) -> None:
    assert PLANS[name](Rate(VALUE, PLANNED)).planned == float(PLANS[name](PLANNED))


def test_the_ratio_of_two_rates_is_a_number() -> None:
    for ratio in (lambda a, b: a / b, np.divide):
        assert type(ratio(Rate(VALUE, PLANNED), Rate(VALUE, PLANNED))) is not Rate


torchs: Any = lr_scheduler
"""Whose types know no numbers of numpy."""

OF_NUMPY: dict[str, Callable[[Optimizer], Any]] = {
    "where": lambda o: torchs.LambdaLR(o, lambda t: np.where(t < 5, 1.0, 0.1)),
    "float32": lambda o: torchs.LambdaLR(o, lambda t: np.float32(1 / (1 + t))),
    "int64": lambda o: torchs.LambdaLR(o, lambda t: np.int64(t < 5)),
    "maximum": lambda o: torchs.LambdaLR(o, lambda t: np.maximum(0, 5 - t)),
    "bool": lambda o: torchs.LambdaLR(o, lambda t: np.bool_(t < 5)),
    "step": lambda o: torchs.StepLR(o, 3, gamma=np.float32(0.5)),
    "plateau": lambda o: torchs.ReduceLROnPlateau(o, factor=np.float32(0.5), patience=0),
    "one cycle": lambda o: torchs.OneCycleLR(o, np.float32(0.02), total_steps=40),
}


@pytest.mark.parametrize("name", OF_NUMPY)
def test_torchs_schedulers_take_factors_of_numpy_as_of_its_own_optimizers(name: str) -> None:
    opt = HyperOptimizer([nn.Parameter(torch.zeros(1))], "adam/sgd", (0.01, 1e-4))
    peer = torch.optim.Adam([nn.Parameter(torch.zeros(1))], 0.01)
    plans = [OF_NUMPY[name](each) for each in (opt, peer)]
    for _ in range(10):
        for each, plan in zip((opt, peer), plans, strict=True):
            each.step()
            plan.step(*([1.0] if name == "plateau" else []))
        assert opt.param_groups[0]["planned"] == pytest.approx(float(peer.param_groups[0]["lr"]), rel=1e-7)


WAYS: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda rate: pickle.loads(pickle.dumps(rate)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_of_a_rate_keeps_its_plan(way: str) -> None:
    found = WAYS[way](Rate(VALUE, PLANNED))
    assert (found, found.planned) == (VALUE, PLANNED)


READ = """
import pickle, torch
print(*torch.load("of_the_optimizer.pt"))
try:
    torch.load("of_a_scheduler.pt")
except pickle.UnpicklingError as error:
    print("hyperopt.optim.rate" in str(error))
from hyperopt import HyperOptimizer
print(*torch.load("of_a_scheduler.pt"))
"""


@as_on_any_device
def test_which_files_are_read_without_this_package(tmp_path: Path) -> None:
    """docs/optimizer.md, "Checkpoints": torch reads no numbers but its own, unless it is told of them."""
    module = net()
    opt = HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-4))
    plan = lr_scheduler.LambdaLR(opt, lambda t: 1 / (1 + t))
    last(module, opt, batches(3), after_step=plan.step)
    torch.save({"model": module.state_dict(), "opt": opt.state_dict()}, tmp_path / "of_the_optimizer.pt")
    torch.save({"model": module.state_dict(), "by": plan.state_dict()}, tmp_path / "of_a_scheduler.pt")
    said = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, cwd=tmp_path)
    assert said.stdout.splitlines() == ["model opt", "True", "model by"], said.stderr


@as_on_any_device
@pytest.mark.parametrize("schedule", [None, "set"])
@pytest.mark.parametrize("way", ["state_dict", "deepcopy"])
def test_the_rate_of_which_a_scheduler_makes_its_plan_is_kept(way: str, schedule: Any) -> None:
    """One that begins after learning plans by the rate without it, or with it where rates are set."""

    def made() -> HyperOptimizer:
        return HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-4), schedule=schedule)

    module = net()
    opt = made()
    last(module, opt, batches(10))
    start = opt.param_groups[0]["lr"]
    value, planned = float(start), start.planned
    lr_scheduler.LambdaLR(opt, lambda t: 1 / (1 + t))
    if way == "state_dict":
        other = made()
        other.load_state_dict(opt.state_dict())
    else:
        other = copy.deepcopy(opt)
    lr_scheduler.LambdaLR(other, lambda t: 1 / (1 + t), last_epoch=0)
    expected = (value if schedule == "set" else planned) / 2
    assert other.param_groups[0]["planned"] == pytest.approx(expected, rel=1e-6)
    assert value != pytest.approx(planned, rel=1e-3)
