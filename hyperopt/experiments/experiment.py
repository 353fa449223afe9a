"""An experiment: the runs of a table or figure and their layout, the report's numbers, and its claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from hyperopt.config import ConfigError, Run
from hyperopt.errors import typed
from hyperopt.experiments.claim import Bound, Claim, Effect
from hyperopt.experiments.figure import Figure, HeatMap
from hyperopt.experiments.grid import Baseline, Cell, Column, Row, Settings, Table

Seeds = int | Sequence[int]
DEFAULT_SEEDS = (0, 1, 2)
DEFAULT_LOOKS = (3, 10, 30)
JUDGED_BY = ("mean", "median")


class ExperimentError(ConfigError):
    """An experiment is invalid, or does not support a request; the message is a sentence."""


def seed_numbers(seeds: Seeds) -> tuple[int, ...]:
    """Return seeds, given as a number or as a list, as a tuple: `3` is 0, 1, 2.

    Raises:
        ExperimentError: there is no seed, or one is negative or repeated.
    """
    numbers = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
    if not numbers or min(numbers) < 0 or len(set(numbers)) < len(numbers):
        raise ExperimentError(
            f"{typed('seeds', seeds)}: a count from 1, or different numbers from 0, is expected"
        )
    return numbers


@dataclass(frozen=True)
class Experiment:
    """A table of a report, with its sub-tables, or a figure; a figure's rows are curves, its columns points.

    docs/add_an_experiment.md explains the keys of an experiment's file, which most attributes repeat.

    Attributes:
        id: "<report>/<name>", as its file is called.
        settings: the settings that all its runs share.
        corner: the header of the column of row labels.
        runs_per_number: of how many runs each of the report's numbers is the mean.
        effect: the effect of claims that name none.
        bold: the effects whose rows the report prints in bold.
        seeds: the seeds that are trained by default.
        looks: the numbers of seeds at which claims are judged.
        judged_by: whether claims are about the mean of an effect or, if runs may be lost, its median.
        random: whether the seed changes anything.
        needs: "gpu" if it is only trained on a GPU.
        order: the column by which the order of rows is compared with the report's.
        pictures: the column whose runs' images are shown.
        lists: the experiment whose initial alphas this one lists; this one has no runs of its own.
        changes: the user's settings, which replace the experiment's.
        reading_error: the possible error of report numbers that were read off a picture.
        rounding_error: the possible error of report numbers that have fewer decimals than ours.
        reference: whose numbers ours are compared with.
        folder: the folder of the user's experiments, which also has its results; None if it is shipped.
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
        """Either "table" or "figure"."""
        return "figure" if self.figure or self.heatmap else "table"

    @property
    def of_report(self) -> bool:
        """Whether it is about a report, rather than the user's own without any number of a report."""
        return self.folder is None or self.compares

    @property
    def compares(self) -> bool:
        """Whether the report prints any of the numbers."""
        return any(cell.report is not None for cell in self.cells())

    def cells(self) -> Iterator[Cell]:
        """Return an iterator over all cells: the baseline, then the tables row by row."""
        return iter(self._cells)

    def cell(self, row: str, column: str) -> Cell:
        """Return the cell at a row's label and a column's name.

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
        """Return the experiment's runs without repetition, seed by seed.

        Args:
            seeds: the number of seeds (0, 1, ...), or their values; the experiment's own by default.
            epochs: the epochs of every run, instead of the experiment's.
            overrides: more settings that replace the experiment's, as in `changed`.

        Raises:
            ExperimentError: see `changed` and `seed_numbers`.
            hyperopt.config.ConfigError: a setting is invalid.
        """
        changed = self.changed({**(overrides or {}), **({} if epochs is None else {"epochs": epochs})})
        firsts = changed.runs_at_seed_0()
        runs = (run.at(seed) for seed in self.seed_numbers(seeds) for run in firsts)
        return list({run.id: run for run in runs}.values())

    def ids(self, seeds: Seeds | None = None) -> set[str]:
        """Return the ids of the experiment's runs, at a fraction of the cost of `runs`."""
        firsts = self.runs_at_seed_0()
        return {run.id_at(seed) for seed in self.seed_numbers(seeds) for run in firsts}

    def runs_at_seed_0(self) -> list[Run]:
        """Return the runs of seed 0; one that several cells share occurs once."""
        return list({id(run): run for cell in self.cells() for run in cell.at_seed_0}.values())

    def seed_numbers(self, seeds: Seeds | None = None) -> tuple[int, ...]:
        """Return seeds as a tuple: `3` is 0, 1, 2; None means the experiment's own.

        Raises:
            ExperimentError: as of the function `seed_numbers`.
        """
        if seeds is None:
            return self.seeds
        return seed_numbers(seeds)

    def look_seeds(self, n: int) -> tuple[int, ...]:
        """Return the seeds of a look at `n` seeds: the experiment's own first, then the smallest others."""
        others = (seed for seed in range(n) if seed not in self.seeds)
        return (*self.seeds, *others)[:n]

    @property
    def seeds_of_looks(self) -> tuple[int, ...]:
        """The seeds of all looks, which are those of the last."""
        return self.look_seeds(self.looks[-1])

    def changed(self, changes: Settings) -> Experiment:
        """Return the same grid with other settings.

        A cell uses as many levels of a changed `stack` as it has itself: stack=lion/sgd trains cells of
        `adam/sgd` with lion/sgd, and the baseline `adam` with lion.

        Raises:
            ExperimentError: rows or columns vary the setting.
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
        """All cells; cached, since each cell caches its runs."""
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
