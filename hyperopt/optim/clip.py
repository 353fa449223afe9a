"""Clipping of hypergradients by their running norm (docs/reports/clipping.md, "The clip")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

HABITS: dict[str, tuple[Any, Any]] = {"clip_counts_first_norm": (False, True)}


class ClipState(NamedTuple):
    """The running mean of one gradient's norms after clipping, and the number of norms in it; scalars."""

    mean: Tensor
    norms: Tensor

    @classmethod
    def init(cls, param: Tensor) -> ClipState:
        """Before the first norm."""
        return cls(mean=param.new_zeros(()), norms=param.new_zeros(()))


def clip_by_norm_average(
    grad: Tensor, state: ClipState, enabled: Tensor, step: Tensor, *, counts_first_norm: bool
) -> tuple[Tensor, ClipState]:
    """Scale `grad` down to the mean of all its norms so far, its own included.

    Args:
        grad: the gradient of one parameter (a scalar for a hyperparameter).
        state: the mean and the count of earlier norms.
        enabled: boolean scalar; if it is False, `grad` passes unchanged.
        step: counted from 1, scalar.
        counts_first_norm: the first hypergradient is zero by construction; the published code counts it.

    Returns:
        The gradient to use, and the state with its norm counted. A ratio that is not a number leaves the
        gradient unchanged, as Python's min(1, nan) does in the published code.
    """
    norm = grad.square().sum().sqrt() if grad.ndim else grad.abs()
    with_this = (state.mean * state.norms + norm) / (state.norms + 1)
    ratio = with_this / norm
    scale = ratio.where(enabled & (ratio < 1), 1.0)
    mean = (state.mean * state.norms + norm * scale) / (state.norms + 1)
    if counts_first_norm:
        return grad * scale, ClipState(mean, state.norms + 1)
    counted = step > 1
    return grad * scale, ClipState(mean.where(counted, state.mean), state.norms + counted)
