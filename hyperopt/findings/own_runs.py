"""The data of the page of a user's own runs, and the packs in training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hyperopt.engine.begun import notes
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.run_claims import RunClaims
from hyperopt.errors import shown
from hyperopt.findings.view import Trained
from hyperopt.selection import Selection
from hyperopt.selection.rows import metric_of, varied

MOST_KEYS = 8
"""The maximum number of settings, besides stack and alpha, by which the page can filter runs."""


@dataclass(frozen=True)
class InTraining:
    """A pack in training.

    Attributes:
        runs: the number of runs.
        epoch: the number of finished epochs.
        epochs: the number of all epochs.
        doing: what it is doing, such as compiling.
        command: the command that trains it.
    """

    runs: int
    epoch: int
    epochs: int
    doing: str
    command: str


@dataclass(frozen=True)
class OwnRuns:
    """Stored runs.

    Attributes:
        runs: the records of the shown runs, by id.
        settings: each run's stack, alpha and varied settings as text, by key.
        metric: the metric that is shown by default.
        stored: the number of selected runs; if they are too many, only the last are shown.
        training: the packs in training.
    """

    runs: Mapping[str, Trained]
    settings: Mapping[str, Mapping[str, str]]
    metric: str
    stored: int
    training: tuple[InTraining, ...]


def own_runs(chosen: Selection, records: Mapping[str, Trained], stored: int, root: Path) -> OwnRuns:
    """Return the data of the page.

    Args:
        chosen: the runs to show.
        records: their records.
        stored: the number of selected runs, including those that are not shown.
        root: the folder of the working store.
    """
    keys = ["stack", "alpha", *varied(chosen)[:MOST_KEYS]]
    columns = [[_text(value) for value in chosen.column(key)] for key in keys]
    settings = {
        id_: {key: text for key, text in zip(keys, texts, strict=True) if text}
        for id_, *texts in zip(chosen.ids, *columns, strict=True)
    }
    there = {id_: records[id_] for id_ in chosen.ids if id_ in records}
    return OwnRuns(there, settings, metric_of(chosen), stored, tuple(in_training(root)))


def in_training(root: Path) -> list[InTraining]:
    """Return the packs that running commands are training in the working store `root`."""
    if not (root / "claims").is_dir():
        return []
    held = RunClaims(root).held()
    found = []
    for note in notes(root):
        commands = {held[id_] for id_ in note.ids if id_ in held}
        if commands:
            epoch, _, doing = PackFiles(root, note.name).reported() or (0, 0, "waiting")
            found.append(InTraining(len(note.ids), epoch, note.epochs, doing, min(commands)))
    return found


def _text(value: object) -> str:
    if value is None:
        return ""
    return shown(value) if isinstance(value, str | bool | int | float | list) else str(value)
