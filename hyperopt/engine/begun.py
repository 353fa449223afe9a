"""Notes of started packs; leftover notes show how much fits into memory.

A pack leaves its note behind if its command or worker was killed or if it ran out of memory. Whoever trains
its runs next, even in a later command, starts with smaller packs, then with fewer at once. If the command was
killed, and the system has ended no process for lack of memory since, the pack is first retried whole, once:
programs that watch the memory also end processes, and the system does not count these.
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
from hyperopt.engine.workers import WorkerLostError, memory_mark


@dataclass(frozen=True)
class Begun:
    """The note of a started pack.

    Attributes:
        name: the pack's name.
        ids: its runs' ids.
        epochs: the epochs of each run.
        beside: number of packs training at once, including this one.
        memory: whether it is known to have run out of memory.
        mark: the `memory_mark` when it started; "" if it trains elsewhere.
        again: whether an earlier pack of its runs did not finish.
    """

    name: str
    ids: tuple[str, ...]
    epochs: int
    beside: int
    memory: bool = False
    mark: str = ""
    again: bool = False


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
            found.append(
                Begun(
                    path.stem,
                    tuple(map(str, said["ids"])),
                    int(said["epochs"]),
                    int(said["beside"]),
                    bool(said["memory"]),
                    str(said["mark"]),
                    bool(said["again"]),
                )
            )
    return found


@dataclass
class Room:
    """Limits on runs that train together, learned from packs that did not finish.

    Attributes:
        together: by run id, the maximum number of runs in its pack.
        at_once: by run id, the maximum number of packs training at once.
        tried: for retried packs whose worker was lost, the epochs they had done.
        again: the ids of runs whose pack did not finish.
    """

    together: dict[str, int] = field(default_factory=dict)
    at_once: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)

    def note_of(self, pack: Pack, beside: int, *, here: bool) -> Begun:
        """Return the note of a pack that starts now; `here` says whether it trains on this machine."""
        ids, mark = tuple(run.id for run in pack.runs), memory_mark() if here else ""
        again = not self.again.isdisjoint(ids)
        return Begun(pack.name, ids, pack.first.epochs, beside, mark=mark, again=again)

    def learn(self, note: Begun) -> None:
        """Halve a pack that did not finish; for a single run, halve the packs beside it."""
        runs = len(note.ids)
        limits, most = (self.together, runs) if runs > 1 else (self.at_once, note.beside)
        for each in note.ids:
            limits[each] = min(limits.get(each, most), max(1, (most + 1) // 2))

    def recall(self, root: Path, held: Container[str]) -> None:
        """Learn from leftover notes, except of packs that finished an epoch, for which memory sufficed.

        A pack that may be retried whole is not learned from either.

        Args:
            root: the folder of the notes.
            held: the runs that other commands train; their packs may still finish.
        """
        for note in notes(root):
            epoch, since, _ = PackFiles(root, note.name).reported() or (0, 0, "")
            enough = since < epoch < note.epochs and not note.memory
            if enough or any(each in held for each in note.ids):
                continue
            self.again.update(note.ids)
            whole = not (note.memory or note.again) and note.mark and note.mark == memory_mark()
            if not whole:
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
