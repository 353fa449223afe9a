"""The stacks and initial learning rates of an experiment's rows, and warnings about ambiguous rates."""

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
"""The maximum number of a row's stacks that are listed; of more, only the first and last are."""
FEW_VALUES = 2
"""Up to this many values of a number are listed; of more, the range is given."""
FEW_COLUMNS = 2
"""The maximum number of columns that are named beside a stack."""


ADDED = ("momentum", "dampening", "weight_decay", "warm_steps")
"""Hyperparameters that have no effect at 0. Other values are shown even if they are the rule's defaults."""


def rates_of_rows(experiment: Experiment) -> list[tuple[str, str]]:
    """Return each row with its stacks and their resolved rates, such as adam(0.001)/sgd(1e-05).

    If the experiment has claims, other notable hyperparameters of level 0 follow. Settings that distinguish
    rows with the same stacks come last.
    """
    names = {column.name: column.label for column in experiment.columns}
    rows: dict[str, dict[str, list[str]]] = {}
    runs: dict[str, list[Run]] = {}
    for cell in experiment.cells():
        for run in cell.at_seed_0:
            runs.setdefault(cell.row, []).append(run)
            rows.setdefault(cell.row, {}).setdefault(run.label, []).append(names[cell.column])
    texts = {row: _stacks(stacks) for row, stacks in rows.items()}
    compared = bool(experiment.claims)
    numbers = {row: _besides(of) if compared else "" for row, of in runs.items()}
    return [
        (
            row,
            text + numbers[row] + _apart(row, texts, experiment, runs[row][0].numbers if compared else ()),
        )
        for row, text in texts.items()
    ]


def _besides(runs: Sequence[Run]) -> str:
    """Return the notable hyperparameters of level 0 with their values in the runs: `, momentum 0.9`."""
    values: dict[str, list[float]] = {}
    for run in runs:
        for name, n in run.numbers.items():
            values.setdefault(name, []).append(n)
    notable = {name for run in runs for name in run.numbers if _is_notable(run, name)}
    return "".join(
        f", {name.replace('_', ' ')} {_span(sorted(set(of)))}"
        for name, of in values.items()
        if name in notable
    )


def _is_notable(run: Run, name: str) -> bool:
    """Return whether a hyperparameter other than alpha is not at its default, or is in ADDED and not 0."""
    usual, n = find(run.stack[0]).hyperparameters, run.numbers[name]
    return name != "alpha" and bool(n != usual[name] or (n and name in ADDED))


def _span(values: Sequence[float]) -> str:
    """Return one or two values, or the smallest and largest of more, as text."""
    joined = " or " if len(values) == FEW_VALUES else " to "
    return joined.join(dict.fromkeys(map(shown, (values[0], values[-1]))))


def _apart(row: str, texts: Mapping[str, str], experiment: Experiment, numbers: Collection[str]) -> str:
    """Return the settings that distinguish a row from rows with the same stacks, such as `, tune alpha`.

    A stack's shorthand may be one of them: `, stack sgdn_hd`. The result is "" if there are none.

    Args:
        row: the row's label.
        texts: the text of each row's stacks.
        experiment: the experiment.
        numbers: hyperparameters of level 0 that are already in the text.
    """
    settings = {one.label: {**t.settings, **one.settings} for t in experiment.tables for one in t.rows}
    own, alike = settings.get(row, {}), [other for other, text in texts.items() if text == texts[row]]
    of_rule = {key: value for key, value in own.items() if key not in {"alpha", *numbers}}
    return "".join(
        f", {key.replace('_', ' ')} {value if key == 'stack' else shown(value).replace('_', ' ')}"
        for key, value in of_rule.items()
        if any(settings.get(other, {}).get(key) != value for other in alike)
    )


def _stacks(stacks: dict[str, list[str]]) -> str:
    """Return stacks as text; each follows the columns that have it, if these differ."""
    if len(stacks) > FEW:
        first, *_, last = stacks
        return f"{first} … {last}"
    if max(len({*labels}) for labels in stacks.values()) > FEW_COLUMNS:
        return ", ".join(stacks)
    columns = {stack: ", ".join(dict.fromkeys(labels)) for stack, labels in stacks.items()}
    differ = len(set(columns.values())) > 1
    return "; ".join(f"{labels}: {stack}" if differ else stack for stack, labels in columns.items())


def warnings(experiment: Experiment) -> list[str]:
    """Return a sentence for each given `alpha` that sets different levels' rates in different cells."""
    given: dict[tuple[str, str], tuple[Any, list[Cell]]] = {}
    for where, alpha, cell in _given(experiment):
        given.setdefault((where, str(alpha)), (alpha, []))[1].append(cell)
    found = (
        (where, two_meanings(alpha, (run for cell in cells for run in cell.at_seed_0)))
        for (where, _), (alpha, cells) in given.items()
    )
    return [f"{where}: {sentence}" for where, sentence in found if sentence]


def _given(experiment: Experiment) -> Iterator[tuple[str, Any, Cell]]:
    """Yield where each cell's alpha is set, its value, and the cell, for cells that have one set."""
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
