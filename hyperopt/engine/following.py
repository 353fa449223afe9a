"""Progress of packs in training, read from their files."""

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
    """Reports the progress of packs with files under `root`, each epoch's numbers once.

    Attributes:
        root: the folder of the store's files beside its records.
        progress: receives the reports.
    """

    root: Path
    progress: Progress
    _told: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """For a pack, the last epoch and step that were reported, and their positions in its file."""
    _telling: threading.Lock = field(default_factory=threading.Lock)

    def look(self, packs: Iterable[Pack]) -> None:
        """Report the current progress of packs."""
        for pack in packs:
            self.tell_numbers(pack)
            if (reported := PackFiles(self.root, pack.name).reported()) is not None:
                epoch, since, doing = reported
                steps = run_steps(pack.first) * epoch // pack.first.epochs
                self.progress.update(pack, epoch, steps, since, doing)

    def tell_numbers(self, pack: Pack) -> None:
        """Report new epochs and recorded steps of a pack."""
        with self._telling:
            epoch, step, start = self._told.get(pack.name, (0, 0, 0))
            new, start = PackFiles(self.root, pack.name).told(start)
            for at, values, places in new:  # epochs after a checkpoint may be trained twice
                if places is None and at > epoch:
                    self.progress.numbers(pack, at, values)
                    epoch = at
                elif places is not None and at > step:
                    self.progress.step(pack, at, [pack.runs[place] for place in places], values)
                    step = at
            self._told[pack.name] = epoch, step, start

    def forget(self, pack: Pack) -> None:
        """Forget a finished pack."""
        self._told.pop(pack.name, None)
