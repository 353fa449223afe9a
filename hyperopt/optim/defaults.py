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


def default_alphas(stack: Sequence[str]) -> tuple[float, ...]:
    """One alpha per level; level 0 has its rule's default."""
    above = []
    for below, rule in pairwise(stack):
        row = ABOVE.get(rule, ABOVE[OTHER])
        above.append(row.get(below, row[OTHER]))
    return (find(stack[0]).hyperparameters["alpha"], *above)
