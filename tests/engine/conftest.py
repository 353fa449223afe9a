"""A store for each test of the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyperopt.records import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "records")
