"""The metrics that tables and figures show, and how each is printed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from hyperopt.errors import unknown


@dataclass(frozen=True)
class Metric:
    """How a metric is printed and summarized.

    Attributes:
        unit: the unit printed after the number.
        decimals: the number of decimals printed.
        of_machine: whether it depends on the machine, so that ours need not agree with the report's.
        timed_in: the library whose training of a single run is timed (hyperopt/findings/timings.py).
        per_step: whether that time is in microseconds per step, rather than in seconds for all steps.
        by_rank: whether it is summarized by medians and ranges, because it may be infinite.
        low: its least possible value.
        high: its greatest possible value.
        is_share: whether each run counts as 0 or 100 %, so that a mean over seeds is a share of runs.
    """

    unit: str
    decimals: int
    of_machine: bool = False
    timed_in: str | None = None
    per_step: bool = False
    by_rank: bool = False
    low: float = -math.inf
    high: float = math.inf
    is_share: bool = False

    @property
    def possible(self) -> tuple[float, float]:
        """The least and the greatest possible value."""
        return self.low, self.high


METRICS = {
    "test_error": Metric("%", 2, low=0, high=100),
    "test_loss": Metric("", 4, low=0),
    "test_accuracy": Metric("%", 2, low=0, high=100),
    "train_loss": Metric("", 4, low=0),
    "train_error": Metric("%", 2, low=0, high=100),
    "train_accuracy": Metric("%", 2, low=0, high=100),
    "train_loss_full": Metric("", 4, low=0),
    "train_loss_l2": Metric("", 4, low=0),
    "learning_rate": Metric("", 6),
    "crossed_at": Metric("", 0, by_rank=True, low=0),
    "diverged": Metric("%", 0, low=0, high=100, is_share=True),
    "beta_median": Metric("", 4),
    "beta_mean": Metric("", 4),
    "beta_max": Metric("", 4, low=0),
    "negative_betas": Metric("", 0, low=0),
    "negative_from": Metric("", 0, low=0),
    "seconds": Metric(" s", 2, of_machine=True, low=0),
    "time": Metric(" s", 2, of_machine=True, timed_in="hyperopt", low=0),
    "gdtuo_time": Metric(" s", 2, of_machine=True, timed_in="gdtuo", low=0),
    "step_time": Metric(" µs", 1, of_machine=True, timed_in="hyperopt", per_step=True, low=0),
    "numpy_step_time": Metric(" µs", 1, of_machine=True, timed_in="numpy", per_step=True, low=0),
    "fsolve_step_time": Metric(" µs", 1, of_machine=True, timed_in="numpy-fsolve", per_step=True, low=0),
}


LOSSES = frozenset({"test_loss", "train_loss", "train_loss_full", "train_loss_l2"})
"""The losses: a run whose loss is far above that of other seeds is lost (findings/measurements.py)."""
HYPERPARAMETER = Metric("", 6)
WEIGHT = Metric("", 5)


def metric_of(name: str) -> Metric:
    """Return how a metric is printed.

    Args:
        name: a key of METRICS, a level's hyperparameter such as "0.alpha", or a weight such as "w0".

    Raises:
        ConfigError: there is no such metric.
    """
    if name in METRICS:
        return METRICS[name]
    if re.fullmatch(r"\d+\.[a-z]\w*", name):
        return HYPERPARAMETER
    if re.fullmatch(r"w\d+", name):
        return WEIGHT
    raise unknown("metric", name, METRICS)
