"""A run alone, which a CPU trains as two: what its twin need not compute anew.

Compiled for one run, a step would be rounded otherwise than in a pack: of axes of one torch makes other
code. The twin has the bits of the run in all that it computes, so that its large products need not be.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.fx import Graph

from hyperopt.engine.products import OneDNN, by_onednn, linear


def of_rows(x: Tensor, weight: Tensor) -> Tensor:
    """`linear` where x has the rows of the run and those of its twin."""
    return linear(x[: len(x) // 2], weight).repeat(2, 1)


def of_weights(x: Tensor, weight: Tensor) -> Tensor:
    """`linear` where weight has the rows of the run and those of its twin."""
    return linear(x, weight[: len(weight) // 2]).repeat(1, 2)


def of_both(a: Tensor, b: Tensor) -> Tensor:
    """`bmm` of the run and its twin."""
    return linear(a[0], b[0].t()).repeat(2, 1, 1)


torch.library.define("hyperopt::of_rows", "(Tensor x, Tensor weight) -> Tensor")
torch.library.define("hyperopt::of_weights", "(Tensor x, Tensor weight) -> Tensor")
torch.library.define("hyperopt::of_both", "(Tensor a, Tensor b) -> Tensor")
for name, product in (("of_rows", of_rows), ("of_weights", of_weights), ("of_both", of_both)):
    torch.library.impl(f"hyperopt::{name}", "cpu", product)
for name in ("of_rows", "of_weights"):
    torch.library.register_fake(f"hyperopt::{name}", lambda x, weight: x.new_empty((len(x), len(weight))))
torch.library.register_fake(
    "hyperopt::of_both", lambda a, b: a.new_empty((a.shape[0], a.shape[1], b.shape[2]))
)

ONCE = OneDNN(
    torch.ops.hyperopt.of_rows.default,
    torch.ops.hyperopt.of_weights.default,
    torch.ops.hyperopt.of_both.default,
)


def of_twins(graph: Graph) -> None:
    """`by_onednn` for the program of a run and its twin."""
    by_onednn(graph, ONCE)
