"""Notes of started packs; leftover notes show how much fits into memory.

A pack leaves its note behind if its command or worker was killed or if it ran out of memory. Whoever trains
its runs next, even in a later command, starts with smaller packs, then with fewer at once.
"""

from __future__ import annotations

import json
from collections.abc import Container
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from math import inf
from pathlib import Path

from hyperopt.config import Run
from hyperopt.durable import remove, write
from hyperopt.engine.heads import UNREADABLE, ordinary
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.workers import WorkerLostError


@dataclass(frozen=True)
class Begun:
    """The note of a started pack.

    Attributes:
        name: the pack's name.
        ids: its runs' ids.
        epochs: the epochs of each run.
        beside: number of packs training at once, including this one.
        memory: whether it is known to have run out of memory.
    """

    name: str
    ids: tuple[str, ...]
    epochs: int
    beside: int
    memory: bool = False


def note_of(pack: Pack, beside: int, *, memory: bool = False) -> Begun:
    """Return the note of a pack."""
    return Begun(pack.name, tuple(run.id for run in pack.runs), pack.first.epochs, beside, memory)


def keep(root: Path, note: Begun) -> None:
    """Write a note and delete the progress reported by an earlier attempt."""
    files = PackFiles(root, note.name)
    remove(files.progress)
    remove(files.numbers)
    write(files.begun, json.dumps(asdict(note)), durable=False)


def notes(root: Path) -> list[Begun]:
    """Return the notes of all started, unfinished packs, of this command or others."""
    found = []
    for path in sorted((root / "begun").glob("*.json")):
        with suppress(*UNREADABLE):  # damaged notes are ignored
            ordinary(path)
            said = json.loads(path.read_text(encoding="utf-8"))
            ids = tuple(map(str, said["ids"]))
            found.append(
                Begun(path.stem, ids, int(said["epochs"]), int(said["beside"]), bool(said["memory"]))
            )
    return found


@dataclass
class Room:
    """Limits on runs that train together, learned from packs that did not finish.

    Attributes:
        together: by run id, the maximum number of runs in its pack.
        at_once: by run id, the maximum number of packs training at once.
        tried: for retried packs whose worker was lost, the epochs they had done.
    """

    together: dict[str, int] = field(default_factory=dict)
    at_once: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)

    def learn(self, note: Begun) -> None:
        """Halve a pack that did not finish; for a single run, halve the packs beside it."""
        runs = len(note.ids)
        limits, most = (self.together, runs) if runs > 1 else (self.at_once, note.beside)
        for each in note.ids:
            limits[each] = min(limits.get(each, most), max(1, (most + 1) // 2))

    def recall(self, root: Path, held: Container[str]) -> None:
        """Learn from leftover notes, except of packs that finished an epoch, for which memory sufficed.

        Args:
            root: the folder of the notes.
            held: the runs that other commands train; their packs may still finish.
        """
        for note in notes(root):
            epoch, since, _ = PackFiles(root, note.name).reported() or (0, 0, "")
            enough = since < epoch < note.epochs and not note.memory
            if not enough and not any(each in held for each in note.ids):
                self.learn(note)

    def again_as_it_was(self, root: Path, note: Begun, lost: WorkerLostError) -> bool:
        """Return whether to retry a pack unchanged after losing its worker: it got further than before.

        The first attempt needs no progress if memory was hardly the reason, or if nothing can be halved.
        """
        epoch, since, _ = PackFiles(root, note.name).reported() or (0, 0, "")
        fits = lost.blame != "likely" or (len(note.ids) == 1 and note.beside == 1)
        before = self.tried.get(note.name, -1 if fits else since)
        again = lost.blame == "none" or epoch > before
        if again:
            self.tried[note.name] = max(epoch, before)
        return again

    def split(self, pack: Pack) -> list[Pack]:
        """Split a pack into the largest allowed parts."""
        if self.together.keys().isdisjoint(run.id for run in pack.runs):
            return [pack]
        parts: list[list[Run]] = []
        for run in pack.runs:
            together = [*parts[-1], run] if parts else [run]
            if parts and len(together) <= min(self.together.get(each.id, inf) for each in together):
                parts[-1].append(run)
            else:
                parts.append([run])
        return [Pack(tuple(part)) for part in parts]
