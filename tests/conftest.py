"""Fixtures that tests of all parts share."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator

import pytest
import torch
from hypothesis import settings

from hyperopt.optim import rate

settings.register_profile("tests", deadline=None, derandomize=True)
settings.load_profile("tests")


def pytest_report_header() -> str:
    """Say of which torch the tests tell; pytest says of which Python."""
    return f"torch {torch.__version__}"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Search for no garbage among imports, which only add objects; it took a quarter of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.fixture(autouse=True, scope="module")
def _only_new_objects_are_searched() -> None:
    """Take what other modules leave out of the search for garbage that training makes after each pack.

    Modules and caches of torch's compiler and of trainers are most of it: a search took a third of a second.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _torch_as_it_was() -> Iterator[None]:
    """Give every test torch as a fresh process has it: float32, denormals kept, seed 0."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    yield
    torch.set_default_dtype(torch.float32)
    torch.set_flush_denormal(False)


@pytest.fixture(params=["floats", "tensors"])
def on_any_device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An optimizer's rates as on a CPU, and as on a device that nobody may make wait."""
    monkeypatch.setattr(rate, "NUMBERS_ON", ("cpu",) if request.param == "floats" else ())


@pytest.fixture
def float64(_torch_as_it_was: None) -> None:
    """Tensors are float64 unless they say otherwise."""
    torch.set_default_dtype(torch.float64)
