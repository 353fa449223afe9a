"""A run alone, which a CPU trains as two: what its twin need not compute anew.

Compiled for one run, a step would be rounded otherwise than in a pack: of axes of one torch makes other
code. The twin has the bits of the run in all that it computes, so that its large products need not be.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.fx import Graph

from hyperopt.engine.products import bmm, by_onednn, empty_product, linear


def twins_bmm(a: Tensor, b: Tensor) -> Tensor:
    """`bmm` of a run and its twin.

    It is computed for both where a run has one row or one column, of which oneDNN rounds otherwise, and where
    there are others than these two: a product of its own for each row of a minibatch, as in attention.
    """
    if len(a) != 2 or 1 in (a.shape[1], b.shape[2]):
        return bmm(a, b)
    left, right = a[0], b[0].t()
    if b.stride(0) == 0:
        left = left.contiguous()
    elif a.stride(0) == 0:
        right = right.contiguous()
    return linear(left, right).repeat(2, 1, 1)


torch.library.define("hyperopt::twins_bmm", "(Tensor a, Tensor b) -> Tensor")
torch.library.impl("hyperopt::twins_bmm", "cpu", twins_bmm)
torch.library.register_fake("hyperopt::twins_bmm", empty_product)


def of_twins(graph: Graph) -> None:
    """`by_onednn` for the program of a run and its twin."""
    by_onednn(graph, torch.ops.hyperopt.twins_bmm.default)
