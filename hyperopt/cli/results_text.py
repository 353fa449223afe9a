"""Text output of results: one run's record, and a sweep's table over seeds."""

from __future__ import annotations

import math
from itertools import accumulate, count
from typing import TYPE_CHECKING, Any

from hyperopt.cli.tables import table
from hyperopt.config import Run
from hyperopt.errors import shown
from hyperopt.experiments.metrics import metric_of

SPARE = ("sd", "ids", "range", "95 % interval")
"""Columns omitted on narrow terminals, the first ones first."""
SHOWN_OF_ID, MOST_IDS, MOST_EPOCHS = 7, 3, 20
SAID = {"learning_rate": "mean alpha"}
"""Displayed names of metrics that differ from their keys in records."""

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hyperopt.records import Record


def run_lines(record: Record, *, cached: bool) -> Iterator[str]:
    """Format a record: its epochs, then the hyperparameters of every level and the result.

    Of a long run every so many epochs are shown, with the first and the last, and where to find all.
    All are in order of name, alpha first, whether the record was read or has just been made.
    """
    metrics = sorted(record.metrics.items(), key=lambda item: (not item[0].startswith("train"), item[0]))
    epochs = max((len(series) for _, series in metrics), default=0)
    some = _epochs_shown(epochs)
    for epoch in some:
        at = ((name, series[epoch - 1]) for name, series in metrics if epoch <= len(series))
        yield f"epoch {epoch}: {_values(at)}"
    if len(some) < epochs:
        command = f"hyperopt export csv DIR id={record.id} from=all"
        yield f"{len(some)} of {epochs} epochs; `{command}` writes all of them"
    told = sorted((key, series) for key, series in record.hyperparameters.items() if series)
    for level, rule in enumerate(record.config["stack"].split("/")):
        own = ((key, series) for key, series in told if key.startswith(f"{level}."))
        last = ", ".join(f"{key.partition('.')[2]} {number(series[-1])}" for key, series in own)
        yield f"level {level}, {rule}: {last}"
    for event in record.events:
        of_level = "" if event["level"] is None else f", level {event['level']}"
        yield f"{event['event']} at step {event['step']} (epoch {event['epoch']}){of_level}"
    result = [*sorted(record.final.items()), *((name, series[-1]) for name, series in metrics if series)]
    how = "cached" if cached else "trained"
    yield f"result: {_values(result)}; {_end(record)}"
    yield f"run {record.id}, {how} ({record.seconds:.1f} s, {record.steps} steps)"


def _epochs_shown(epochs: int) -> list[int]:
    """Return the epochs to show: all of a few, else the first and last and every 2nd, 5th, 10th ..."""
    steps = (digit * 10**power for power in count() for digit in (1, 2, 5))
    step = next(step for step in steps if epochs <= step * MOST_EPOCHS)
    return [epoch for epoch in range(1, epochs + 1) if epoch in (1, epochs) or epoch % step == 0]


def _end(record: Record) -> str:
    """Describe whether a run diverged; if it nearly did, why that does not count."""
    if record.diverged:
        return "diverged"
    beyond = record.final.get("squared_weights") == math.inf
    return "did not diverge" + ", as no weight is infinite: their squares are" * beyond


def settings_table(runs: Sequence[Run], records: Mapping[str, Record]) -> list[dict[str, Any]]:
    """One row per setting, over its seeds: differing settings, n, mean, sd, 95 % t interval, diverged, ids.

    If a run diverged, median and range replace mean, sd and interval. The metric is the test error in
    percent, or the training loss if a data set has no test rows; intervals stay within its range.
    """
    settings: dict[str, list[Run]] = {}
    for run in runs:
        setting = {key: value for key, value in run.canonical().items() if key != "seed"}
        settings.setdefault(repr(setting), []).append(run)
    groups = list(settings.values())
    columns = _columns([group[0] for group in groups])
    tested = any(
        math.isfinite(value) for record in records.values() for value in record.metrics.get("test_error", [])
    )
    metric = "test_error" if tested else "train_loss"
    rows = []
    for group in groups:
        found = [records[run.id] for run in group if run.id in records]
        values = [record.metrics[metric][-1] for record in found]
        described = _described(group[0])
        rows.append(
            {key: described[key] for key in columns}
            | {"metric": metric}
            | _statistics(values, sum(r.diverged for r in found), metric_of(metric).possible)
            | {"ids": [record.id for record in found]}
        )
    return rows


def sweep_table(rows: Sequence[Mapping[str, Any]], width: int | None = None) -> str:
    """Format the rows of `settings_table`, the best first; columns that exceed the width are omitted.

    If that does not suffice, the others are fitted. Ids are shortened to what `hyperopt show` needs.
    """
    lost = any(row["diverged"] for row in rows)
    made = [_texts(row, lost=lost) for row in sorted(rows, key=_rank)]
    for dropped in accumulate(([], *([name] for name in SPARE))):
        header = [key for key in made[0] if key not in dropped]
        cells = [[row[key] for key in header] for row in made]
        text = table(cells, header, None, disable_numparse=True)
        if width is None or max(map(len, text.splitlines())) <= width:
            return text
    return table(cells, header, width, disable_numparse=True)


def _texts(row: Mapping[str, Any], *, lost: bool) -> dict[str, str]:
    """Return a row's cells by header, in order; `lost`: whether some run of the table diverged."""
    told = ("n", "metric", "diverged", "mean", "sd", "low", "high", "median", "min", "max", "ids")
    varied = {
        key: shown(v) if isinstance(v, str | bool) else number(v) for key, v in row.items() if key not in told
    }
    unit = " %" if row["metric"].endswith("_error") else ""
    ids = [id_[:SHOWN_OF_ID] for id_ in row["ids"]]
    texts = {
        **varied,
        "n": str(row["n"]),
        f"{row['metric']}{unit}": number(row["mean"]),
        "sd": number(row["sd"]),
        "95 % interval": _between(row["low"], row["high"]),
    }
    if lost:
        texts |= {"median": number(row["median"]), "range": _between(row["min"], row["max"])}
        texts |= {"diverged": str(row["diverged"])}
    more = " ..." if len(ids) > MOST_IDS else ""
    return texts | {"ids": f"{' '.join(ids[:MOST_IDS])}{more}" or "-"}


def _rank(row: Mapping[str, Any]) -> tuple[int, float]:
    """Sort key: small means first, then small medians if runs diverged, then settings without runs."""
    for place, key in enumerate(("mean", "median")):
        if row[key] is not None and not math.isnan(row[key]):
            return place, row[key]
    return 2, 0.0


def number(value: float | None) -> str:
    """Format with four significant digits; a dash for nothing."""
    return "-" if value is None else f"{value:.4g}"


def _columns(runs: Sequence[Run]) -> list[str]:
    """Return the stack and the other differing settings; dependent ones only if their choice is equal."""
    described = [_described(run) for run in runs]
    chosen = [(run.dataset["name"], run.model["name"], run.stack) for run in runs]
    columns = []
    for key in described[0]:
        different = {repr(row[key]) for row in described}
        combined = {(choice, repr(row[key])) for choice, row in zip(chosen, described, strict=True)}
        follows = key in ("clip", "tune", "numbers", "options", "habits")
        if key == "stack" or (len(combined) > len(set(chosen)) if follows else len(different) > 1):
            columns.append(key)
    return columns


def _described(run: Run) -> dict[str, Any]:
    """Return every setting except the seed."""
    options = {f"dataset.{key}": value for key, value in run.dataset.items() if key != "name"}
    options |= {f"model.{key}": value for key, value in run.model.items() if key != "name"}
    return {
        "dataset": run.dataset["name"],
        "model": run.model["name"],
        "stack": run.label,
        "clip": "/".join(map(shown, run.clip)) or "-",
        "tune": ",".join(run.tune) or "-",
        "numbers": _pairs(run.numbers),
        "options": _pairs(options),
        "habits": _pairs({key: value for key, value in run.habits.items() if key in run.canonical()}),
        "batch_size": run.batch_size,
        "epochs": run.epochs,
    }


def _values(pairs: Iterable[tuple[str, float]]) -> str:
    return ", ".join(
        f"{SAID.get(name, name)} {number(value)}" + (" %" if name.endswith("_error") else "")
        for name, value in pairs
    )


def _pairs(values: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={shown(value)}" for key, value in values.items()) or "-"


def _between(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{number(low)} to {number(high)}"


def _statistics(values: Sequence[float], diverged: int, possible: tuple[float, float]) -> dict[str, Any]:
    from hyperopt.statistics import Interval, summarize

    nothing = dict.fromkeys(("mean", "sd", "low", "high", "median", "min", "max"))
    if not values:
        return {"n": 0, "diverged": 0, **nothing}
    summary = summarize(values)
    if diverged:
        told: dict[str, float | None] = {
            "median": summary.median,
            "min": summary.range.low,
            "max": summary.range.high,
        }
    else:
        told = {"mean": summary.mean, "sd": summary.sd}
        if summary.interval:
            interval = summary.interval.within(Interval(*possible))
            told |= {"low": interval.low, "high": interval.high}
    return {"n": summary.n, "diverged": diverged, **nothing, **told}
