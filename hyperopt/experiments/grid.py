"""The grid of an experiment: columns, rows and the cells where they meet, with the runs behind each."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from hyperopt.config import Run, resolve
from hyperopt.errors import shown
from hyperopt.experiments.metrics import metric_of
from hyperopt.experiments.reductions import REDUCTIONS

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """One column: what its runs add to the settings, and which number of a run it shows.

    Attributes:
        name: a unique name, which claims use.
        label: the label as printed.
        metric: a key of METRICS.
        settings: the settings that it adds.
        epoch: the epoch after which the number is taken; None for the last.
        x: in a figure along a setting, the value of {x} in the settings.
        reduction: how a whole curve becomes a number, a key of REDUCTIONS; None for a point of the curve.
        along: the values of {x} along which the curve runs; empty where it runs along epochs.
    """

    name: str
    label: str
    metric: str
    settings: Settings
    epoch: int | None = None
    x: float | None = None
    reduction: str | None = None
    along: tuple[float, ...] = ()


@dataclass(frozen=True)
class Row:
    """One row: `report` holds the report's number for each column, None where it prints none.

    `printed` is the report's text in a table that lists initial alphas, which has no columns. `columns` names
    the columns that the row has, where it does not have all.
    """

    label: str
    settings: Settings
    report: tuple[float | None, ...]
    printed: str = ""
    columns: frozenset[str] | None = None


@dataclass(frozen=True)
class Table:
    """A table or sub-table."""

    heading: str
    settings: Settings
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Baseline:
    """The one setting that a report's caption names for comparison."""

    label: str
    settings: Settings
    report: float | None


@dataclass(frozen=True)
class Cell:
    """One number of a table; the runs behind it differ in their seed, and in {x} where a curve runs along it.

    The attributes are those of its row and column.
    """

    row: str
    column: str
    metric: str
    settings: Settings
    report: float | None
    epoch: int | None = None
    x: float | None = None
    reduction: str | None = None
    along: tuple[float, ...] = ()

    def runs(self, seed: int) -> list[Run]:
        """The runs of that seed behind this cell: one, or one for each value of `along`."""
        return [run.at(seed) for run in self.at_seed_0]

    def run(self, seed: int) -> Run:
        """The run of that seed behind this cell, the first where there are several."""
        return self.runs(seed)[0]

    def id(self, seed: int) -> str:
        """The id of that run, at a fraction of its cost."""
        return self.at_seed_0[0].id_at(seed)

    @cached_property
    def at_seed_0(self) -> list[Run]:
        """Its runs of seed 0; cells of the same settings have the very same."""
        places = self.along or (self.x,)
        return [_resolved(_at(self.settings, x)) for x in places]

    @property
    def decimals(self) -> int:
        """The number of decimals with which its number is printed."""
        own = REDUCTIONS[self.reduction].decimals if self.reduction else None
        return metric_of(self.metric).decimals if own is None else own

    @property
    def possible(self) -> tuple[float, float]:
        """The least and the most that its number can be."""
        low, high = metric_of(self.metric).possible
        own = REDUCTIONS[self.reduction].low if self.reduction else None
        return (low, high) if own is None else (own, high - low if self.unit else math.inf)

    @property
    def unit(self) -> str:
        """The unit that is printed behind its number."""
        of_metric = not self.reduction or REDUCTIONS[self.reduction].decimals is None
        return metric_of(self.metric).unit if of_metric else ""


def _at(settings: Settings, x: float | None) -> str:
    """Settings as JSON, with {x} in them replaced."""
    text = json.dumps(settings, sort_keys=True)
    return text if x is None else text.replace("{x}", shown(x))


@cache
def _resolved(settings: str) -> Run:
    """The run of settings in JSON at seed 0, kept: to resolve costs more than to replace a thousand seeds."""
    return resolve(json.loads(settings))
