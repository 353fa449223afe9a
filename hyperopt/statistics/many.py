"""Many tests at several looks, with 5 % for all together."""

from __future__ import annotations

from collections.abc import Sequence

ALPHA = 0.05


def divided(level: float, looks: Sequence[int]) -> tuple[float, ...]:
    """How a level is divided among looks at so many seeds: equally, which docs/statistics.md compares.

    They sum to it, so that looks may depend on one another in any way.
    """
    return (level / len(looks),) * len(looks)


def holm(p: Sequence[float], level: float) -> tuple[list[bool], list[int]]:
    """Holm's step-down: which hypotheses are rejected, and by how much each p was multiplied."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    rejected, times, going = [False] * len(p), [1] * len(p), True
    left = len(p)
    for i in order:
        times[i] = left
        going = going and p[i] * left <= level
        rejected[i] = going
        left -= going
    return rejected, times


def of_several(p: Sequence[float], at_least: int) -> float:
    """P that so many of the hypotheses are false, from a p of each: (n - r + 1) times the r-th smallest.

    With all of them it is the largest p, with one n times the smallest. 1 where so many are not there.
    """
    if not 1 <= at_least <= len(p):
        return 0.0 if at_least < 1 else 1.0
    return min(1.0, (len(p) - at_least + 1) * sorted(p)[at_least - 1])
