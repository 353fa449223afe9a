"""Matrix products of packs on AMD processors.

torch hands float32 products to MKL, which uses half the vector width of an AMD processor with AVX-512;
oneDNN, which torch carries for convolutions, uses all of it: on an EPYC the large products of the reports'
MNIST net took 0.48 ms each by MKL and 0.23 ms by oneDNN (docs/speed.md).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.fx import Graph, Node

from hyperopt.optim.torch_private import onednn_linear

LARGE = 2**20
"""The number of multiplications from which a product by oneDNN saves more than its call costs."""


@cache
def onednn_is_faster() -> bool:
    """Whether MKL does not use this processor in full, and torch has oneDNN's product."""
    info = Path("/proc/cpuinfo")
    return (
        info.is_file()
        and "AuthenticAMD" in info.read_text()
        and torch.backends.cpu.get_cpu_capability().startswith("AVX512")
        and onednn_linear() is not None
    )


def linear(x: Tensor, weight: Tensor) -> Tensor:
    """X @ weight.T by oneDNN, of float32 matrices."""
    by_onednn = onednn_linear()
    assert by_onednn is not None, "no program has this product where torch has none by oneDNN"
    return by_onednn(x, weight)


def bmm(a: Tensor, b: Tensor) -> Tensor:
    """A @ b by oneDNN, run by run: float32 [runs, n, k] and [runs, k, m] to [runs, n, m]."""
    product = a.new_empty((a.shape[0], a.shape[1], b.shape[2]))
    for out, left, right in zip(product, a, b, strict=True):
        out.copy_(linear(left, right.t()))
    return product


torch.library.define("hyperopt::linear", "(Tensor x, Tensor weight) -> Tensor")
torch.library.impl("hyperopt::linear", "cpu", linear)
torch.library.register_fake("hyperopt::linear", lambda x, weight: x.new_empty((len(x), len(weight))))
torch.library.define("hyperopt::bmm", "(Tensor a, Tensor b) -> Tensor")
torch.library.impl("hyperopt::bmm", "cpu", bmm)
torch.library.register_fake("hyperopt::bmm", lambda a, b: a.new_empty((a.shape[0], a.shape[1], b.shape[2])))


class OneDNN(NamedTuple):
    """Which products a program calls: of the rows of all runs, of the weights of all runs, and run by run."""

    rows: Callable[..., Tensor] = torch.ops.hyperopt.linear.default
    weights: Callable[..., Tensor] = torch.ops.hyperopt.linear.default
    each: Callable[..., Tensor] = torch.ops.hyperopt.bmm.default


EVERY = OneDNN()


def by_onednn(graph: Graph, ours: OneDNN = EVERY) -> None:
    """Give large float32 products on a CPU to oneDNN, in the graph of a program.

    Where all runs share a factor, theirs is one product, which reads that factor once. Each element of it is
    the same sum in the same order, so that its bits are.
    """
    for node in graph.find_nodes(op="call_function", target=torch.ops.aten.bmm.default):
        left, right = (argument.meta["val"] for argument in node.args)
        multiplications = left.shape[1] * left.shape[2] * right.shape[2]
        if left.device.type == "cpu" and left.dtype == torch.float32 and multiplications >= LARGE:
            with graph.inserting_before(node):
                node.replace_all_uses_with(_product(graph, ours, *node.args))
            graph.erase_node(node)


def _product(graph: Graph, ours: OneDNN, a: Node, b: Node) -> Node:
    """The nodes of the product of a [runs, n, k] and b [runs, k, m], before where the graph is written."""
    aten, call = torch.ops.aten, partial(_call, graph)
    left, right = a.meta["val"], b.meta["val"]
    (runs, n, k), m = left.shape, right.shape[2]
    if runs == 1:
        weight = call(aten.permute.default, call(aten.select.int, b, 0, 0), [1, 0])
        linear = torch.ops.hyperopt.linear.default
        return call(aten.unsqueeze.default, call(linear, call(aten.select.int, a, 0, 0), weight), 0)
    if right.stride(0) == 0:
        x = call(aten.view.default, _in_place(graph, a), [runs * n, k])
        weight = call(aten.permute.default, call(aten.select.int, b, 0, 0), [1, 0])
        return call(aten.view.default, call(ours.rows, x, weight), [runs, n, m])
    if left.stride(0) == 0:
        transposed = _in_place(graph, call(aten.permute.default, b, [0, 2, 1]))
        x, weight = call(aten.select.int, a, 0, 0), call(aten.view.default, transposed, [runs * m, k])
        side_by_side = call(aten.view.default, call(ours.weights, x, weight), [n, runs, m])
        return call(aten.permute.default, side_by_side, [1, 0, 2])
    return call(ours.each, a, b)


def _in_place(graph: Graph, node: Node) -> Node:
    """The same numbers in the order of their shape; the loop that makes them then writes them so."""
    if node.meta["val"].is_contiguous():
        return node
    return _call(graph, torch.ops.aten.clone.default, node, memory_format=torch.contiguous_format)


def _call(graph: Graph, target: Any, *arguments: Any, **named: Any) -> Node:
    """A new node, of which the compiler knows what it knows of others."""
    node = graph.call_function(target, arguments, named)
    values = (argument.meta["val"] if isinstance(argument, Node) else argument for argument in arguments)
    node.meta["val"] = target(*values, **named)
    return node
