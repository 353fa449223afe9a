"""Matrix products of packs on AMD processors.

torch uses MKL for float32 products, which uses half the vector width of an AMD processor with AVX-512.
oneDNN, which torch ships for convolutions, uses all of it: on an EPYC the large products of the reports'
MNIST net took 0.48 ms each with MKL and 0.23 ms with oneDNN (docs/speed.md).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from torch.fx import Graph

from hyperopt.engine.torch_private import onednn_linear

LARGE = 2**20
"""Number of multiplications from which oneDNN saves more than its call costs."""


@cache
def onednn_is_faster() -> bool:
    """Return whether MKL does not fully use this processor and torch has oneDNN's product."""
    info = Path("/proc/cpuinfo")
    return (
        info.is_file()
        and "AuthenticAMD" in info.read_text()
        and torch.backends.cpu.get_cpu_capability().startswith("AVX512")
        and onednn_linear() is not None
    )


def linear(x: Tensor, weight: Tensor) -> Tensor:
    """Return X @ weight.T of float32 matrices, computed by oneDNN."""
    by_onednn = onednn_linear()
    assert by_onednn is not None, "no program has this product where torch has none by oneDNN"
    return by_onednn(x, weight)


def bmm(a: Tensor, b: Tensor) -> Tensor:
    """Return A @ b, computed by oneDNN: float32 [runs, n, k] and [runs, k, m] to [runs, n, m].

    If all runs share a factor, one product serves them all and reads that factor once. Each element is the
    same sum in the same order and so has the same bits. The result is contiguous: loops follow the memory
    layout and would otherwise sum in another order.
    """
    (runs, n, k), m = a.shape, b.shape[2]
    if runs == 1:
        return linear(a[0], b[0].t()).unsqueeze(0)
    if b.stride(0) == 0:
        return linear(a.reshape(runs * n, k), b[0].t()).view(runs, n, m)
    product = empty_product(a, b)
    if a.stride(0) == 0:
        product.copy_(linear(a[0], b.mT.reshape(runs * m, k)).view(n, runs, m).transpose(0, 1))
        return product
    for out, left, right in zip(product, a, b, strict=True):
        out.copy_(linear(left, right.t()))
    return product


def empty_product(a: Tensor, b: Tensor) -> Tensor:
    """Return an empty result tensor for `bmm`."""
    return a.new_empty((a.shape[0], a.shape[1], b.shape[2]))


torch.library.define("hyperopt::bmm", "(Tensor a, Tensor b) -> Tensor")
torch.library.impl("hyperopt::bmm", "cpu", bmm)
torch.library.register_fake("hyperopt::bmm", empty_product)


def by_onednn(graph: Graph, ours: Callable[..., Tensor] = torch.ops.hyperopt.bmm.default) -> None:
    """In a program's graph, use oneDNN for large float32 products on a CPU."""
    for node in graph.find_nodes(op="call_function", target=torch.ops.aten.bmm.default):
        left, right = (argument.meta["val"] for argument in node.args)
        multiplications = left.shape[1] * left.shape[2] * right.shape[2]
        if left.device.type == "cpu" and left.dtype == torch.float32 and multiplications >= LARGE:
            node.target = ours
