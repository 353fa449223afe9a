"""Reductions of a whole curve to one number, for claims about its shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

SETTLED = 0.05
"""A curve has settled once it stays within this share of its last value."""


@dataclass(frozen=True)
class Reduction:
    """A function from a curve to a number.

    Attributes:
        of: the function of the values of y along x; it returns None if the curve is too short.
        says: a description of the number for pages.
        decimals: the number of decimals printed; None for that of the curve.
        low: the least possible value; None for that of the curve.
    """

    of: Callable[[Sequence[float]], float | None]
    says: str
    decimals: int | None = None
    low: float | None = None


def settling(curve: Sequence[float]) -> float | None:
    """Return the epoch, counted from 1, from which the curve stays within 5 % of its last value."""
    if not curve:
        return None
    near = [abs(y - curve[-1]) <= SETTLED * abs(curve[-1]) for y in curve]
    return float(len(near) - near[::-1].index(False) + 1) if False in near else 1.0


def roughness(curve: Sequence[float]) -> float | None:
    """Return how much the slope turns back and forth, as a share of the whole change.

    This is the total variation of the slopes beyond the difference between the last and the first, divided by
    the difference between the curve's last and first values. It is 0 if the curve only flattens.
    """
    slopes = [b - a for a, b in pairwise(curve)]
    if len(slopes) < 2 or curve[0] == curve[-1]:
        return None
    turns = sum(abs(b - a) for a, b in pairwise(slopes))
    return max(0.0, turns - abs(slopes[-1] - slopes[0])) / abs(curve[-1] - curve[0])


REDUCTIONS = {
    "mean": Reduction(lambda curve: fmean(curve) if curve else None, "the mean along the curve"),
    "max": Reduction(lambda curve: max(curve, default=None), "the largest value"),
    "range": Reduction(
        lambda curve: max(curve) - min(curve) if curve else None, "the largest value minus the least", low=0.0
    ),
    "settling": Reduction(
        settling, "the epoch from which the curve stays within 5 % of its last value", 1, 1.0
    ),
    "roughness": Reduction(
        roughness,
        "how much the slope turns back and forth, as a share of the whole change (0 where it only flattens)",
        3,
        0.0,
    ),
}
