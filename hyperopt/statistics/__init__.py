"""Intervals over seeds, tests against a bound, and many tests at several looks (docs/statistics.md)."""

from hyperopt.statistics.evidence import Evidence, above, below, evidence, interval_of
from hyperopt.statistics.intervals import (
    CONFIDENCE,
    EVERYTHING,
    FEWEST_RUNS,
    FEWEST_SUBSETS,
    Interval,
    Summary,
    fewest_for_median,
    median_interval,
    paired,
    prediction_interval,
    share_interval,
    subset_interval,
    subset_means,
    summarize,
    t_interval,
)
from hyperopt.statistics.many import ALPHA, divided, holm, of_several

__all__ = [
    "ALPHA",
    "CONFIDENCE",
    "EVERYTHING",
    "FEWEST_RUNS",
    "FEWEST_SUBSETS",
    "Evidence",
    "Interval",
    "Summary",
    "above",
    "below",
    "divided",
    "evidence",
    "fewest_for_median",
    "holm",
    "interval_of",
    "median_interval",
    "of_several",
    "paired",
    "prediction_interval",
    "share_interval",
    "subset_interval",
    "subset_means",
    "summarize",
    "t_interval",
]
