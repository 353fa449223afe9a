"""Placement of labels without overlap."""

from __future__ import annotations

from collections.abc import Sequence


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return positions at least `gap` apart, within [low, high], in the order of `wanted` and close to it.

    They minimize the sum of squared moves. With y_i = position_i - i * gap this is isotonic regression, which
    pooling adjacent violators solves. If not all labels fit, they are spread evenly over [low, high].

    Args:
        wanted: the best position of each label, in any order.
        gap: the minimum distance between two positions.
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
