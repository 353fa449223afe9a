"""Powers that weights share."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.func import vmap
from torch.fx import Graph
from torch.fx.experimental.proxy_tensor import make_fx
from torch.library import opcheck

from hyperopt.engine.powers import power, powers_once
from hyperopt.engine.torch_compiler import prepare_compiler
from hyperopt.engine.torch_private import edits_of
from hyperopt.optim.rules.adam import Adam


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
def test_compiled_updates_have_the_bits_that_they_have_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adam's of two weights, for three runs and over ten steps."""
    prepare_compiler()
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    rule, taken = Adam(), list[int]()

    def noted(graph: Graph) -> None:
        powers_once(graph)
        taken.append(count(graph)[0])

    def updated(grads: list[Tensor], beta1: Tensor, beta2: Tensor, step: Tensor) -> list[Tensor]:
        hyper = {"alpha": beta1, "beta1": beta1, "beta2": beta2, "weight_decay": torch.zeros(())}
        return [rule.update(grad, rule.init(grad), hyper, step, grad)[0] for grad in grads]

    weights, beta1, beta2 = [torch.randn(3, 70), torch.randn(3, 9)], torch.rand(3), 1 - torch.rand(3) / 100
    of_all = vmap(updated, in_dims=(0, 0, 0, None))
    once, by_torch = (
        torch.compile(of_all, fullgraph=True, dynamic=False, options=options)
        for options in (edits_of(noted), {})
    )
    for step in torch.arange(1.0, 11.0):
        ours, theirs = once(weights, beta1, beta2, step), by_torch(weights, beta1, beta2, step)
        assert all(map(torch.equal, ours, theirs))
    assert taken == [2]
