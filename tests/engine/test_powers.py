"""Powers that weights share."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_runs import SMALL, measured
from torch.fx import Graph
from torch.fx.experimental.proxy_tensor import make_fx
from torch.library import opcheck

from hyperopt.config import resolve
from hyperopt.engine import program
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.powers import power, powers_once
from hyperopt.engine.torch_private import edits_of
from hyperopt.engine.trainer import train_pack


def edited(weights: int, *, shown: bool = False) -> Graph:
    """The graph of two weights over 1 - beta**step after the edit; `shown`: the power is a result too."""

    def divided(
        beta: torch.Tensor, step: torch.Tensor, a: torch.Tensor, b: torch.Tensor
    ) -> list[torch.Tensor]:
        quotients = [weight / (1 - beta**step)[:, None] for weight in (a, b)]
        return [*quotients, beta**step] if shown else quotients

    given = torch.rand(3), torch.tensor(5.0), torch.randn(3, weights), torch.randn(3, 7)
    traced = make_fx(divided, tracing_mode="fake")(*given)
    powers_once(traced.graph)
    traced.recompile()
    torch.testing.assert_close(traced(*given), divided(*given))
    return traced.graph


def count(graph: Graph) -> tuple[int, int]:
    """Of powers taken out, and of those left."""
    taken, left = (
        len(graph.find_nodes(op="call_function", target=op))
        for op in (torch.ops.hyperopt.power.default, torch.ops.aten.pow.Tensor_Tensor)
    )
    return taken, left


def test_powers_of_weights_are_computed_once_and_others_stay() -> None:
    assert count(edited(4)) == (1, 0)
    assert count(edited(1)) == (1, 1), "one weight a run has no loop of its own"
    assert count(edited(4, shown=True)) == (1, 1)


def test_a_power_has_the_bits_of_one_number_alone() -> None:
    base, exponent = torch.rand(100), torch.tensor(7.0)
    apart = torch.pow(torch.stack([base, base], 1)[:, 0], exponent)
    torch.testing.assert_close(power(base, exponent), torch.pow(base, exponent))
    assert torch.equal(power(base, exponent), apart)
    opcheck(torch.ops.hyperopt.power.default, (base, exponent), test_utils="test_faketensor")


@pytest.mark.slow
def test_records_are_what_they_are_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logistic = {key: value for key, value in SMALL.items() if key != "model.hidden"} | {"model": "logistic"}
    runs = tuple(
        resolve({**logistic, "stack": "adam/sgd", "alpha": f"{alpha}/1e-4"}) for alpha in (0.001, 0.01)
    )
    numbers = []
    for options in (edits_of(powers_once), {}):
        monkeypatch.setattr(program, "compile_options", lambda *_, options=options, **__: dict(options))
        found = train_pack(Pack(runs), Options("cpu", 1, compile=True), tmp_path)
        numbers.append([measured(record) for record in found])
    assert numbers[0] == numbers[1]
