"""Trains a pack for any number of steps, to measure speed."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from hyperopt.data import Data
from hyperopt.engine.batches import Batches, epoch_batches
from hyperopt.engine.pack import Pack
from hyperopt.engine.program import initial, least_runs, pack_step
from hyperopt.engine.trainer import train_epoch


@dataclass
class SteppedTraining:
    """A pack in training, as in `train_pack` but without evaluation, checkpoints and records.

    Args:
        pack: the pack to train, for as many epochs as needed.
        data: on `device`.
        device: "cpu" or "cuda".
        compiled: whether the step is compiled, at the first call of `advance`.
    """

    pack: Pack
    data: Data
    device: str
    compiled: bool
    _epochs: count[int] = field(default_factory=count)
    _left: Batches | None = None

    def __post_init__(self) -> None:
        self._training, self._state = initial(self.pack, self.data, self.device)
        least = least_runs(self._training, self.device, compiled=self.compiled)
        if len(self.pack.runs) < least:
            self.pack = Pack(self.pack.runs * least)
            self._training, self._state = initial(self.pack, self.data, self.device)
        self._step = pack_step(self.pack, self._training, self.data, compiled=self.compiled)

    def advance(self, steps: int) -> None:
        """Train for this many steps; return when the device has finished them."""
        while steps > 0:
            if self._left is None or not len(self._left.steps):
                rows = len(self.data.train_x)
                self._left = epoch_batches(
                    self.pack, next(self._epochs), rows, self.device, self._training.dropped
                )
            now = self._left.part(slice(steps))
            self._left = self._left.part(slice(steps, None))
            self._state, _ = train_epoch(self._training, self._step, self._state, now)
            steps -= len(now.steps)
