"""The provenance of a page's runs, from their records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hyperopt.config import Run
from hyperopt.records import Record

KEYS = ("commit", "hyperopt", "torch", "python", "device", "cpu")
"""The keys that come first, in this order; other keys follow by name."""
APART = ("command", "started")


@dataclass(frozen=True)
class Origin:
    """The provenance of a page's runs.

    Attributes:
        wanted: the number of runs that the page needs.
        missing: the number of these without a record.
        config_hash: a hash of the ids of all of them.
        facts: the distinct values of each key of `Record.made`.
        days: the days on which they were trained.
        seconds: the training time of each run.
        commands: the commands that trained them.
    """

    wanted: int
    missing: int
    config_hash: str
    facts: Mapping[str, tuple[str, ...]]
    days: tuple[str, ...]
    seconds: tuple[float, ...]
    commands: tuple[str, ...]

    @property
    def found(self) -> int:
        """The number of runs with a record."""
        return self.wanted - self.missing


def origin(runs: Iterable[Run], records: Mapping[str, Record]) -> Origin:
    """Return the provenance of runs."""
    wanted = [run.id for run in runs]
    there = [records[id_] for id_ in wanted if id_ in records]
    others = sorted({key for record in there for key in record.made} - {*KEYS, *APART})
    facts = {key: _distinct(record.made.get(key, "") for record in there) for key in (*KEYS, *others)}
    return Origin(
        wanted=len(wanted),
        missing=len(wanted) - len(there),
        config_hash=config_hash(wanted),
        facts={key: values for key, values in facts.items() if values},
        days=_distinct(record.made.get("started", "")[:10] for record in there),
        seconds=tuple(record.seconds for record in there),
        commands=_distinct(record.made.get("command", "") for record in there),
    )


def config_hash(ids: Iterable[str]) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of run ids; their order does not matter."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:12]


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct values that are not empty: text in alphabetical order, integers by size."""
    return tuple(sorted({v for v in values if v}, key=lambda v: (int(v) if v.isdecimal() else -1, v)))
