"""The numbers of a record that tables and figures show, and how each is printed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from hyperopt.errors import unknown


@dataclass(frozen=True)
class Metric:
    """How a number of a record is printed.

    Attributes:
        unit: the unit printed behind it.
        decimals: the number of decimals printed.
        of_machine: whether it depends on the machine, so that the report's number is not expected here.
        timed_in: the library in which a run alone is timed for it (hyperopt/findings/timings.py).
        per_step: whether that time is in microseconds per step, or else in seconds for all steps.
        by_rank: whether it is told by medians and ranges, never by means, as it may be infinite.
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
        """The least and the most that it can be."""
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
"""Those of which a run may have lost its way (hyperopt/findings/measurements.py)."""
HYPERPARAMETER = Metric("", 6)
WEIGHT = Metric("", 5)


def metric_of(name: str) -> Metric:
    """How a metric is printed; it may be a hyperparameter, such as 0.alpha (level and name), or a weight.

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
