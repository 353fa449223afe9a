"""What tests of the optimizer share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
import torch

from hyperopt.optim import programs


@pytest.fixture
def traced_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Programs are traced as for compiling, and not compiled, which takes longer."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    monkeypatch.delattr(torch.compiler, "keep_portable_guards_unsafe", raising=False)
    programs.programs.cache_clear()
    yield
    programs.programs.cache_clear()
