"""A store for each test of the engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from forked import forking

from hyperopt.engine import workers
from hyperopt.records import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "records")


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worker processes need not import torch, where it is not what they import that is tested."""
    monkeypatch.setattr(workers, "SpawnContext", forking)
