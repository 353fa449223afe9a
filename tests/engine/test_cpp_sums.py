"""Sums in registers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hyperopt.engine.cpp_sums import PREFIX, in_registers
from hyperopt.engine.torch_compiler import sums_in_registers
from hyperopt.engine.torch_private import compiler_missing

SUM = "CascadeSumHelper<at::vec::Vectorized<float>, 4096> {}cascade_helper0(static_cast<int64_t>(6272L));"


def test_only_sums_of_whole_vectors_are_other_ones() -> None:
    assert "SumInRegister<at::vec::Vectorized<float>, 4096> cascade_helper0(" in in_registers(
        PREFIX + SUM.format("")
    )
    for code in (PREFIX + SUM.format("masked_"), PREFIX + SUM.format("scalar_"), SUM.format(""), PREFIX):
        assert in_registers(code) == code


@pytest.mark.slow
@pytest.mark.skipif(bool(compiler_missing("cpu")), reason="there is no C++ compiler")
def test_sums_have_the_bits_that_torch_gives_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [torch.randn(2, length) for length in (70_000, 140_000, 600_007, 1_200_000)]

    def compiled(folder: str) -> list[Tensor]:
        monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / folder))
        torch.compiler.reset()
        program: Callable[..., list[Tensor]] = torch.compile(
            lambda *given: [(3 * each).sum(1) for each in given], dynamic=False
        )
        with torch.no_grad():
            return program(*numbers)

    usual = compiled("usual")
    assert not any("SumInRegister" in file.read_text() for file in tmp_path.rglob("*.cpp"))
    with sums_in_registers():
        ours = compiled("ours")
    assert any("SumInRegister" in file.read_text() for file in tmp_path.rglob("*.cpp"))
    assert all(map(torch.equal, usual, ours))
