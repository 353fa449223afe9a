"""What the engine tells of its work as it goes; who shows it is not its concern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hyperopt.config import Run
    from hyperopt.engine.pack import Pack
    from hyperopt.engine.plan import Plan
    from hyperopt.records import Record


class Progress(Protocol):
    """What the engine tells while it trains; calls may come from any thread, one at a time.

    A pack need not be one of the plan's: it may hold the half of one, or what another command left of one.
    """

    def start(self, plan: Plan) -> None:
        """Training of a plan begins."""

    def update(self, pack: Pack, epoch: int, steps: int, since: int = 0, doing: str = "training") -> None:
        """How far a pack is, told several times a second.

        Args:
            pack: in training.
            epoch: epochs done.
            steps: updates done in each run.
            since: of these epochs, how many a checkpoint held.
            doing: "training", or "compiling" its program.
        """

    def numbers(self, pack: Pack, epoch: int, values: Mapping[str, Sequence[float]]) -> None:
        """What an epoch of a pack ended with, told once for each epoch that was trained, in order.

        Workers that do not share the folder of the store tell none: then the records have them.

        Args:
            pack: in training.
            epoch: epochs done.
            values: of every metric, and every hyperparameter by "level.name", a number for each run.
        """

    def step(self, pack: Pack, step: int, runs: Sequence[Run], values: Mapping[str, Sequence[float]]) -> None:
        """What was recorded at a step of a pack, where `record_every` asks for it; told as `numbers` is.

        Args:
            pack: in training.
            step: counted from 1 over the whole run.
            runs: those of the pack that still train.
            values: the loss, and every hyperparameter by "level.name", a number for each of `runs`.
        """

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        """A pack's records are kept."""

    def halved(self, pack: Pack, parts: int) -> None:
        """A pack will be trained in so many parts: as a whole it did not fit, or was never ended."""

    def again(self, pack: Pack, reason: str) -> None:
        """A pack will be tried again, from its last checkpoint, as it was or in halves."""

    def fewer(self, workers: int) -> None:
        """A run did not fit beside others; no more than so many packs train at once from here on."""

    def waits(self, runs: int, commands: Sequence[str]) -> None:
        """So many runs are being trained by other commands; none, where there was one."""

    def found(self, runs: Sequence[Run]) -> None:
        """Another command has finished these."""

    def failed(self, pack: Pack, message: str) -> None:
        """A pack failed; the others go on."""

    def close(self) -> None:
        """Nothing more will come."""
