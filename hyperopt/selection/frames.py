"""Stored runs as pandas frames: one row a run, or one row a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperopt.selection.criteria import PerLevel
from hyperopt.selection.select import select
from hyperopt.selection.stored import OWN, Selection

if TYPE_CHECKING:
    import pandas as pd


def load(*words: str, long: bool = False, place: str = "here", **settings: Any) -> pd.DataFrame:
    """Stored runs as a tidy frame.

    Args:
        words: such as "stack=adam/*", "alpha=<1e-3": those of `hyperopt runs`.
        long: a row for each number of each epoch, instead of one for each run.
        place: "here" for what was trained here, "published", or "all".
        settings: the same as words, where the key is a name: `stack="adam/*"`, `seed=[0, 1]`.

    Returns:
        A row a run: id, stack, label, every setting (`alpha` bottom to top, as a tuple), what it ended with
        (`test_error`, `0.alpha`, ...), whether it diverged, tags and note. Long: id, epoch (from 1), level
        (of a hyperparameter; missing for a metric), name and value.

    Raises:
        hyperopt.errors.ConfigError: a key that no run has, or a value that the key cannot have.
    """
    given = [f"{key}={_text(value)}" for key, value in settings.items()]
    chosen = select([*words, *given], place)
    return long_frame(chosen, place) if long else wide_frame(chosen)


def wide_frame(chosen: Selection) -> pd.DataFrame:
    """One row a run, as `load` gives it."""
    import pandas as pd

    keys = list(dict.fromkeys(key for kind in dict.fromkeys(chosen.kinds) for key in kind.settings))
    first = [key for key in ("stack", "alpha", "clip", "dataset", "model", "seed") if key in keys]
    names = [*first, *(key for key in keys if key not in first), *chosen.results]
    columns: dict[str, list[Any]] = {"id": chosen.ids, "label": chosen.labels}
    for name in (*names, *OWN):
        columns.setdefault(name, [_plain(value) for value in chosen.column(name)])
    return pd.DataFrame(columns)


def long_frame(chosen: Selection, place: str = "here") -> pd.DataFrame:
    """One row a number, as `load` gives it."""
    import pandas as pd

    from hyperopt.records import published, working

    stores = {"here": (working,), "published": (published,), "all": (working, published)}[place]
    wanted = dict.fromkeys(chosen.ids)
    for store in stores:
        left = [id_ for id_, record in wanted.items() if record is None]
        wanted |= dict(store().load(left))
    rows = [
        (id_, epoch, level, name, value)
        for id_, record in wanted.items()
        if record is not None
        for level, name, series in _series(record)
        for epoch, value in enumerate(series, 1)
    ]
    frame = pd.DataFrame(rows, columns=["id", "epoch", "level", "name", "value"])
    return frame.astype({"epoch": "int64", "level": "Int64", "value": "float64"})


def _series(record: Any) -> list[tuple[int | None, str, list[float]]]:
    """Level, name and numbers of every series of a record."""
    metrics = [(None, name, series) for name, series in sorted(record.metrics.items())]
    numbers = []
    for key, series in sorted(record.hyperparameters.items()):
        level, _, name = key.partition(".")
        numbers.append((int(level), name, series))
    return [*metrics, *numbers]


def _plain(value: Any) -> Any:
    if isinstance(value, PerLevel):
        return value.levels
    return tuple(value) if isinstance(value, list) else value


def _text(value: Any) -> str:
    """A value as it is typed."""
    from hyperopt.errors import shown

    return ",".join(map(shown, value)) if isinstance(value, list | tuple) else shown(value)
