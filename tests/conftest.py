"""Fixtures that tests of all parts share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import settings

settings.register_profile("tests", deadline=None, derandomize=True)
settings.load_profile("tests")


def pytest_report_header() -> str:
    """Say of which torch the tests tell; pytest says of which Python."""
    return f"torch {torch.__version__}"


@pytest.fixture(autouse=True)
def _torch_as_it_was() -> Iterator[None]:
    """Give every test torch as a fresh process has it: float32, denormals kept, seed 0."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    yield
    torch.set_default_dtype(torch.float32)
    torch.set_flush_denormal(False)


@pytest.fixture
def float64(_torch_as_it_was: None) -> None:
    """Tensors are float64 unless they say otherwise."""
    torch.set_default_dtype(torch.float64)
