"""A single run, which a CPU trains as two identical ones (twins), and what need not be computed twice.

A step compiled for one run would round differently than in a pack, because torch generates other code for
axes of size 1. The twin has the run's bits everywhere, so its large products are copied.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.fx import Graph

from hyperopt.engine.products import bmm, by_onednn, empty_product, linear


def twins_bmm(a: Tensor, b: Tensor) -> Tensor:
    """Return `bmm` of a run and its twin.

    Both are computed if a run has one row or one column, which oneDNN rounds differently, and if there are
    more than these two: one product per row of a minibatch, as in attention.
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
    """Apply `by_onednn` to the program of a run and its twin."""
    by_onednn(graph, torch.ops.hyperopt.twins_bmm.default)
