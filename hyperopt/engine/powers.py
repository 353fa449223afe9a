"""Powers shared by all weights of a run, computed once per step.

Adam divides by 1 - beta**t, one number per run. The compiler computes such a number inside the loops over the
weights, and C++ cannot hoist it because a power may set errno. It was recomputed for every vector of weights,
which took a tenth of a step of the reports' MNIST net (docs/speed.md).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.fx import Graph, Node


def power(base: Tensor, exponent: Tensor) -> Tensor:
    """Return base**exponent with the bits of a compiled loop over weights: number by number.

    For contiguous numbers, torch computes powers with other, vectorized code.
    """
    return torch.pow(base, exponent, out=apart(base))


def apart(base: Tensor, _exponent: Tensor | None = None) -> Tensor:
    """Return a tensor for the powers, with noncontiguous numbers."""
    return base.new_empty((*base.shape, 2))[..., 0]


torch.library.define("hyperopt::power", "(Tensor base, Tensor exponent) -> Tensor")
torch.library.impl("hyperopt::power", "cpu", power)
torch.library.register_fake("hyperopt::power", apart)


def powers_once(graph: Graph) -> None:
    """In a program's graph, move powers used only in loops over weights out of the loops."""
    taken: dict[tuple[object, ...], Node] = {}
    for node in graph.find_nodes(op="call_function", target=torch.ops.aten.pow.Tensor_Tensor):
        base, exponent = (argument.meta["val"] for argument in node.args if isinstance(argument, Node))
        size = base.numel()
        plain = base.device.type == "cpu" and base.dtype == exponent.dtype == torch.float32
        if plain and exponent.numel() == 1 and _enters_loops_only(node, size):
            node.target = torch.ops.hyperopt.power.default
            if (first := taken.setdefault(node.args, node)) is not node:
                node.replace_all_uses_with(first)
                graph.erase_node(node)


def _enters_loops_only(node: Node, size: int) -> bool:
    """Return whether a node is used only in arithmetic on more numbers than `size`."""
    return bool(node.users) and all(
        isinstance(user.meta.get("val"), Tensor)
        and (user.meta["val"].numel() > size or _enters_loops_only(user, size))
        for user in node.users
    )
