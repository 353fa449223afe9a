"""Stored runs as pandas frames: one row a run, or one row a number."""

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
"""The settings that stand before all others."""


def load(
    *words: str, long: bool | Literal["step"] = False, place: str = "here", **settings: Any
) -> pd.DataFrame:
    """Stored runs as a tidy frame.

    Args:
        words: such as "stack=adam/*", "alpha=<1e-3": those of `hyperopt runs`.
        long: a row for each number of each epoch, instead of one for each run; "step": of each recorded step.
        place: "here" for what was trained here, "published", or "all".
        settings: the same as words, where the key is a name: `stack="adam/*"`, `seed=[0, 1]`.

    Returns:
        A row a run: id, stack, label, every setting (`alpha` bottom to top, as a tuple), what it ended with
        (`test_error`, `0.alpha`, ...), whether it diverged, tags and note. Long: id, epoch or step (from 1),
        level (of a hyperparameter; missing for a metric), name and value. Where no run is found, the frame is
        empty and has the columns that are known without any.

    Raises:
        hyperopt.errors.ConfigError: a key that no run has, or a value that the key cannot have.
    """
    if wrong := [repr(word) for word in words if not isinstance(word, str)]:
        raise ConfigError(f"load({shortened(wrong[0])}): words such as 'stack=adam/*' are expected.")
    given = [f"{key}={_text(value)}" for key, value in settings.items()]
    chosen = select([*words, *given], place)
    if long not in (False, True, "step"):
        raise ConfigError(f"long={long!r}: False, True or 'step' is expected.")
    return long_frame(chosen, place, by_step=long == "step") if long else wide_frame(chosen)


def wide_frame(chosen: Selection) -> pd.DataFrame:
    """One row a run, as `load` gives it."""
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
    """A frame without a row: every shipped setting, typed as in the default run, and every metric."""
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
    """One row a number, as `load` gives it."""
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
    """Level, name and points of every series of a record, those of metrics first."""
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
    """A value as it is typed."""
    from hyperopt.errors import shown

    return ",".join(map(shown, value)) if isinstance(value, list | tuple) else shown(value)
