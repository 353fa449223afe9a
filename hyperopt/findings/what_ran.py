"""A description of an experiment's runs in words, from their configs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hyperopt.config import Run
from hyperopt.config.compose import usual_procedure
from hyperopt.data import find, test_rows, training_rows
from hyperopt.errors import shown
from hyperopt.experiments.experiment import Experiment
from hyperopt.options import usual

FEW = 4
"""Up to this many distinct numbers are listed; of more, the range is given."""
NAMED = 3
"""The maximum number of rows with the same rate that are named."""
OF_EVALUATION = {"full_loss"}
"""Keys of the procedure that affect only what is measured."""
FORMS = {"reported": "the report's code", "textbook": "the textbook"}
"""The source of the update rules, by the form of a run."""
PROCEDURE = {
    "shuffle": "rows in the order of the data set",
    "drop_last": "rows that do not fill the last minibatch left out",
    "gradient": "gradients summed over a minibatch",
    "l2": "l2 {:g} (this times the weight is added to its gradient)",
    "l2_biases": "biases without l2",
    "softmax": "a softmax that may overflow",
    "tune_after": "learning rate changed after each weight tensor rather than once a step",
    "stop_at_loss": "until a minibatch has a loss of {:g}",
}
"""Descriptions of keys of the procedure that are not at their defaults."""
DATA = {
    "augment": "training images flipped and cropped at random",
    "normalize": "normalized",
    "test": "with a test set",
}
"""Descriptions of the data sets' boolean options, if they are on."""


def what_ran(experiment: Experiment) -> list[str]:
    """Return data, model, batch size, epochs, procedure, initial rates and form of an experiment's runs."""
    runs = experiment.runs([experiment.seeds[0]])
    if not runs:
        return []
    rates = [_rates(by_rate) for by_rate in _rows_by_rate(experiment)]
    alike = {text: [str(level) for level, other in enumerate(rates) if other == text] for text in rates}
    levels = [f"{text} at level{'s' * (len(at) > 1)} {', '.join(at)}" for text, at in alike.items()]
    return [
        *_setting(runs),
        *_procedures(experiment),
        f"initial learning rate {'; '.join(levels) if len(rates) > 1 else f'α {rates[0]}'}",
        f"update rules as in {_joined(FORMS[run.form] for run in runs)}",
    ]


def setting(experiment: Experiment) -> list[str]:
    """Return data, model, batch size, epochs and numbers of rows, for an experiment on one data set."""
    runs = experiment.runs([experiment.seeds[0]])
    if not runs:
        return []
    train, test = training_rows(runs[0].dataset), test_rows(runs[0].dataset)
    return [*_setting(runs), f"{train} training rows, {test} test rows"]


def _setting(runs: Sequence[Run]) -> list[str]:
    epochs = {run.epochs for run in runs}
    return [
        _joined(_data(run.dataset) for run in runs),
        _joined(_net(run) for run in runs),
        f"minibatches of {_numbers((run.batch_size for run in runs), ' and ')}",
        f"{_numbers(epochs, ' and ')} epoch{'s' * (epochs != {1})}",
    ]


def _rows_by_rate(experiment: Experiment) -> list[dict[float, list[str]]]:
    """Return, for each level, the rows with each initial rate, in ascending order of rates."""
    found: dict[int, dict[float, dict[str, None]]] = {}
    for cell in experiment.cells():
        for run in cell.runs(experiment.seeds[0]):
            for level, rate in enumerate(run.alpha):
                found.setdefault(level, {}).setdefault(rate, {})[cell.row] = None
    return [{rate: [*rows] for rate, rows in sorted(found[level].items())} for level in sorted(found)]


def _rates(by_rate: Mapping[float, Sequence[str]]) -> str:
    """Return a level's rates; a few distinct ones each with its rows: `0.001 (SGD), 0.01 (the others)`."""
    texts = {f"{rate:g}": rows for rate, rows in by_rate.items()}
    every = [row for rows in texts.values() for row in rows]
    if not 1 < len(texts) <= FEW or len({*every}) < len(every) or all([k] == [*v] for k, v in texts.items()):
        return _numbers(by_rate)
    most = max(texts, key=lambda rate: len(texts[rate]))
    if len(texts[most]) <= NAMED:
        return ", ".join(f"{rate} ({_named(rows)})" for rate, rows in texts.items())
    named = [f"{rate} ({_named(rows)})" for rate, rows in texts.items() if rate != most]
    return ", ".join([*named, f"{most} (the others)"])


def _named(rows: Sequence[str]) -> str:
    """Return the names of a few rows, or the number of more."""
    return " and ".join(rows) if len(rows) <= NAMED else f"{len(rows)} rows"


def _data(dataset: Mapping[str, Any]) -> str:
    """Return the name of a data set and its options that are not at their defaults."""
    defaults = usual(find(dataset["name"]))
    options = [_option(k, v, DATA) for k, v in dataset.items() if k != "name" and v != defaults[k]]
    return f"{dataset['name']} ({', '.join(options)})" if options else str(dataset["name"])


def _procedures(experiment: Experiment) -> list[str]:
    """Return the options of the procedure that are not at their defaults in some runs.

    An option that not all runs have is followed by the sub-tables or maps that have it, if these are few.
    """
    tables = {row.label: table.heading for table in experiment.tables for row in table.rows}
    by_run = [
        (tables.get(cell.row, ""), _procedure(run))
        for cell in experiment.cells()
        for run in cell.runs(experiment.seeds[0])
    ]
    every = dict.fromkeys(how for _, ways in by_run for how in ways)
    return [f"{how}{_where([(table, how in ways) for table, ways in by_run])}" for how in every]


def _where(does: Sequence[tuple[str, bool]]) -> str:
    """Return which sub-tables' runs do something, given each run's sub-table; "" if all runs do."""
    some = {*(table for table, one in does if one)}
    if all(one for _, one in does):
        return ""
    whole = all(one for table, one in does if table in some)
    named = [table for table in dict.fromkeys(table for table, _ in does) if table in some]
    return f" ({'; '.join(named)})" if whole and all(named) and len(named) <= NAMED else " in some runs"


def _procedure(run: Run) -> list[str]:
    defaults = usual_procedure()
    given = {k: v for k, v in run.procedure.items() if v != defaults[k] and k not in OF_EVALUATION}
    return [PROCEDURE[k].format(v) if k in PROCEDURE else _option(k, v) for k, v in given.items()]


def _option(key: str, value: object, switches: Mapping[str, str] | None = None) -> str:
    """Return an option in words, such as `divisor 252.46`; `switches` has those of booleans that are on."""
    words = key.replace("_", " ")
    if isinstance(value, bool):
        return (switches or {}).get(key, words) if value else f"no {words}"
    if isinstance(value, tuple | list):
        return f"{words} {'-'.join(map(str, value))}"
    return f"{words} {shown(value).replace('_', ' ')}"


def _net(run: Run) -> str:
    """Return the model with its options, such as `fully connected 784-128-10, tanh`."""
    data, model = find(run.dataset["name"]), run.model
    inputs, outputs = math.prod(data.shape), data.classes or 1
    name = model["name"]
    if name == "mlp":
        widths = "-".join(map(str, [inputs, *model["hidden"], outputs]))
        last = model["output_activation"]
        ends = "" if last == "none" else f", {last} on the logits"
        return f"fully connected {widths}, {model['activation']}{ends}"
    if name in ("logistic", "linear"):
        return f"{name} regression {inputs}-{outputs}"
    options = ", ".join(_option(key, value) for key, value in model.items() if key != "name")
    return f"{name} ({options})" if options else str(name)


def _joined(texts: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(texts))


def _numbers(numbers: Iterable[float], between: str = ", ") -> str:
    """Return the distinct numbers in ascending order, or the range of many."""
    known = sorted(set(numbers))
    if len(known) <= FEW:
        return between.join(f"{number:g}" for number in known)
    return f"{known[0]:g} to {known[-1]:g}"
