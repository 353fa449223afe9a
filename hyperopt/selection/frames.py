"""Stored runs as pandas data frames, with a row per run or a row per number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from hyperopt.config import resolve
from hyperopt.errors import ConfigError, shortened
from hyperopt.experiments.metrics import METRICS
from hyperopt.selection.criteria import PerLevel
from hyperopt.selection.select import select
from hyperopt.selection.settings import known_keys, settings_of
from hyperopt.selection.stored import COMPLEMENTS, OWN, Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from hyperopt.records import Record

FIRST = ("stack", "alpha", "clip", "dataset", "model", "seed")
"""The settings whose columns come first."""


def load(
    *words: str, long: bool | Literal["step"] = False, place: str = "here", **settings: Any
) -> pd.DataFrame:
    """Return stored runs as a tidy data frame.

    Args:
        words: criteria such as "stack=adam/*" or "alpha=<1e-3", as for `hyperopt runs`.
        long: False for a row per run, True for a row per number and epoch, "step" for a row per number and
            recorded step.
        place: "here" for runs trained here, "published", or "all".
        settings: criteria as keyword arguments: `stack="adam/*"`, `seed=[0, 1]`.

    Returns:
        With a row per run, the columns are id, label, stack, every other setting (`alpha` as a tuple, bottom
        to top), final metrics and hyperparameters (`test_error`, `0.alpha`, ...), whether the run diverged,
        its tags and note. With a row per number they are id, epoch or step (from 1), level (missing for
        metrics), name and value. If no run matches, the frame is empty but has the known columns.

    Raises:
        hyperopt.errors.ConfigError: no run has a key, or a key cannot have a value.
    """
    if wrong := [repr(word) for word in words if not isinstance(word, str)]:
        raise ConfigError(f"load({shortened(wrong[0])}): words such as 'stack=adam/*' are expected.")
    given = [f"{key}={_text(value)}" for key, value in settings.items()]
    chosen = select([*words, *given], place)
    if long not in (False, True, "step"):
        raise ConfigError(f"long={long!r}: False, True or 'step' is expected.")
    return long_frame(chosen, place, by_step=long == "step") if long else wide_frame(chosen)


def wide_frame(chosen: Selection) -> pd.DataFrame:
    """Return a frame with a row per run, as `load` does."""
    import pandas as pd

    if not len(chosen):
        return _empty_frame()
    keys = list(dict.fromkeys(key for kind in dict.fromkeys(chosen.kinds) for key in kind.settings))
    first = [key for key in FIRST if key in keys]
    names = [*first, *(key for key in keys if key not in first), *chosen.results]
    columns: dict[str, list[Any]] = {"id": chosen.ids, "label": chosen.labels}
    for name in (*names, *OWN):
        columns.setdefault(name, [_plain(value) for value in chosen.column(name)])
    return pd.DataFrame(columns)


def _empty_frame() -> pd.DataFrame:
    """Return a frame without rows, with typed columns for every shipped setting and every metric."""
    import pandas as pd

    run = resolve({})
    settings = dict.fromkeys(known_keys()) | settings_of(run.canonical())
    first = {key: settings[key] for key in FIRST}
    ended = {name: math.nan for name, metric in METRICS.items() if not metric.timed_in}
    own = {"diverged": False, "seconds": 0.0, "steps": 0, "started": "", "device": "", "tag": (), "note": ""}
    values = {"id": run.id, "label": run.label, **first, **settings, **ended, **own}
    columns = {name: [_plain(value)] for name, value in values.items() if name not in COMPLEMENTS}
    return pd.DataFrame(columns).iloc[:0]


def long_frame(chosen: Selection, place: str = "here", *, by_step: bool = False) -> pd.DataFrame:
    """Return a frame with a row per number, as `load(..., long=True)` does."""
    import pandas as pd

    from hyperopt.records import published, working

    stores = {"here": (working,), "published": (published,), "all": (working, published)}[place]
    wanted = dict.fromkeys(chosen.ids)
    for store in stores:
        left = [id_ for id_, record in wanted.items() if record is None]
        wanted |= dict(store().load(left))
    rows = [
        (id_, at, level, name, value)
        for id_, record in wanted.items()
        if record is not None
        for level, name, points in _series(record, by_step=by_step)
        for at, value in points
    ]
    along = "step" if by_step else "epoch"
    frame = pd.DataFrame(rows, columns=["id", along, "level", "name", "value"])
    return frame.astype({along: "int64", "level": "Int64", "value": "float64"})


def _series(
    record: Record, *, by_step: bool
) -> Iterator[tuple[int | None, str, Iterable[tuple[float, float]]]]:
    """Yield the level, name and points of every series of a record, metrics first."""
    every = record.by_step if by_step else record.metrics | record.hyperparameters
    for key, series in sorted(every.items(), key=lambda item: (item[0][0].isdigit(), item[0])):
        level, _, name = key.rpartition(".")
        if key != "step":
            points = zip(record.by_step["step"], series, strict=True) if by_step else enumerate(series, 1)
            yield int(level) if level else None, name, points


def _plain(value: Any) -> Any:
    if isinstance(value, PerLevel):
        return value.levels
    return tuple(value) if isinstance(value, list) else value


def _text(value: Any) -> str:
    """Return a value as one would type it."""
    from hyperopt.errors import shown

    return ",".join(map(shown, value)) if isinstance(value, list | tuple) else shown(value)
