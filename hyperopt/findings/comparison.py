"""Comparison of two selections of stored runs: differing settings, and differences paired by seed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from hyperopt.errors import shown
from hyperopt.selection.criteria import PerLevel
from hyperopt.selection.rows import varied
from hyperopt.selection.stored import Selection
from hyperopt.statistics import Interval, paired, t_interval

SETTINGS = ("dataset", "model", "stack", "alpha", "clip")


@dataclass(frozen=True)
class Difference:
    """The difference of one metric between two selections.

    Attributes:
        metric: the name of the metric.
        a: the number of each seed in the first selection; with several settings, their mean.
        b: the same for the second selection.
        lost: the number of compared runs that diverged.
    """

    metric: str
    a: Mapping[int, float]
    b: Mapping[int, float]
    lost: int

    @property
    def by_seed(self) -> dict[int, float]:
        """The difference b - a for every seed that both have."""
        return paired(lambda a, b: b - a, self.a, self.b)

    @property
    def middle(self) -> float:
        """The mean of the differences, or their median if a run diverged."""
        differences = list(self.by_seed.values())
        return (median if self.lost else fmean)(differences) if differences else math.nan

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the mean, or the range of the differences if a run diverged."""
        differences = [value for value in self.by_seed.values() if not math.isnan(value)]
        if self.lost:
            return Interval(min(differences), max(differences)) if differences else None
        return t_interval(differences)


def differences(a: Selection, b: Selection, metrics: Iterable[str]) -> list[Difference]:
    """Return the difference in each metric that both selections have.

    Only seeds count that both have, with all settings of each.
    """
    found = []
    apart = [_setting(config) for config in a.configs], [_setting(config) for config in b.configs]
    for metric in metrics:
        of_a, of_b = (_by_seed(of, settings, metric) for of, settings in zip((a, b), apart, strict=True))
        seeds = of_a.keys() & of_b.keys()
        if seeds:
            lost = sum(_lost(each, seeds) for each in (a, b))
            found.append(Difference(metric, of_a, of_b, lost))
    return found


def count_settings(chosen: Selection) -> int:
    """Return the number of distinct settings, ignoring seeds."""
    return len({_setting(config) for config in chosen.configs})


def settings_that_differ(a: Selection, b: Selection) -> list[tuple[str, str, str]]:
    """Return key, value in a and value in b for every setting, except the seed, that differs."""
    kinds = dict.fromkeys((*a.kinds, *b.kinds))
    keys = dict.fromkeys((*SETTINGS, *(key for kind in kinds for key in kind.settings if key != "seed")))
    rows = []
    for key in keys:
        of_a, of_b = _values(a, key), _values(b, key)
        if of_a != of_b:
            rows.append((key, _shown(of_a), _shown(of_b)))
    return rows


def shared_metrics(a: Selection, b: Selection) -> list[str]:
    """Return the final metrics that both have, errors first, then the hyperparameters."""
    both = set(a.results) & set(b.results) - {"seconds"}
    return sorted(both, key=lambda key: (key[0].isdigit(), not key.startswith("test"), key))


def several(chosen: Selection) -> list[str]:
    """Return the settings that vary within a selection."""
    return [*varied(chosen)] + ["alpha"] * (len({repr(config["alpha"]) for config in chosen.configs}) > 1)


def _by_seed(chosen: Selection, settings: Sequence[str], metric: str) -> dict[int, float]:
    """Return the mean over settings for each seed that has all of them; `settings` has each run's setting."""
    of_seed: dict[int, dict[str, float]] = {}
    for config, setting, value in zip(chosen.configs, settings, chosen.column(metric), strict=True):
        if value is not None:
            of_seed.setdefault(config["seed"], {})[setting] = float(value)
    every = len({*settings})
    return {seed: fmean(values.values()) for seed, values in of_seed.items() if len(values) == every}


def _lost(chosen: Selection, seeds: Iterable[int]) -> int:
    counted, there = {*seeds}, zip(chosen.configs, chosen.column("diverged"), strict=True)
    return sum(bool(diverged) for config, diverged in there if config["seed"] in counted)


def _setting(config: Mapping[str, Any]) -> str:
    return repr(sorted((key, repr(value)) for key, value in config.items() if key != "seed"))


def _values(chosen: Selection, key: str) -> list[str]:
    values = (value for value in chosen.column(key) if value is not None)
    return list(dict.fromkeys(str(v) if isinstance(v, PerLevel) else shown(v) for v in values if v != []))


def _shown(values: Sequence[str]) -> str:
    return ", ".join(values[:4]) + (f" and {len(values) - 4} more" if len(values) > 4 else "") or "-"
