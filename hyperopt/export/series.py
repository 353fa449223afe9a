"""What every export writes of a run: its name and group, its settings, and its numbers by epoch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Any

from hyperopt.config import label
from hyperopt.errors import ImpossibleError
from hyperopt.findings.stored_curves import load_records
from hyperopt.records import Record
from hyperopt.selection.settings import settings_of
from hyperopt.selection.stored import Selection

MEAN = "mean over seeds"
DIGITS = 6


@dataclass(frozen=True)
class Exported:
    """A run as it is exported.

    Attributes:
        name: the same whenever it is exported, and no other run's.
        group: that of all seeds of its setting.
        settings: numbers, truths and texts by key.
        series: by name a number after each epoch; hyperparameters are called `level 0/alpha`.
        started: seconds since 1970; 0 where the record does not say.
    """

    name: str
    group: str
    settings: Mapping[str, Any]
    series: Mapping[str, list[float]]
    started: float


def exported(chosen: Selection) -> list[Exported]:
    """The runs of a selection, seeds of one setting one after another."""
    records = load_records(chosen).values()
    return sorted(map(of_record, records), key=lambda run: (run.group, run.settings["seed"], run.name))


def of_record(record: Record) -> Exported:
    """A record as it is exported."""
    config = record.config
    return Exported(
        name=f"seed {config['seed']} {record.id}",
        group=group_of(config),
        settings={key: _plain(value) for key, value in settings_of(config).items()},
        series=scalars(record.metrics, record.hyperparameters),
        started=_seconds(record.made.get("started", "")),
    )


def group_of(config: Mapping[str, Any]) -> str:
    """A name for all seeds of a setting, fit for a folder: stack, data set, model, and a hash of the rest."""
    setting = {key: value for key, value in config.items() if key != "seed"}
    digest = hashlib.sha256(json.dumps(setting, sort_keys=True).encode()).hexdigest()[:DIGITS]
    name = label(config["stack"].split("/"), config["alpha"])
    parts = (name, config["dataset"], config["model"], digest)
    return " ".join(parts).replace("/", " on ").replace(":", ".")


def scalars(
    metrics: Mapping[str, list[float]], hyperparameters: Mapping[str, list[float]]
) -> dict[str, list[float]]:
    """Metrics, and the hyperparameters of every level, by the names that they are exported under."""
    of_levels = {f"level {key.replace('.', '/', 1)}": series for key, series in hyperparameters.items()}
    return dict(sorted(metrics.items())) | dict(sorted(of_levels.items()))


def means(runs: list[Exported]) -> dict[str, list[float]]:
    """The series of a group, each the mean over its seeds as far as all of them go."""
    names = set.intersection(*(set(run.series) for run in runs))
    return {
        name: [fmean(values) for values in zip(*(run.series[name] for run in runs), strict=False)]
        for name in sorted(names)
    }


def lacking(package: str, what: str) -> ImpossibleError:
    """That a library is not here, and how to get it."""
    return ImpossibleError(f"{what} takes {package}: pip install 'hyperopt-stacks[{package}]'.")


def _seconds(started: str) -> float:
    try:
        return datetime.fromisoformat(started).timestamp()
    except ValueError:
        return 0.0


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return "/".join(map(str, value))
    return value if isinstance(value, bool | int | float | str) else str(value)
