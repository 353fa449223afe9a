"""Powers that all weights of a run share, computed once a step.

Adam divides by 1 - beta**t, one number a run. The compiler computes such a number where it is used, in the
loops over the weights, and C++ leaves it there, since a power may set errno: it was computed anew for every
vector of weights, which took a tenth of a step of the reports' MNIST net (docs/speed.md).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.fx import Graph, Node


def power(base: Tensor, exponent: Tensor) -> Tensor:
    """base**exponent, to the last bit as a compiled loop over weights has it: number by number.

    Of numbers that lie side by side torch takes the powers together, by other code.
    """
    return torch.pow(base, exponent, out=apart(base))


def apart(base: Tensor, _exponent: Tensor | None = None) -> Tensor:
    """A tensor for the powers, whose numbers do not lie side by side."""
    return base.new_empty((*base.shape, 2))[..., 0]


torch.library.define("hyperopt::power", "(Tensor base, Tensor exponent) -> Tensor")
torch.library.impl("hyperopt::power", "cpu", power)
torch.library.register_fake("hyperopt::power", apart)


def powers_once(graph: Graph) -> None:
    """Take the powers that only loops over weights use out of them, in the graph of a program."""
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
    """Whether all that becomes of a node enters arithmetic of more numbers than `size`."""
    return bool(node.users) and all(
        isinstance(user.meta.get("val"), Tensor)
        and (user.meta["val"].numel() > size or _enters_loops_only(user, size))
        for user in node.users
    )
