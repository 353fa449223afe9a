"""How many numbers of a report lie between our smallest and largest, and how many would by chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hyperopt.findings.measurements import Measured


@dataclass(frozen=True)
class Cells:
    """The compared cells with the same number of seeds.

    Attributes:
        seeds: that number.
        compared: the number of cells.
        inside: the number of cells in whose range over seeds the report's number lies.
    """

    seeds: int
    compared: int
    inside: int

    @property
    def expected(self) -> float:
        """The probability that one more run like our n lies between their smallest and largest."""
        return (self.seeds - 1) / (self.seeds + 1)


def by_seeds(cells: Iterable[Measured]) -> list[Cells]:
    """Return the compared cells by their number of seeds, fewest first."""
    there = [one for one in cells if one.agrees is not None]
    compared = Counter(len(one.by_seed) for one in there)
    inside = Counter(len(one.by_seed) for one in there if one.agrees)
    return [Cells(n, compared[n], inside[n]) for n in sorted(compared)]


def expected_share(groups: Sequence[Cells]) -> float | None:
    """Return the mean over all compared cells of `Cells.expected`; None if no cell is compared."""
    total = sum(group.compared for group in groups)
    return sum(group.compared * group.expected for group in groups) / total if total else None
