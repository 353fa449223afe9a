"""The default alphas of levels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hyperopt.optim.rules import find

OTHER = "other"

ADAMS = ("adam", "adamw", "nadam", "nadamw")
ABOVE: dict[str, dict[str, float]] = {
    "sgd": {"sgd": 0.01, "adagrad": 0.01, "sgd_steroids": 0.01} | dict.fromkeys(ADAMS, 1e-5) | {OTHER: 1e-4},
    "adam": {"sgd": 0.1, "sgd_steroids": 0.1} | dict.fromkeys(ADAMS, 1e-3) | {OTHER: 1e-4},
    "adagrad": {OTHER: 0.01},
    OTHER: {OTHER: 1e-4},
}
"""The alpha of a rule above level 0, by the rule of the level below it."""
ABOVE["sgd_steroids"] = ABOVE["sgd"]

SGDS = {"sgd", "sgd_steroids"}


def default_alphas(stack: Sequence[str]) -> tuple[float, ...]:
    """One alpha per level; level 0 has its rule's default.

    SGD over SGD, above another rule, has a tenth of the square of the alpha that it tunes: 0.01, which suits
    a stack of SGDs alone, would change an alpha of 1e-5 beyond all bounds (docs/optimizer.md).
    """
    alphas = [find(stack[0]).hyperparameters["alpha"]]
    for k, (below, rule) in enumerate(pairwise(stack)):
        row = ABOVE.get(rule, ABOVE[OTHER])
        alpha = row.get(below, row[OTHER])
        if {below, rule} <= SGDS and not {*stack[:k]} <= SGDS:
            alpha = float(f"{alphas[k] ** 2 / 10:.3g}")  # as it would be typed: 1e-11
        alphas.append(alpha)
    return tuple(alphas)
