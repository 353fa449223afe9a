"""Labels at the ends of lines, moved apart."""

from __future__ import annotations

from collections.abc import Sequence


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places at least `gap` apart, within [low, high], in the order of `wanted` and as near to it as can be.

    They have the least sum of squared moves: with y_i = place_i - i * gap this is isotonic regression, solved
    by pooling neighbours that are out of order. Where not all fit, they are spread evenly over [low, high].

    Args:
        wanted: where each label would be best, in any order.
        gap: the least distance between two places.
        low: the lower end.
        high: the upper end.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    gap = min(gap, (high - low) / max(1, len(wanted) - 1))
    pools: list[list[float]] = []
    for k, i in enumerate(order):
        pools.append([wanted[i] - k * gap])
        while len(pools) > 1 and _mean(pools[-2]) > _mean(pools[-1]):
            later = pools.pop()
            pools[-1] += later
    ceiling = high - (len(wanted) - 1) * gap
    flat = [min(max(_mean(pool), low), ceiling) for pool in pools for _ in pool]
    places = [0.0] * len(wanted)
    for k, i in enumerate(order):
        places[i] = flat[k] + k * gap
    return places


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
