"""The goals for the speed of Adam/SGD, and whether they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.results import Series, ratios
from hyperopt.statistics.intervals import median_interval


@dataclass(frozen=True)
class Goal:
    """Bounds on a ratio.

    Attributes:
        what: the ratio, in words.
        least: the bound that must hold.
        aim: the bound to aim at.
        values: the ratio in every round.
        upper: whether the bounds are upper ones.
    """

    what: str
    least: float
    aim: float
    values: list[float]
    upper: bool = False

    def bound(self, value: float) -> str:
        """Return one of the bounds as text."""
        return f"{'≤' if self.upper else '≥'} {value:g}"

    def holds(self, bound: float) -> bool | None:
        """Return whether the ratio meets a bound; None if the interval of its median contains the bound."""
        found = median_interval(self.values)
        if found is None or found.low < bound < found.high:
            return None
        return found.high <= bound if self.upper else found.low >= bound

    def verdict(self) -> str:
        """Return the verdict in words."""
        met = self.holds(self.least)
        if met is None:
            return "cannot be told here"
        return "goal reached" if self.holds(self.aim) else "met" if met else "missed"


def goals(by_role: Mapping[str, Series]) -> list[Goal]:
    """Return the goals for our pack, given the series of all subjects by role."""
    ours = by_role["ours"]

    def times_faster_than(role: str) -> list[float]:
        return ratios(by_role[role], ours)

    return [
        Goal("times faster than gdtuo in memory, create_graph=True", 3.5, 5, times_faster_than("documented")),
        Goal("times faster than gdtuo in memory, no create_graph", 2.5, 4, times_faster_than("gdtuo")),
        Goal("times faster than gdtuo's README loop", 8, 15, times_faster_than("readme")),
        Goal("times faster than fused torch.optim.Adam", 1.4, 1.8, times_faster_than("fused")),
        Goal("times the matrix products", 1.45, 1.25, ratios(ours, by_role["floor"]), upper=True),
        Goal("with the hyper level / without", 1.18, 1.1, ratios(ours, by_role["without"]), upper=True),
    ]
