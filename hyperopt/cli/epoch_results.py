"""Epoch results of a pack in training, as text and as a sparkline."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from statistics import fmean

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 24
SHOWN = ("train_loss", "test_error")
A_RATE = re.compile(r"(\d+)\.alpha")


def means(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return each mean over the runs with finite values; NaN if there are none."""
    finite = {name: [value for value in each if math.isfinite(value)] for name, each in values.items()}
    return {name: fmean(each) if each else math.nan for name, each in finite.items()}


def main_metric(numbers: Mapping[str, float]) -> str:
    """Return the metric of the sparkline: the test error, or the loss without one."""
    tested = "test_error" in numbers and math.isfinite(numbers["test_error"])
    return "test_error" if tested or "train_loss" not in numbers else "train_loss"


def in_words(numbers: Mapping[str, float]) -> str:
    """Format loss, error and every level's rate: `train_loss 0.31, test_error 3.2 %, alpha 0.002/1e-05`."""
    told = [
        f"{name} {numbers[name]:.4g}" + " %" * name.endswith("_error")
        for name in SHOWN
        if name in numbers and math.isfinite(numbers[name])
    ]
    rates = sorted((int(match[1]), numbers[name]) for name in numbers if (match := A_RATE.fullmatch(name)))
    if rates:
        told.append("alpha " + "/".join(f"{rate:.4g}" for _, rate in rates))
    return ", ".join(told) or "nothing finite"


def sparkline(values: Sequence[float]) -> str:
    """Draw values as bars scaled from smallest to largest; only the last ones if there are many."""
    some = [value for value in values if math.isfinite(value)][-WIDTH:]
    if not some:
        return ""
    low, high = min(some), max(some)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[round((value - low) * scale)] for value in some)
