"""Two selections of stored runs beside each other: what differs, and by how much, paired by seed."""

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
    """One metric of two selections; b minus a, seed by seed.

    Attributes:
        metric: its name.
        a: the number of each seed: the mean over its settings where there are several.
        b: likewise.
        lost: how many of the runs that are compared have diverged.
    """

    metric: str
    a: Mapping[int, float]
    b: Mapping[int, float]
    lost: int

    @property
    def by_seed(self) -> dict[int, float]:
        """B minus a for every seed that both have."""
        return paired(lambda a, b: b - a, self.a, self.b)

    @property
    def middle(self) -> float:
        """The mean of the differences; their median where a run diverged."""
        differences = list(self.by_seed.values())
        return (median if self.lost else fmean)(differences) if differences else math.nan

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the mean; the range of the differences where a run diverged."""
        differences = [value for value in self.by_seed.values() if not math.isnan(value)]
        if self.lost:
            return Interval(min(differences), max(differences)) if differences else None
        return t_interval(differences)


def differences(a: Selection, b: Selection, metrics: Iterable[str]) -> list[Difference]:
    """The difference in each metric that both have.

    A seed counts where both have it, and each has all of its settings there.
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


def settings_of(chosen: Selection) -> int:
    """How many settings there are, whatever the seed."""
    return len({_setting(config) for config in chosen.configs})


def settings_that_differ(a: Selection, b: Selection) -> list[tuple[str, str, str]]:
    """Key, value of a and value of b for every setting but the seed that is not the same in both."""
    kinds = dict.fromkeys((*a.kinds, *b.kinds))
    keys = dict.fromkeys((*SETTINGS, *(key for kind in kinds for key in kind.settings if key != "seed")))
    rows = []
    for key in keys:
        of_a, of_b = _values(a, key), _values(b, key)
        if of_a != of_b:
            rows.append((key, _shown(of_a), _shown(of_b)))
    return rows


def shared_metrics(a: Selection, b: Selection) -> list[str]:
    """What both ended with: metrics, errors first, then hyperparameters."""
    both = set(a.results) & set(b.results) - {"seconds"}
    return sorted(both, key=lambda key: (key[0].isdigit(), not key.startswith("test"), key))


def several(chosen: Selection) -> list[str]:
    """The settings that differ within a selection."""
    return [*varied(chosen)] + ["alpha"] * (len({repr(config["alpha"]) for config in chosen.configs}) > 1)


def _by_seed(chosen: Selection, settings: Sequence[str], metric: str) -> dict[int, float]:
    """The number of each seed that has all settings, the mean over them; `settings` has that of each run."""
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
