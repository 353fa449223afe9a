"""An experiment as a value: its runs and their layout, the report's own numbers, and its claims."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hyperopt.config import ConfigError, Run, resolve
from hyperopt.statistics import Interval

Settings = Mapping[str, Any]
Seeds = int | Sequence[int]
DEFAULT_SEEDS = (0, 1, 2)


class ExperimentError(ConfigError):
    """An experiment that cannot be read, or cannot do what it is asked; the message is a sentence."""


@dataclass(frozen=True)
class Metric:
    """How a number of a record is printed."""

    unit: str
    decimals: int


METRICS = {
    "test_error": Metric("%", 2),
    "test_loss": Metric("", 4),
    "train_loss": Metric("", 4),
    "train_loss_full": Metric("", 4),
    "seconds": Metric(" s", 2),
}


@dataclass(frozen=True)
class Column:
    """One column: what its runs add to the settings, and which number of a run it shows."""

    name: str
    label: str
    metric: str
    settings: Settings


@dataclass(frozen=True)
class Row:
    """One row: `report` holds the report's number for each column, None where it prints none."""

    label: str
    settings: Settings
    report: tuple[float | None, ...]


@dataclass(frozen=True)
class Table:
    """A table or sub-table."""

    heading: str
    settings: Settings
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Baseline:
    """The one setting a report names in the caption for comparison."""

    label: str
    settings: Settings
    report: float | None


@dataclass(frozen=True)
class Cell:
    """One number of a table: the runs behind it differ in their seed alone."""

    row: str
    column: str
    metric: str
    settings: Settings
    report: float | None

    def run(self, seed: int) -> Run:
        """The run of this cell with that seed."""
        return resolve({**self.settings, "seed": seed})


@dataclass(frozen=True)
class Place:
    """One side of an effect: a column, in the claim's rows or in the one named here."""

    column: str
    row: str | None = None


@dataclass(frozen=True)
class Effect:
    """`minuend - subtrahend`, per seed: for errors the points by which the second lowers the first."""

    minuend: Place
    subtrahend: Place


@dataclass(frozen=True)
class Bound:
    """The effects that a claim allows, in the effect's unit; an end is part of it unless it is `open`."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def holds(self, effect: float) -> bool:
        """Whether one effect is as claimed; to nine decimals, so that 1.9 - 0.9 is a whole point."""
        return not (self._below(effect) or self._above(effect))

    def contains(self, interval: Interval) -> bool:
        """Whether the whole interval is as claimed."""
        return self.holds(interval.low) and self.holds(interval.high)

    def misses(self, interval: Interval) -> bool:
        """Whether none of the interval is as claimed."""
        return self._below(interval.high) or self._above(interval.low)

    def _below(self, effect: float) -> bool:
        rounded = round(effect, 9)
        return rounded <= self.low if self.low_open else rounded < self.low

    def _above(self, effect: float) -> bool:
        rounded = round(effect, 9)
        return rounded >= self.high if self.high_open else rounded > self.high


@dataclass(frozen=True)
class Claim:
    """A sentence of the report as a bound on an effect.

    Attributes:
        says: the sentence.
        rows: where it speaks.
        each: one verdict per row; else one for the mean over the rows.
        effect: what is bounded.
        bound: the effects claimed; None where the sentence excludes none.
        why: why this bound, or why none.
    """

    says: str
    rows: tuple[str, ...]
    each: bool
    effect: Effect
    bound: Bound | None
    why: str = ""


@dataclass(frozen=True)
class Experiment:
    """One table of a report, with its sub-tables; `changes` are settings a user put in place of its own."""

    id: str
    title: str
    source: str
    caption: str
    settings: Settings
    corner: str
    columns: tuple[Column, ...]
    tables: tuple[Table, ...]
    runs_per_number: int = 1
    baseline: Baseline | None = None
    effect: Effect | None = None
    bold: Bound | None = None
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()
    seeds: tuple[int, ...] = DEFAULT_SEEDS
    needs: str | None = None
    changes: Settings = field(default_factory=dict)

    def cells(self) -> Iterator[Cell]:
        """Every number of it: the baseline, then the tables row by row."""
        if self.baseline:
            yield self._cell(
                self.baseline.label, self.columns[0], self.baseline.report, self.baseline.settings
            )
        for table in self.tables:
            for row in table.rows:
                for column, report in zip(self.columns, row.report, strict=True):
                    yield self._cell(row.label, column, report, table.settings, row.settings, column.settings)

    def cell(self, row: str, column: str) -> Cell:
        """The cell at a row's label and a column's name.

        Raises:
            ExperimentError: there is none.
        """
        cells = {(cell.row, cell.column): cell for cell in self.cells()}
        if (row, column) not in cells:
            raise ExperimentError(f"{self.id} has no cell at row {row!r}, column {column!r}")
        return cells[row, column]

    def runs(
        self, seeds: Seeds | None = None, epochs: int | None = None, overrides: Settings | None = None
    ) -> list[Run]:
        """Its runs, each once, seed by seed.

        Args:
            seeds: how many (0, 1, ...) or which; the experiment's own by default.
            epochs: epochs of every run in place of its own.
            overrides: further settings in place of its own, as for `changed`.

        Raises:
            ExperimentError: see `changed` and `seed_numbers`.
            hyperopt.config.ConfigError: a setting that no run can have.
        """
        changed = self.changed({**(overrides or {}), **({} if epochs is None else {"epochs": epochs})})
        runs = (cell.run(seed) for seed in self.seed_numbers(seeds) for cell in changed.cells())
        return list({run.id: run for run in runs}.values())

    def seed_numbers(self, seeds: Seeds | None = None) -> tuple[int, ...]:
        """Seeds spelled out: `3` is 0, 1, 2; None the experiment's own.

        Raises:
            ExperimentError: no seed, a negative one, or one named twice.
        """
        if seeds is None:
            return self.seeds
        numbers = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
        if not numbers or min(numbers) < 0 or len(set(numbers)) < len(numbers):
            raise ExperimentError(f"seeds={seeds}: a count from 1, or different numbers from 0, is wanted")
        return numbers

    def changed(self, changes: Settings) -> Experiment:
        """The same grid with other settings; of a changed `stack` a cell takes as many levels as it has.

        So stack=lion/sgd trains the cells of `adam/sgd` with lion/sgd and the baseline `adam` with lion.

        Raises:
            ExperimentError: the rows or columns vary that setting.
        """
        parts: list[Column | Row] = [*self.columns, *(row for table in self.tables for row in table.rows)]
        varied = {key for part in parts for key in part.settings}
        for key in changes:
            if key in varied:
                raise ExperimentError(
                    f"{key}={changes[key]}: {self.id} varies {key}, so it cannot be set for all of it"
                )
        return replace(self, changes={**self.changes, **changes})

    def _cell(self, row: str, column: Column, report: float | None, *settings: Settings) -> Cell:
        merged: dict[str, Any] = dict(self.settings)
        for more in settings:
            merged |= more
        changes = dict(self.changes)
        if "stack" in changes and "stack" in merged:
            levels = len(str(merged["stack"]).split("/"))
            changes["stack"] = "/".join(str(changes["stack"]).split("/")[:levels])
        return Cell(row, column.name, column.metric, merged | changes, report)
