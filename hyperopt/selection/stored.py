"""Stored runs, with their settings and results as columns."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from hyperopt.config import label
from hyperopt.errors import ConfigError, typed
from hyperopt.records import home, published, working
from hyperopt.records.parquet import whole_numbers, with_texts
from hyperopt.records.remarks import Remark, remarks
from hyperopt.records.summaries import looked_up
from hyperopt.selection.criteria import PerLevel
from hyperopt.selection.settings import known_keys, settings_of

OWN = ("id", "diverged", "seconds", "steps", "started", "device", "tag", "note")
"""The keys of a stored run besides its settings and results."""
PER_LEVEL = ("alpha", "clip")
PLACES = ("here", "published", "all")
COMPLEMENTS = {"test_accuracy": "test_error", "train_accuracy": "train_error"}
OF_A_LEVEL = re.compile(r"\d+\.[a-z]\w*")
ALPHA_AND_SEED = re.compile(r'"(?:alpha": \[[^]]*\]|seed": \d+)')


@dataclass(frozen=True, eq=False)
class Kind:
    """The settings of runs that differ only in alpha and seed; these two have the values of one such run."""

    settings: dict[str, Any]


@dataclass(frozen=True)
class Selection:
    """Some of the stored runs, in the order in which they were started.

    Attributes:
        table: a row for each run (`records.summaries.SUMMARY`).
        said: tags and notes by run id.
    """

    table: pa.Table
    said: Mapping[str, Remark]

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def ids(self) -> list[str]:
        """The ids of the runs."""
        return list(self.table["id"].to_pylist())

    @cached_property
    def configs(self) -> list[dict[str, Any]]:
        """The canonical form of each run."""
        return [json.loads(text) for text in self.table["config"].to_pylist()]

    @cached_property
    def kinds(self) -> list[Kind]:
        """The kind of each run; runs that differ only in alpha and seed share one object."""
        found: dict[str, Kind] = {}
        texts = [ALPHA_AND_SEED.sub("", text) for text in self.table["config"].to_pylist()]
        return [
            found[text] if text in found else found.setdefault(text, Kind(settings_of(config)))
            for text, config in zip(texts, self.configs, strict=True)
        ]

    def settings(self, place: int) -> dict[str, Any]:
        """Return all settings of the run at a position, including those at their defaults."""
        return {**self.kinds[place].settings, **self.configs[place]}

    @cached_property
    def labels(self) -> list[str]:
        """The stack of each run with its alphas, such as adam(0.001)/sgd(1e-05)."""
        return [label(config["stack"].split("/"), config["alpha"]) for config in self.configs]

    @cached_property
    def results(self) -> list[str]:
        """The names of all final metrics and hyperparameters of any run."""
        names: set[str] = set()
        for key in ("metrics", "final", "hyperparameters"):
            names |= {*self.table[key].combine_chunks().keys.unique().to_pylist()}
        return sorted(names)

    def column(self, key: str) -> list[Any]:
        """Return each run's value of a setting, a final result or a key in `OWN`; None if it has none."""
        if key == "tag":
            return [list(self.said[id_].tags) if id_ in self.said else [] for id_ in self.ids]
        if key == "note":
            return [self.said[id_].note if id_ in self.said else "" for id_ in self.ids]
        if key in OWN:
            return list(self.table[key].to_pylist())
        if key in known_keys() or any(key in config for config in self.configs):
            own = key in ("alpha", "seed")
            found = [c[key] for c in self.configs] if own else [kind.settings.get(key) for kind in self.kinds]
            return [PerLevel(tuple(value or ())) for value in found] if key in PER_LEVEL else found
        if (error := COMPLEMENTS.get(key)) is not None:
            return [None if value is None else 100 - value for value in self.column(error)]
        return self._ended_with(key)

    def take(self, places: Sequence[int]) -> Selection:
        """Return the runs at these positions; cached properties are carried over."""
        taken = Selection(self.table.take(whole_numbers(places)), self.said)
        for name in ("ids", "configs", "kinds"):
            if name in vars(self):
                vars(taken)[name] = [vars(self)[name][place] for place in places]
        return taken

    def _ended_with(self, key: str) -> list[Any]:
        if OF_A_LEVEL.fullmatch(key):
            return looked_up(self.table["hyperparameters"], key)
        last, final = (looked_up(self.table[part], key) for part in ("metrics", "final"))
        return [one if one is not None else other for one, other in zip(last, final, strict=True)]


def everything(place: str = "here") -> Selection:
    """Return all stored runs of a place.

    Args:
        place: "here", "published" or "all"; if a run is in both places, the one here is taken.

    Raises:
        ConfigError: there is no such place.
    """
    if place not in PLACES:
        raise ConfigError(f"{typed('from', place)}: {', '.join(PLACES[:-1])} or {PLACES[-1]} is expected.")
    stores = {"here": (working,), "published": (published,), "all": (working, published)}[place]
    tables = [store().summaries() for store in stores]
    if len(tables) > 1:
        here = tables[0]["id"].combine_chunks()
        tables[1] = with_texts(tables[1], "id", here, others=True)
    return Selection(
        pa.concat_tables(tables).sort_by([("started", "ascending"), ("id", "ascending")]), remarks(home())
    )
