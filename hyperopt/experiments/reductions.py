"""One number for a whole curve, for claims about its shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

SETTLED = 0.05


@dataclass(frozen=True)
class Reduction:
    """How a curve becomes a number.

    Attributes:
        of: the function, which takes y along x and gives None where the curve is too short.
        says: what the number is, as a page says it.
        decimals: the number of decimals printed; None for that of the curve.
        low: the least that the number can be; None for that of the curve.
    """

    of: Callable[[Sequence[float]], float | None]
    says: str
    decimals: int | None = None
    low: float | None = None


def settling(curve: Sequence[float]) -> float | None:
    """The epoch, counted from 1, from which the curve stays within 5 % of its last value."""
    if not curve:
        return None
    near = [abs(y - curve[-1]) <= SETTLED * abs(curve[-1]) for y in curve]
    return float(len(near) - near[::-1].index(False) + 1) if False in near else 1.0


def roughness(curve: Sequence[float]) -> float | None:
    """How much the slope turns back and forth, as a share of the whole change; 0 where it only flattens."""
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
