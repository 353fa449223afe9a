"""How long a step takes: as a model says before any run has told, and as runs in packs of some sizes took."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from hyperopt import data, models
from hyperopt.config import Run
from hyperopt.records import Timed

LEVEL_SECONDS = 2.5e-3
"""Torch's own time in an uncompiled step on a CPU, for each level of the stack: measured 2.0 to 3.6 ms."""
EVALUATION = 0.5
"""The time of a row in evaluation, as a share of its time in a compiled step: measured 0.3 to 0.9."""
ENOUGH = 200
"""Packs of a size that made fewer steps in all tell nothing, where those of another made as many."""


@dataclass(frozen=True)
class StepTime:
    """The seconds of a pack's step: some in any case, and some for each run.

    Attributes:
        fixed: whatever the pack's size.
        of_a_run: for each run.
        least: the fewest runs that train together, some of them twice.
        of_a_row: for each row that one run is evaluated on.
    """

    fixed: float
    of_a_run: float
    least: int
    of_a_row: float

    def seconds(self, size: int) -> float:
        """Those of a pack of so many runs."""
        return self.fixed + self.of_a_run * max(size, self.least)


def assumed(run: Run, device: str, *, compiled: bool) -> StepTime:
    """What is assumed of a run before any has told: its share is constant in part, and else by the rows."""
    of, model = data.find(run.dataset["name"]), models.made(run.model)
    cost, usual = model.costs[device], model.seconds(device, of.shape, of.classes or 1)
    rows = cost.constant + (1 - cost.constant) * run.batch_size / of.batch_size
    each, of_a_row = usual * rows, EVALUATION * usual / of.batch_size
    if device == "cpu" and not compiled:
        return StepTime(len(run.stack) * LEVEL_SECONDS, each * cost.uncompiled, 1, of_a_row)
    # A run alone, compiled for a CPU, is trained twice: `program.least_runs` says why.
    return StepTime(0.0, each, 2 if device == "cpu" and cost.together else 1, of_a_row)


def measured(timed: Sequence[Timed], size: int, like: StepTime) -> float:
    """The seconds of a step of a pack of so many runs, by runs of its kind.

    Of packs of one size the median counts, in which every step counts once: a run of two steps says little.
    Between two sizes the time rises evenly; beyond them all it changes from the nearest as is assumed.
    """
    rates: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for one in timed:
        rates[one.pack].append((one.seconds * one.pack / one.steps, one.steps))
    steps = {n: sum(count for _, count in of_size) for n, of_size in rates.items()}
    enough = min(ENOUGH, max(steps.values()))
    known = {n: median(of_size) for n, of_size in rates.items() if steps[n] >= enough}
    low, high = (
        max((n for n in known if n <= size), default=None),
        min((n for n in known if n >= size), default=None),
    )
    if low is None or high is None:
        nearest = low or high or size
        return known[nearest] * like.seconds(size) / like.seconds(nearest)
    first, here, last = (max(n, like.least) for n in (low, size, high))
    part = (here - first) / (last - first) if last > first else 0.0
    return known[low] + part * (known[high] - known[low])


def median(weighed: Sequence[tuple[float, int]]) -> float:
    """The median of numbers, each with its weight."""
    ordered = sorted(weighed)
    passed = list(accumulate(weight for _, weight in ordered))
    return ordered[bisect_left(passed, passed[-1] / 2)][0]
