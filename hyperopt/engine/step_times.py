"""The time of a step: from a model's costs before there are records, and from packs of measured sizes."""

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
"""Torch's overhead in an uncompiled step on a CPU, for each level of the stack: measured 2.0 to 3.6 ms."""
EVALUATION = 0.5
"""Evaluation time of a row, as a share of its time in a compiled step: measured 0.3 to 0.9."""
ENOUGH = 200
"""Pack sizes with fewer steps in total are ignored if another size has as many."""


@dataclass(frozen=True)
class StepTime:
    """The seconds of a pack's step: a fixed part and a part per run.

    Attributes:
        fixed: independent of the pack's size.
        of_a_run: per run.
        least: the minimum number of runs that train together, some duplicated.
        of_a_row: per evaluated row of one run.
    """

    fixed: float
    of_a_run: float
    least: int
    of_a_row: float

    def seconds(self, size: int) -> float:
        """Return the seconds of a pack of this many runs."""
        return self.fixed + self.of_a_run * max(size, self.least)


def assumed(run: Run, device: str, *, compiled: bool) -> StepTime:
    """Return the assumed step time without records: partly constant, partly proportional to the rows."""
    of, model = data.find(run.dataset["name"]), models.made(run.model)
    cost, usual = model.costs[device], model.seconds(device, of.shape, of.classes or 1)
    rows = cost.constant + (1 - cost.constant) * run.batch_size / of.batch_size
    each, of_a_row = usual * rows, EVALUATION * usual / of.batch_size
    if device == "cpu" and not compiled:
        return StepTime(len(run.stack) * LEVEL_SECONDS, each * cost.uncompiled, 1, of_a_row)
    # A single run compiled for a CPU is trained twice; see `program.least_runs`.
    return StepTime(0.0, each, 2 if device == "cpu" and cost.together else 1, of_a_row)


def measured(timed: Sequence[Timed], size: int, like: StepTime) -> float:
    """Return the step time of a pack of this size from runs of its kind.

    Packs of one size contribute their median, weighted by steps, so that a run of two steps has little
    weight. Between two sizes the time is interpolated linearly; beyond them it changes from the nearest size
    as assumed.
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
    """Return the weighted median of numbers."""
    ordered = sorted(weighed)
    passed = list(accumulate(weight for _, weight in ordered))
    return ordered[bisect_left(passed, passed[-1] / 2)][0]
