"""Runs of the working store as a page of them needs them, and what is in training."""

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
"""The most settings beside stack and alpha by which runs are chosen."""


@dataclass(frozen=True)
class InTraining:
    """A pack in training: how many runs, epochs done of how many, what is being done, by which command."""

    runs: int
    epoch: int
    epochs: int
    doing: str
    command: str


@dataclass(frozen=True)
class OwnRuns:
    """Stored runs.

    Attributes:
        runs: those that are shown, by id.
        settings: of each, by key as text, what it was trained with: the stack, alpha, and what varies.
        metric: what they are measured by.
        stored: how many were chosen; where these are too many, the last are shown.
        training: the packs in training.
    """

    runs: Mapping[str, Trained]
    settings: Mapping[str, Mapping[str, str]]
    metric: str
    stored: int
    training: tuple[InTraining, ...]


def own_runs(chosen: Selection, records: Mapping[str, Trained], stored: int, root: Path) -> OwnRuns:
    """Chosen runs.

    Args:
        chosen: the runs to show.
        records: their records.
        stored: how many there would be to show.
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
    """The packs that commands which live train in the working store `root`."""
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
