"""Intervals over seeds, tests against a bound, and many tests at several looks (docs/statistics.md)."""

from hyperopt.statistics.evidence import Evidence, Method, above, below, evidence, interval_of, least_above
from hyperopt.statistics.intervals import (
    CONFIDENCE,
    EVERYTHING,
    FEWEST_RUNS,
    FEWEST_SUBSETS,
    Interval,
    Summary,
    median_interval,
    paired,
    prediction_interval,
    subset_interval,
    subset_means,
    summarize,
    t_interval,
    t_quantiles,
)
from hyperopt.statistics.many import ALPHA, divided, holm, of_several
from hyperopt.statistics.predictive import with_more
from hyperopt.statistics.shares import share_interval

__all__ = [
    "ALPHA",
    "CONFIDENCE",
    "EVERYTHING",
    "FEWEST_RUNS",
    "FEWEST_SUBSETS",
    "Evidence",
    "Interval",
    "Method",
    "Summary",
    "above",
    "below",
    "divided",
    "evidence",
    "holm",
    "interval_of",
    "least_above",
    "median_interval",
    "of_several",
    "paired",
    "prediction_interval",
    "share_interval",
    "subset_interval",
    "subset_means",
    "summarize",
    "t_interval",
    "t_quantiles",
    "with_more",
]
