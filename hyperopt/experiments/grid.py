"""The grid of an experiment: its rows, its columns and its cells, each with its runs."""

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
    """A column: the settings that it adds to its runs, and the number of a run that it shows.

    Attributes:
        name: a unique name, by which claims refer to it.
        label: the label as printed.
        metric: the name of a metric (`metric_of`).
        settings: the settings that it adds.
        epoch: the epoch after which the number is taken; None for the last.
        x: the value of {x} in the settings, in a figure whose axis is a setting.
        reduction: how a whole curve becomes a number, a key of REDUCTIONS; None for a point of the curve.
        along: the values of {x} along the curve; empty if it is a curve over epochs.
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
    """A row.

    Attributes:
        label: its unique label.
        settings: the settings that it adds.
        report: the report's number for each column; None if it prints none.
        printed: the report's text, in a table that lists initial alphas and has no columns.
        columns: the names of the row's columns; None for all.
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
    """The single run that a report's caption names for comparison."""

    label: str
    settings: Settings
    report: float | None


@dataclass(frozen=True)
class Cell:
    """A number of a table, with its runs: one per seed or, for a reduced curve along {x}, one per seed and x.

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
        """Return the cell's runs with a seed: one, or one for each value of `along`."""
        return [run.at(seed) for run in self.at_seed_0]

    def run(self, seed: int) -> Run:
        """Return the cell's run with a seed, or the first if there are several."""
        return self.runs(seed)[0]

    def id(self, seed: int) -> str:
        """Return the id of that run, at a fraction of the cost of `run`."""
        return self.at_seed_0[0].id_at(seed)

    @cached_property
    def at_seed_0(self) -> list[Run]:
        """The cell's runs of seed 0; cells with equal settings share these objects."""
        places = self.along or (self.x,)
        return [_resolved(_at(self.settings, x)) for x in places]

    @property
    def decimals(self) -> int:
        """The number of decimals to print."""
        own = REDUCTIONS[self.reduction].decimals if self.reduction else None
        return metric_of(self.metric).decimals if own is None else own

    @property
    def possible(self) -> tuple[float, float]:
        """The least and the greatest possible value of the number."""
        low, high = metric_of(self.metric).possible
        own = REDUCTIONS[self.reduction].low if self.reduction else None
        return (low, high) if own is None else (own, high - low if self.unit else math.inf)

    @property
    def unit(self) -> str:
        """The unit to print after the number."""
        of_metric = not self.reduction or REDUCTIONS[self.reduction].decimals is None
        return metric_of(self.metric).unit if of_metric else ""


def _at(settings: Settings, x: float | None) -> str:
    """Return settings as JSON, with {x} replaced."""
    text = json.dumps(settings, sort_keys=True)
    return text if x is None else text.replace("{x}", shown(x))


@cache
def _resolved(settings: str) -> Run:
    """Return the run of JSON settings at seed 0; cached, as resolving it costs as much as 1000 seeds."""
    return resolve(json.loads(settings))
