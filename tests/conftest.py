"""Fixtures that tests of all parts share.

torch is imported where it is used: the process that hands out the tests to others needs none.
"""

from __future__ import annotations

import gc
import pickle
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar

import pytest
from filelock import FileLock
from hypothesis import settings

if TYPE_CHECKING:
    from hyperopt.findings.view import View

T = TypeVar("T")

settings.register_profile("tests", deadline=None, derandomize=True)
settings.load_profile("tests")


def pytest_report_header() -> str:
    """Say of which torch the tests tell; pytest says of which Python."""
    return f"torch {version('torch')}"


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
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    yield
    torch.set_default_dtype(torch.float32)
    torch.set_flush_denormal(False)


@pytest.fixture(scope="session")
def once(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, Callable[[], T]], T]:
    """What takes long is made by the process that comes first, and read by the others."""
    folder = tmp_path_factory.getbasetemp()
    if hasattr(pytestconfig, "workerinput"):  # one of several processes, each with a folder in that of all
        folder = folder.parent

    def of_all(name: str, make: Callable[[], T]) -> T:
        kept = folder / f"{name}.pickle"
        with FileLock(folder / f"{name}.lock"):
            if not kept.exists():
                kept.write_bytes(pickle.dumps(make()))
        made: T = pickle.loads(kept.read_bytes())
        return made

    return of_all


@pytest.fixture(scope="session")
def published(
    once: Callable[[str, Callable[[], Mapping[str, Sequence[View]]]], Mapping[str, Sequence[View]]],
) -> Mapping[str, Sequence[View]]:
    """The views of all published results."""
    from hyperopt.publish import published_views

    return once("views", published_views)


@pytest.fixture(params=["floats", "tensors"])
def on_any_device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An optimizer's rates as on a CPU, and as on a device that nobody may make wait."""
    from hyperopt.optim import rate

    monkeypatch.setattr(rate, "NUMBERS_ON", ("cpu",) if request.param == "floats" else ())


@pytest.fixture
def float64(_torch_as_it_was: None) -> None:
    """Tensors are float64 unless they say otherwise."""
    import torch

    torch.set_default_dtype(torch.float64)
