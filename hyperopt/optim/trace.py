"""The derivative of the weights in the rate, through all updates so far, with decaying weight.

If level 0 keeps such a trace, T = dw / d(raw alpha), its hypergradient is <g, T>, with g the new gradient:

    T = trace * T - (d update / d w) * trace * T - d update / d(raw alpha)

The state of the rule (its means of gradients) is treated as constant. With a trace of 0 this is the
hypergradient of the last update. With log(alpha) as the raw value, AdamW as the rule and Lion above it,
this is MetaOptimize (Sharifnassab, Salehkaleybar and Sutton, 2024, https://arxiv.org/abs/2402.02342). Instead
of the product, the cosine of g and T may be used: a number in [-1, 1], whatever the scale of the loss.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from hyperopt.optim.rules.rule import safe_sqrt

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

Tree = dict[str, "Tensor"]

PRODUCT, COSINE = "product", "cosine"
HYPERGRADIENTS = (PRODUCT, COSINE)
SUMS = ("product", "squares", "squares_of_trace")


def following(
    updates: Callable[[Tree, Tree], Tree],
    tuned: Tree,
    params: Tree,
    trace: Tree,
    kept: float,
    along: Tree,
) -> Tree:
    """The trace after an update.

    Args:
        updates: the amounts to subtract, as a function of the raw tuned values and the weights.
        tuned: the raw alpha of the update.
        params: the weights before it.
        trace: before it.
        kept: the share of the trace that is kept.
        along: the derivative of `tuned` in the traced value; 1 if missing.
    """
    import torch
    from torch.func import vjp

    faint = {name: kept * value for name, value in trace.items()}
    along = {name: torch.ones_like(raw) for name, raw in tuned.items()} | along
    # The pull-back is linear, so its own pull-back is the forward derivative. Torch's forward mode would warn
    # of torch.jit.
    pull = vjp(updates, tuned, params)[1]
    push = vjp(pull, {name: torch.zeros_like(value) for name, value in trace.items()})[1]
    (slope,) = push((along, {name: faint[name] for name in params}))
    return {name: faint[name] - slope[name] for name in faint}


def gathered(cotangents: Tree, trace: Tree, *, cosine: bool) -> Tree:
    """The contribution of some weights to `hypergradient`: scalars by name (SUMS), to be summed over all."""
    product = _inner(cotangents, trace)
    if not cosine:
        return {"product": product}
    squares = _inner(cotangents, cotangents), _inner(trace, trace)
    return dict(zip(SUMS, (product, *squares), strict=True))


def hypergradient(sums: Tree) -> Tensor:
    """The gradient of the loss in the raw alpha; the cosine instead, if `sums` has squares."""
    product, *squares = (sums[name] for name in SUMS if name in sums)
    if not squares:
        return product
    norms = safe_sqrt(squares[0]) * safe_sqrt(squares[1])
    return (product / norms.where(norms > 0, 1.0)).where(norms > 0, 0.0)


def _inner(a: Tree, b: Tree) -> Tensor:
    return reduce(add, ((a[name] * b[name]).sum() for name in a))
