"""Notes of packs that were begun; those left behind tell how much fits into memory.

A pack whose command or worker was killed leaves its note, and so does one that did not fit. Whoever trains
its runs next, perhaps after another start, begins with smaller packs, then with fewer at once.
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
    """That a pack was begun.

    Attributes:
        name: of the pack.
        ids: of its runs.
        epochs: of each of them.
        beside: packs in training at once, itself counted.
        memory: whether it is known that it did not fit into memory.
    """

    name: str
    ids: tuple[str, ...]
    epochs: int
    beside: int
    memory: bool = False


def note_of(pack: Pack, beside: int, *, memory: bool = False) -> Begun:
    """The note of a pack."""
    return Begun(pack.name, tuple(run.id for run in pack.runs), pack.first.epochs, beside, memory)


def keep(root: Path, note: Begun) -> None:
    """Write a note; what an earlier try reported of its progress goes."""
    files = PackFiles(root, note.name)
    remove(files.progress)
    remove(files.numbers)
    write(files.begun, json.dumps(asdict(note)), durable=False)


def notes(root: Path) -> list[Begun]:
    """The notes of all packs that were begun and not finished, by this command or others."""
    found = []
    for path in sorted((root / "begun").glob("*.json")):
        with suppress(*UNREADABLE):  # a damaged note says nothing
            ordinary(path)
            said = json.loads(path.read_text(encoding="utf-8"))
            ids = tuple(map(str, said["ids"]))
            found.append(
                Begun(path.stem, ids, int(said["epochs"]), int(said["beside"]), bool(said["memory"]))
            )
    return found


@dataclass
class Room:
    """How many runs may train together, as packs that did not end tell.

    Attributes:
        together: of a run, by its id, the most runs in its pack.
        at_once: of a run, the most packs in training at once.
        tried: of packs whose worker was lost, and that were tried again, how many epochs they had done.
    """

    together: dict[str, int] = field(default_factory=dict)
    at_once: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)

    def learn(self, note: Begun) -> None:
        """Halve a pack that did not end; of one run, the packs that train beside it."""
        runs = len(note.ids)
        limits, most = (self.together, runs) if runs > 1 else (self.at_once, note.beside)
        for each in note.ids:
            limits[each] = min(limits.get(each, most), max(1, (most + 1) // 2))

    def recall(self, root: Path, held: Container[str]) -> None:
        """Learn from the notes left behind, but of packs that had done an epoch: memory was enough for these.

        Args:
            root: where they lie.
            held: the runs that others train, whose packs may yet end.
        """
        for note in notes(root):
            epoch, since, _ = PackFiles(root, note.name).reported() or (0, 0, "")
            enough = since < epoch < note.epochs and not note.memory
            if not enough and not any(each in held for each in note.ids):
                self.learn(note)

    def again_as_it_was(self, root: Path, note: Begun, lost: WorkerLostError) -> bool:
        """Whether a pack whose worker was lost is tried again as it was: it got further than ever before.

        Its first try need not have, where its memory was hardly the reason, or there is nothing to halve.
        """
        epoch, since, _ = PackFiles(root, note.name).reported() or (0, 0, "")
        fits = lost.blame != "likely" or (len(note.ids) == 1 and note.beside == 1)
        before = self.tried.get(note.name, -1 if fits else since)
        again = lost.blame == "none" or epoch > before
        if again:
            self.tried[note.name] = max(epoch, before)
        return again

    def split(self, pack: Pack) -> list[Pack]:
        """A pack in parts as large as may be."""
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
