"""An experiment as a value: its runs and their layout, the report's own numbers, and its claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from hyperopt.config import ConfigError, Run
from hyperopt.experiments.claim import Bound, Claim, Effect
from hyperopt.experiments.figure import Figure, HeatMap
from hyperopt.experiments.grid import Baseline, Cell, Column, Row, Settings, Table

Seeds = int | Sequence[int]
DEFAULT_SEEDS = (0, 1, 2)
DEFAULT_LOOKS = (3, 10, 30)
JUDGED_BY = ("mean", "median")


class ExperimentError(ConfigError):
    """An experiment that cannot be read, or cannot do what it is asked; the message is a sentence."""


@dataclass(frozen=True)
class Experiment:
    """One table of a report, with its sub-tables, or one figure: rows are its curves, columns points on them.

    `order` is the column by which the order of rows is compared with the report's, `pictures` the column
    whose runs' pictures are shown, and `lists` the experiment whose initial alphas this one lists (it has no
    runs of its own). `changes` are settings that a user put in place of the experiment's. The report's
    numbers may be off by `reading_error` where they were read off a picture, and by `rounding_error` where
    they are printed with fewer decimals than ours have; `reference` says whose they are where the report
    prints none. `folder` is that of one's own experiments where it is one of them: its results lie there.

    `judged_by` says whether claims are about the mean or, where runs may be lost, the median of an effect;
    `looks` at which numbers of seeds they are judged; where nothing is `random`, seeds change nothing.
    """

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
    looks: tuple[int, ...] = DEFAULT_LOOKS
    judged_by: str = "mean"
    random: bool = True
    needs: str | None = None
    order: str | None = None
    pictures: str | None = None
    lists: Experiment | None = None
    changes: Settings = field(default_factory=dict)
    figure: Figure | None = None
    reading_error: float = 0.0
    rounding_error: float = 0.0
    heatmap: HeatMap | None = None
    reference: str = "the report"
    folder: Path | None = None

    @property
    def kind(self) -> str:
        """`table` or `figure`."""
        return "figure" if self.figure or self.heatmap else "table"

    @property
    def compares(self) -> bool:
        """Whether a report prints any of its numbers."""
        return any(cell.report is not None for cell in self.cells())

    def cells(self) -> Iterator[Cell]:
        """All cells: the baseline, then the tables row by row."""
        return iter(self._cells)

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
        """The experiment's runs, each once, seed by seed.

        Args:
            seeds: how many (0, 1, ...) or which; the experiment's own by default.
            epochs: epochs of every run, in place of the experiment's.
            overrides: more settings in place of the experiment's, as for `changed`.

        Raises:
            ExperimentError: see `changed` and `seed_numbers`.
            hyperopt.config.ConfigError: a setting that no run can have.
        """
        changed = self.changed({**(overrides or {}), **({} if epochs is None else {"epochs": epochs})})
        firsts = changed.runs_at_seed_0()
        runs = (run.at(seed) for seed in self.seed_numbers(seeds) for run in firsts)
        return list({run.id: run for run in runs}.values())

    def ids(self, seeds: Seeds | None = None) -> set[str]:
        """The ids of the experiment's runs, at a fraction of the cost of `runs`."""
        firsts = self.runs_at_seed_0()
        return {run.id_at(seed) for seed in self.seed_numbers(seeds) for run in firsts}

    def runs_at_seed_0(self) -> list[Run]:
        """Its runs of seed 0, each once where cells share it."""
        return list({id(run): run for cell in self.cells() for run in cell.at_seed_0}.values())

    def seed_numbers(self, seeds: Seeds | None = None) -> tuple[int, ...]:
        """Seeds spelled out: `3` is 0, 1, 2; None is the experiment's own.

        Raises:
            ExperimentError: there is no seed, or one is negative or named twice.
        """
        if seeds is None:
            return self.seeds
        numbers = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
        if not numbers or min(numbers) < 0 or len(set(numbers)) < len(numbers):
            raise ExperimentError(f"seeds={seeds}: a count from 1, or different numbers from 0, is expected")
        return numbers

    def look_seeds(self, n: int) -> tuple[int, ...]:
        """The seeds of a look at so many: its own first, then the smallest others."""
        others = (seed for seed in range(n) if seed not in self.seeds)
        return (*self.seeds, *others)[:n]

    def changed(self, changes: Settings) -> Experiment:
        """The same grid with other settings; a cell takes as many levels of a changed `stack` as it has.

        So stack=lion/sgd trains the cells of `adam/sgd` with lion/sgd and the baseline `adam` with lion.

        Raises:
            ExperimentError: the setting is one that the rows or columns vary.
        """
        parts: list[Column | Row] = [*self.columns, *(row for table in self.tables for row in table.rows)]
        varied = {key for part in parts for key in part.settings}
        for key in changes:
            if key in varied:
                raise ExperimentError(
                    f"{key}={changes[key]}: {self.id} varies {key}, so it cannot be set for all of it"
                )
        return replace(self, changes={**self.changes, **changes})

    @cached_property
    def _cells(self) -> tuple[Cell, ...]:
        """Kept, as each cell keeps its runs."""
        cells = []
        if own := self.baseline:
            cells.append(self._cell(own.label, self.columns[0], own.report, own.settings))
        for table in self.tables:
            for row in table.rows:
                for column, report in zip(self.columns, row.report, strict=True):
                    if row.columns is None or column.name in row.columns:
                        settings = table.settings, row.settings, column.settings
                        cells.append(self._cell(row.label, column, report, *settings))
        return tuple(cells)

    def _cell(self, row: str, column: Column, report: float | None, *settings: Settings) -> Cell:
        merged: dict[str, Any] = dict(self.settings)
        for more in settings:
            merged |= more
        changes = dict(self.changes)
        if "stack" in changes and "stack" in merged:
            levels = len(str(merged["stack"]).split("/"))
            changes["stack"] = "/".join(str(changes["stack"]).split("/")[:levels])
        return Cell(
            row,
            column.name,
            column.metric,
            merged | changes,
            report,
            epoch=column.epoch,
            x=column.x,
            reduction=column.reduction,
            along=column.along,
        )
