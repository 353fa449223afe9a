"""The page of a user's own runs: curves, hyperparameters, and packs in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from hyperopt.figures.style import BANDS
from hyperopt.findings.own_runs import OwnRuns
from hyperopt.findings.rerun import command
from hyperopt.findings.view import Trained
from hyperopt.site.build import Files, assets, data, template
from hyperopt.site.evidence import distinct, label, made_of, rounded, setting_of, thinned
from hyperopt.statistics import t_quantiles

MOST_POINTS = 400
MOST_SEEDS = 30


def own_site(runs: OwnRuns, words: str, now: str) -> Files:
    """Return the page and all its files by path.

    Args:
        runs: the runs to show.
        words: the command that made the page.
        now: the time at which it was made, as text.
    """
    files = assets()
    files["index.html"] = template("own.html").render(root="")
    return files | own_data(runs, words, now)


def own_data(runs: OwnRuns, words: str, now: str) -> Files:
    """Return the page's data file, the only one that depends on the runs; arguments as for `own_site`."""
    records = list(runs.runs.values())
    settings, of_setting = distinct(setting_of(record) for record in records)
    made, of_made = distinct(made_of(record) for record in records)
    names = sorted({name for r in records for name in (*r.metrics, *r.hyperparameters)}, key=_in_order)
    first = {place: record.id for place, record in reversed(list(zip(of_setting, records, strict=True)))}
    labels = _labels(settings, [runs.settings[first[i]] for i in range(len(settings))])
    given = {
        "command": words,
        "now": now,
        "stored": runs.stored,
        "metric": runs.metric,
        "names": names,
        "band": BANDS["seeds"],
        "keys": list(dict.fromkeys(key for texts in runs.settings.values() for key in texts)),
        "settings": [
            {
                "label": labels[i],
                "texts": runs.settings[first[i]],
                "config": setting,
                "words": command(setting, [0]).removeprefix("hyperopt run ").rpartition(" seed=")[0],
            }
            for i, setting in enumerate(settings)
        ],
        "made": made,
        "runs": [_run(record, of_setting[i], of_made[i], names) for i, record in enumerate(records)],
        "t": [rounded(t) for t in t_quantiles(MOST_SEEDS)],
        "training": [asdict(pack) for pack in runs.training],
    }
    return {"runs.js": data(given)}


def _run(record: Trained, setting: int, made: int, names: Sequence[str]) -> dict[str, Any]:
    every: Mapping[str, Sequence[float]] = {**record.metrics, **record.hyperparameters}
    epochs = max(map(len, every.values()), default=0)
    points = thinned(epochs, MOST_POINTS)
    return {
        "id": record.id,
        "seed": record.config["seed"],
        "setting": setting,
        "made": made,
        "diverged": record.diverged,
        "seconds": rounded(record.seconds, 4),
        "steps": record.steps,
        "started": record.made.get("started", ""),
        "epochs": epochs,
        "at": [i + 1 for i in points],
        "series": [
            [rounded(y[i]) if i < len(y) else None for i in points] if (y := every.get(name)) else None
            for name in names
        ],
        "events": [[e["event"], e["step"], e["epoch"], e["level"]] for e in record.events],
    }


def _labels(settings: Sequence[Mapping[str, Any]], texts: Sequence[Mapping[str, str]]) -> list[str]:
    """Return unique names of settings, with the options that distinguish those of equal stack and alphas."""
    short = [label(setting, whole=False) for setting in settings]
    found: list[str] = []
    for name, own in zip(short, texts, strict=True):
        alike = [other for other, those in zip(texts, short, strict=True) if those == name]
        apart = [
            f"{key}={text}" for key, text in own.items() if any(other.get(key) != text for other in alike)
        ]
        whole = ", ".join([name, *apart])
        found.append(f"{whole} ({found.count(whole) + 1})" if whole in found else whole)
    return found


def _in_order(name: str) -> tuple[bool, str]:
    """Return a sort key that puts metrics before hyperparameters, whose names begin with a level."""
    return name[:1].isdigit(), name
