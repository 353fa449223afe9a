"""The data of a run that all exports write: its name and group, its settings, and its numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from hyperopt.config import label
from hyperopt.errors import ConfigError, ImpossibleError
from hyperopt.findings.stored_curves import load_records
from hyperopt.records import Record
from hyperopt.selection.settings import settings_of
from hyperopt.selection.stored import Selection

MEAN, BY_STEP = "mean over seeds", "by step"
DIGITS = 6
MOST_BYTES = 200
"""The maximum length of a group's name without its hash; file systems allow some 255 bytes for a name."""


@dataclass(frozen=True)
class Exported:
    """The exported data of a run.

    Attributes:
        name: a unique name, the same in every export.
        group: the group, which contains all seeds of a setting.
        settings: numbers, booleans and strings by key.
        series: a number after each epoch, by name; a hyperparameter's name is like `level 0/alpha`.
        started: when training started, in seconds since 1970; 0 if unknown.
        steps: the recorded steps, counted from 1; () for most runs.
        by_step: a number at each recorded step, by name.
    """

    name: str
    group: str
    settings: Mapping[str, Any]
    series: Mapping[str, list[float]]
    started: float
    steps: Sequence[int] = ()
    by_step: Mapping[str, list[float]] = field(default_factory=dict)


def exported(chosen: Selection) -> list[Exported]:
    """Return the data of a selection's runs, with the seeds of each setting together."""
    records = load_records(chosen).values()
    return sorted(map(of_record, records), key=lambda run: (run.group, run.settings["seed"], run.name))


def of_record(record: Record) -> Exported:
    """Return the exported data of a record."""
    config = record.config
    return Exported(
        name=f"seed {config['seed']} {record.id}",
        group=group_of(config),
        settings={key: _plain(value) for key, value in settings_of(config).items()},
        series=scalars({**record.metrics, **record.hyperparameters}),
        started=_seconds(record.made.get("started", "")),
        steps=[int(step) for step in record.by_step.get("step", [])],
        by_step=scalars(record.by_step),
    )


def group_of(config: Mapping[str, Any]) -> str:
    """Return a folder name for all seeds of a setting: stack, data set, model, and a hash of all settings."""
    setting = {key: value for key, value in config.items() if key != "seed"}
    digest = hashlib.sha256(json.dumps(setting, sort_keys=True).encode()).hexdigest()[:DIGITS]
    name = label(config["stack"].split("/"), config["alpha"])
    words = " ".join((name, config["dataset"], config["model"])).replace("/", " on ").replace(":", ".")
    return f"{words.encode()[:MOST_BYTES].decode(errors='ignore')} {digest}"


def scalars(series: Mapping[str, list[float]]) -> dict[str, list[float]]:
    """Return metrics and hyperparameters under the names that exports use."""
    of_levels = {
        f"level {key.replace('.', '/', 1)}": each for key, each in series.items() if key[0].isdigit()
    }
    metrics = {key: each for key, each in series.items() if not key[0].isdigit() and key != "step"}
    return dict(sorted(metrics.items())) | dict(sorted(of_levels.items()))


def mean_of(runs: Sequence[Exported]) -> Exported:
    """Return the mean of a group's runs over seeds, up to the last epoch that all of them have.

    Recorded steps are only averaged if all runs recorded the same ones.
    """
    alike = len({tuple(run.steps) for run in runs}) == 1
    return replace(
        runs[0],
        name=MEAN,
        series=_means([run.series for run in runs]),
        steps=runs[0].steps if alike else (),
        by_step=_means([run.by_step for run in runs]) if alike else {},
    )


def _means(runs: Sequence[Mapping[str, list[float]]]) -> dict[str, list[float]]:
    names = set.intersection(*map(set, runs))
    return {
        name: [fmean(values) for values in zip(*(series[name] for series in runs), strict=False)]
        for name in sorted(names)
    }


def foreign(path: Path) -> ConfigError:
    """Return the error for another program's file with the name of one to export."""
    return ConfigError(f"{path} is another program's file and is not replaced; another folder is expected.")


def lacking(package: str, what: str) -> ImpossibleError:
    """Return the error for a missing library, with how to install it."""
    return ImpossibleError(f"{what} needs {package}: pip install 'hyperopt-stacks[{package}]'.")


def _seconds(started: str) -> float:
    try:
        return datetime.fromisoformat(started).timestamp()
    except ValueError:
        return 0.0


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return "/".join(map(str, value))
    return value if isinstance(value, bool | int | float | str) else str(value)
