"""How far packs in training are, as their files say."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hyperopt.engine.pack import Pack, run_steps
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.progress import Progress


@dataclass
class Following:
    """Tells the progress how far packs are whose files lie under `root`, each epoch's numbers once.

    Attributes:
        root: the folder of the store's files beside its records.
        progress: is told.
    """

    root: Path
    progress: Progress
    _told: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Of a pack the last epoch and the last step that were told, and where these end in its file."""
    _telling: threading.Lock = field(default_factory=threading.Lock)

    def look(self, packs: Iterable[Pack]) -> None:
        """Tell how far packs are now."""
        for pack in packs:
            self.tell_numbers(pack)
            if (reported := PackFiles(self.root, pack.name).reported()) is not None:
                epoch, since, doing = reported
                steps = run_steps(pack.first) * epoch // pack.first.epochs
                self.progress.update(pack, epoch, steps, since, doing)

    def tell_numbers(self, pack: Pack) -> None:
        """Tell of the epochs and recorded steps of a pack that are new."""
        with self._telling:
            epoch, step, start = self._told.get(pack.name, (0, 0, 0))
            new, start = PackFiles(self.root, pack.name).told(start)
            for at, values, places in new:  # what comes after a checkpoint may be trained twice
                if places is None and at > epoch:
                    self.progress.numbers(pack, at, values)
                    epoch = at
                elif places is not None and at > step:
                    self.progress.step(pack, at, [pack.runs[place] for place in places], values)
                    step = at
            self._told[pack.name] = epoch, step, start

    def forget(self, pack: Pack) -> None:
        """A pack that has finished."""
        self._told.pop(pack.name, None)
