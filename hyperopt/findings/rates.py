"""The initial learning rates that the rows of an experiment run with, and what is unclear about them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from hyperopt.config import Run
from hyperopt.config.rates import two_meanings
from hyperopt.errors import shown
from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.grid import Cell
from hyperopt.optim.rules import find

FEW = 4
"""Up to so many different stacks of a row are told; of more the first and the last."""
FEW_VALUES = 2
"""So many different values of a number are both told."""
FEW_COLUMNS = 2
"""Up to so many columns that have a stack are named with it."""


ADDED = ("momentum", "dampening", "weight_decay", "warm_steps")
"""Hyperparameters of which 0 adds nothing to a rule: others are told even where they are the rule's own."""


def rates_of_rows(experiment: Experiment) -> list[tuple[str, str]]:
    """By row its stacks with all rates as they are resolved, such as adam(0.001)/sgd(1e-05).

    Where sentences compare the rows, other numbers of level 0 follow as `_besides` tells them; methods of the
    study, of which none is, have theirs in recipes. Last is what tells rows with the same stacks apart.
    """
    names = {column.name: column.label for column in experiment.columns}
    rows: dict[str, dict[str, list[str]]] = {}
    runs: dict[str, list[Run]] = {}
    for cell in experiment.cells():
        for run in cell.at_seed_0:
            runs.setdefault(cell.row, []).append(run)
            rows.setdefault(cell.row, {}).setdefault(run.label, []).append(names[cell.column])
    told = {row: _told(stacks) for row, stacks in rows.items()}
    compared = bool(experiment.claims)
    numbers = {row: _besides(of) if compared else "" for row, of in runs.items()}
    return [
        (
            row,
            f"{text}{numbers[row]}{_apart(row, told, experiment, runs[row][0].numbers if compared else ())}",
        )
        for row, text in told.items()
    ]


def _besides(runs: Sequence[Run]) -> str:
    """Numbers of level 0 that its rule does not have by default, or that add to it: `, momentum 0.9`.

    Where a row's runs differ in one, both of its values are told, of more the smallest and the largest.
    """
    values: dict[str, list[float]] = {}
    for run in runs:
        for name, n in run.numbers.items():
            values.setdefault(name, []).append(n)
    told = {name for run in runs for name in run.numbers if _notable(run, name)}
    return "".join(
        f", {name.replace('_', ' ')} {_span(sorted(set(of)))}" for name, of in values.items() if name in told
    )


def _notable(run: Run, name: str) -> bool:
    usual, n = find(run.stack[0]).hyperparameters, run.numbers[name]
    return name != "alpha" and bool(n != usual[name] or (n and name in ADDED))


def _span(values: Sequence[float]) -> str:
    """A number; of two both, of more the smallest and the largest."""
    joined = " or " if len(values) == FEW_VALUES else " to "
    return joined.join(dict.fromkeys(map(shown, (values[0], values[-1]))))


def _apart(row: str, told: Mapping[str, str], experiment: Experiment, numbers: Collection[str]) -> str:
    """The row's settings that rows with the same stacks do not have: `, tune alpha`; empty without any.

    Its numbers of level 0 are told already. One is the name of its stack, where names that mean more than
    their rules differ: `, stack sgdn_hd`.
    """
    settings = {one.label: {**t.settings, **one.settings} for t in experiment.tables for one in t.rows}
    own, alike = settings.get(row, {}), [other for other, text in told.items() if text == told[row]]
    of_rule = {key: value for key, value in own.items() if key not in {"alpha", *numbers}}
    return "".join(
        f", {key.replace('_', ' ')} {value if key == 'stack' else shown(value).replace('_', ' ')}"
        for key, value in of_rule.items()
        if any(settings.get(other, {}).get(key) != value for other in alike)
    )


def _told(stacks: dict[str, list[str]]) -> str:
    """Stacks, with the columns that have them where these differ."""
    if len(stacks) > FEW:
        first, *_, last = stacks
        return f"{first} … {last}"
    if max(len({*labels}) for labels in stacks.values()) > FEW_COLUMNS:
        return ", ".join(stacks)
    columns = {stack: ", ".join(dict.fromkeys(labels)) for stack, labels in stacks.items()}
    differ = len(set(columns.values())) > 1
    return "; ".join(f"{labels}: {stack}" if differ else stack for stack, labels in columns.items())


def warnings(experiment: Experiment) -> list[str]:
    """A sentence for each rate of the file that is one level's in some cells and another's in others."""
    given: dict[tuple[str, str], tuple[Any, list[Cell]]] = {}
    for where, alpha, cell in _given(experiment):
        given.setdefault((where, str(alpha)), (alpha, []))[1].append(cell)
    found = (
        (where, two_meanings(alpha, (run for cell in cells for run in cell.at_seed_0)))
        for (where, _), (alpha, cells) in given.items()
    )
    return [f"{where}: {sentence}" for where, sentence in found if sentence]


def _given(experiment: Experiment) -> Iterator[tuple[str, Any, Cell]]:
    """Of each cell whose rate is given: where, as what, and the cell."""
    cells = {(cell.row, cell.column): cell for cell in experiment.cells()}
    for table in experiment.tables:
        for row, column in product(table.rows, experiment.columns):
            parts = {
                "the experiment's settings": experiment.settings,
                f"the settings of table {table.heading!r}": table.settings,
                f"row {row.label!r}": row.settings,
                f"column {column.name!r}": column.settings,
                "the command": experiment.changes,
            }
            giving = [where for where, settings in parts.items() if "alpha" in settings]
            cell = cells.get((row.label, column.name))
            if giving and cell:
                yield giving[-1], parts[giving[-1]]["alpha"], cell
