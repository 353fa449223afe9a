"""What a learning rate that is given as one number means: the rate of a stack's top level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperopt.errors import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperopt.config.run import Run


def two_meanings(alpha: Any, runs: Iterable[Run]) -> str:
    """The warning about one number given to stacks of different heights, in which it is another level's rate.

    Args:
        alpha: as given.
        runs: those that it was given to.

    Returns:
        A sentence; "" where the number means one thing.
    """
    if alpha is None or isinstance(alpha, list | tuple) or "/" in str(alpha):
        return ""
    heights: dict[int, str] = {}
    for run in runs:
        heights.setdefault(len(run.stack), run.label)
    if len(heights) < 2:
        return ""
    meant = " and ".join(label for _, label in sorted(heights.items()))
    return (
        f"alpha={shown(alpha)} means two things here, as it is the rate of the top level: {meant}; a stack "
        "of two levels takes both rates, as in alpha=0.01/1e-05."
    )
