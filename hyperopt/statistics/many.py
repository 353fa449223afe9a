"""Many tests at several looks, with an error of 5 % for all together."""

from __future__ import annotations

from collections.abc import Sequence

ALPHA = 0.05


def divided(level: float, looks: Sequence[int]) -> tuple[float, ...]:
    """The levels of looks at these numbers of seeds: equal parts; docs/statistics.md compares divisions.

    They sum to `level`, so the looks may depend on one another in any way.
    """
    return (level / len(looks),) * len(looks)


def holm(p: Sequence[float], level: float) -> tuple[list[bool], list[int]]:
    """Holm's step-down: whether each hypothesis is rejected, and the factor of each p."""
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
    """The p of "at least r = `at_least` of n hypotheses are false": (n - r + 1) times the r-th smallest p.

    For r = n it is the largest p, for r = 1 n times the smallest. It is 1 for r > n.
    """
    if not 1 <= at_least <= len(p):
        return 0.0 if at_least < 1 else 1.0
    return min(1.0, (len(p) - at_least + 1) * sorted(p)[at_least - 1])
