"""Options of how a command trains and prints, which are not part of a run's identity."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hyperopt.errors import ConfigError, shown, typed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEVICES = ("auto", "cpu", "cuda")
ENGINES = ("local", "dask", "slurm")
READ_BY = {"scheduler": "dask", "partition": "slurm", "time": "slurm", "memory": "slurm", "gpus": "slurm"}
"""The engine that reads an option, for engine-specific options."""
PROCESS_KEYS = (
    "device",
    "workers",
    "pack",
    "compile",
    "engine",
    *READ_BY,
    "record_every",
    "callbacks",
    "format",
)
UNITS = {"s": 1, "m": 60, "h": 3600}
MEGABYTES = {"MB": 1, "GB": 1024}
A_SCHEDULER = re.compile(r"(tcp|tls|ws|wss)://[^/]+:\d+/?|(?!.*://).*\.json")
A_CALLBACK = re.compile(r"[A-Za-z_][\w.:]*")
MOST_WORKERS = 100_000
MOST_GIGABYTES = 1_000_000
MOST_HOURS = 100_000
MOST_STEPS = 10**9


def process_options(given: Mapping[str, Any], formats: Sequence[str]) -> dict[str, Any]:
    """Return the options with parsed values: "auto" is None, except for device.

    Args:
        given: the typed values by key.
        formats: the allowed values of `format`.

    Raises:
        ConfigError: a value out of range, or an option that only another engine reads.
    """
    options = {key: _value(key, given[key], formats) for key in PROCESS_KEYS if key in given}
    engine = options.get("engine", ENGINES[0])
    for key in options:
        if READ_BY.get(key, engine) != engine:
            raise ConfigError(f"{typed(key, given[key])}: only engine={READ_BY[key]} reads it.")
    return options


def with_detach(options: Mapping[str, Any], detach: bool) -> dict[str, Any]:
    """Return the options with the flag --detach applied.

    Raises:
        ConfigError: the engine does not support detaching.
    """
    if detach and options.get("engine") != "slurm":
        raise ConfigError("--detach: engine=slurm is expected; no other engine goes on without the command.")
    return {**options, "detach": True} if detach else {**options}


def seconds(key: str, value: Any) -> float:
    """Parse a time such as 90s, 30m or 2h.

    Raises:
        ConfigError: it is not a time, is zero, or is implausibly long.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", shown(value))
    if match and 0 < (time := float(match[1]) * UNITS[match[2]]) <= MOST_HOURS * UNITS["h"]:
        return time
    expected = f"a time such as 90s, 30m or 2h, of {MOST_HOURS:,}h at most,"
    raise ConfigError(f"{typed(key, value)}: {expected} is expected.")


def _value(key: str, value: Any, formats: Sequence[str]) -> Any:
    choices = {"device": DEVICES, "format": formats, "engine": ENGINES}.get(key)
    if choices is not None:
        if value in choices:
            return value
        expected = f"one of {', '.join(choices)}"
    elif key == "compile":
        if value == "auto" or isinstance(value, bool):
            return None if value == "auto" else value
        expected = "auto, true or false"
    elif key == "time":
        return seconds(key, value)
    elif key == "memory":
        match = re.fullmatch(r"(\d{1,18})(MB|GB)", shown(value))
        if match and 0 < (amount := int(match[1]) * MEGABYTES[match[2]]) <= MOST_GIGABYTES * MEGABYTES["GB"]:
            return amount
        expected = f"an amount such as 900MB or 4GB, of {MOST_GIGABYTES:,}GB at most,"
    elif key == "scheduler":
        if A_SCHEDULER.fullmatch(str(value)):
            return str(value)
        expected = "tcp://HOST:PORT or a scheduler's .json file"
    elif key == "partition":
        if re.fullmatch(r"[\w.-]+(,[\w.-]+)*", str(value)):  # a comma-separated list, as in sbatch
            return str(value)
        expected = "a name, or several as in a,b,"
    elif key == "callbacks":
        names = str(value).strip("[]").split(",")
        if all(map(A_CALLBACK.fullmatch, names)):
            return names
        expected = "tensorboard, trackio, or package.module:Class, or several as in a,b,"
    elif key == "gpus":
        if type(value) is int and value in (0, 1):
            return value
        expected = "0 or 1, since a pack trains on one GPU,"
    elif key == "record_every":
        if type(value) is int and 1 <= value <= MOST_STEPS:
            return value
        expected = f"a whole number of steps from 1 to {MOST_STEPS:,}"
    else:
        if value == "auto":
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_WORKERS:
            return value
        expected = f"auto or a whole number from 1 to {MOST_WORKERS:,}"
    raise ConfigError(f"{typed(key, value)}: {expected} is expected.")
