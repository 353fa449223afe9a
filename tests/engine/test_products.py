"""Matrix products through oneDNN."""

from __future__ import annotations

import pytest
import torch
from small_runs import small_run
from torch.fx.experimental.proxy_tensor import make_fx
from torch.library import opcheck

from hyperopt.engine import program, twins
from hyperopt.engine.pack import Pack, data_of
from hyperopt.engine.products import LARGE, bmm, by_onednn, linear, onednn_is_faster
from hyperopt.engine.program import initial, pack_step
from hyperopt.engine.torch_private import onednn_linear
from hyperopt.engine.twins import of_twins

pytestmark = pytest.mark.skipif(onednn_linear() is None, reason="this torch has no product by oneDNN")


def test_the_product_is_that_of_bmm_whatever_the_strides() -> None:
    a, b = torch.randn(3, 20, 50), torch.randn(3, 50, 30)
    for left, right in (
        (a, b),
        (a, b.transpose(1, 2).contiguous().transpose(1, 2)),
        (a.transpose(1, 2).contiguous().transpose(1, 2), b),
        (a[:, ::2], b[:, :, ::3]),
    ):
        exact = left.double() @ right.double()
        torch.testing.assert_close(bmm(left, right).double(), exact, rtol=1e-5, atol=1e-5)
        opcheck(torch.ops.hyperopt.bmm.default, (left, right), test_utils="test_faketensor")


@pytest.mark.parametrize(
    ("dtype", "n", "calls"),
    [(torch.float32, 64, "hyperopt.bmm"), (torch.float32, 1, "aten.bmm"), (torch.float64, 64, "aten.bmm")],
)
def test_only_large_float32_products_are_replaced(dtype: torch.dtype, n: int, calls: str) -> None:
    a, b = torch.randn(2, n, 256, dtype=dtype), torch.randn(2, 256, 64, dtype=dtype)
    assert (n * 256 * 64 >= LARGE) == (n == 64)
    traced = make_fx(torch.bmm, tracing_mode="fake")(a, b)
    by_onednn(traced.graph)
    traced.recompile()
    [product] = [str(node.target) for node in traced.graph.nodes if node.op == "call_function"]
    assert product == f"{calls}.default"
    torch.testing.assert_close(traced(a, b), torch.bmm(a, b), rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(not onednn_is_faster(), reason="programs have no such product here")
@pytest.mark.parametrize(("n", "k", "m"), [(256, 784, 128), (128, 784, 10), (33, 1000, 500)])
def test_of_a_shared_factor_every_run_has_the_product_that_it_has_alone(n: int, k: int, m: int) -> None:
    assert n * k * m >= LARGE or m == 10
    a, b = torch.randn(5, n, k), torch.randn(5, m, k).mT

    def product(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        traced = make_fx(torch.bmm, tracing_mode="fake")(left, right)
        by_onednn(traced.graph)
        traced.recompile()
        together: torch.Tensor = traced(left, right)
        assert together.is_contiguous(), "loops would add up in another order"
        return together

    for left, right in (
        (a[:1].expand(5, -1, -1), b),
        (a, b[:1].expand(5, -1, -1)),
        (a.mT.contiguous().mT, b[:1].expand(5, -1, -1)),
    ):
        together = product(left, right)
        assert torch.equal(together, product(left.clone(), right.clone()))
        assert torch.equal(together[1:3], product(left[1:3], right[1:3]))
        assert torch.equal(together[1:2], product(left[1:2], right[1:2]))


@pytest.mark.parametrize(
    ("runs", "n", "k", "m"), [(2, 64, 256, 64), (2, 1, 2000, 784), (2, 2000, 784, 1), (16, 64, 256, 64)]
)
def test_products_of_a_run_and_its_twin_are_those_of_two_runs(runs: int, n: int, k: int, m: int) -> None:
    """Also of one row or column, which oneDNN rounds otherwise, and of each row of a minibatch by itself."""
    a, b = torch.randn(runs // 2, n, k).repeat(2, 1, 1), torch.randn(runs // 2, k, m).repeat(2, 1, 1)
    for left, right in (
        (a, b),
        (a[:1].expand(runs, -1, -1), b),
        (a, b[:1].expand(runs, -1, -1)),
        (a.mT.contiguous().mT, b[:1].expand(runs, -1, -1)),
        (a[:1].expand(runs, -1, -1).mT.contiguous().mT, b),
    ):
        traced = make_fx(torch.bmm, tracing_mode="fake")(left, right)
        of_twins(traced.graph)
        traced.recompile()
        assert "twins_bmm" in traced.code
        product = traced(left, right)
        assert torch.equal(product, bmm(left, right))
        assert product.is_contiguous()
        opcheck(torch.ops.hyperopt.twins_bmm.default, (left, right), test_utils="test_faketensor")


def test_products_of_a_run_and_its_twin_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[torch.Size] = []

    def noted(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        calls.append(x.shape)
        return linear(x, weight)

    monkeypatch.setattr(twins, "linear", noted)
    a, b = torch.randn(1, 64, 256), torch.randn(1, 256, 64)
    for left, right in (
        (a.repeat(2, 1, 1), b.repeat(2, 1, 1)),
        (a.expand(2, -1, -1), b.repeat(2, 1, 1)),
        (a.repeat(2, 1, 1), b.expand(2, -1, -1)),
    ):
        twins.twins_bmm(left, right)
    assert calls == [(64, 256)] * 3


def test_only_a_run_alone_has_a_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its product may not be taken for that of another run."""
    asked: list[bool] = []

    def noted(device: str, *, twins: bool, nested: bool) -> dict[str, object]:
        asked.append(twins)
        return {}

    monkeypatch.setattr(program, "compile_options", noted)
    one, other = small_run(stack="sgd", seed=0), small_run(stack="sgd", seed=1)
    data = data_of(one, "cpu")
    for runs in ((one,), (one, other), (one, one)):
        training, _ = initial(Pack(runs), data, "cpu")
        pack_step(Pack(runs), training, data, compiled=True)
    assert asked == [True, False, True]
