"""The meaning of a learning rate given as one number: the rate of a stack's top level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperopt.errors import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperopt.config.run import Run


def two_meanings(alpha: Any, runs: Iterable[Run]) -> str:
    """Return the warning if one number, applied to stacks of different heights, sets different levels.

    Args:
        alpha: the given value.
        runs: the runs that it applies to.

    Returns:
        A sentence; "" if the number is unambiguous.
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
