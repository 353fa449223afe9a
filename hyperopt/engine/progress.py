"""Progress events of the engine, independent of how they are displayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hyperopt.config import Run
    from hyperopt.engine.pack import Pack
    from hyperopt.engine.plan import Plan
    from hyperopt.records import Record


class Progress(Protocol):
    """Receives the engine's events; calls may come from any thread, one at a time.

    A pack may differ from the plan's packs: it may be half of one, or the rest of another command's.
    """

    def start(self, plan: Plan) -> None:
        """Training of a plan begins."""

    def update(self, pack: Pack, epoch: int, steps: int, since: int = 0, doing: str = "training") -> None:
        """Report a pack's progress; called several times a second.

        Args:
            pack: in training.
            epoch: epochs done.
            steps: updates done in each run.
            since: of these epochs, how many a checkpoint held.
            doing: "training", or "compiling" its program.
        """

    def numbers(self, pack: Pack, epoch: int, values: Mapping[str, Sequence[float]]) -> None:
        """Report the results of each trained epoch of a pack, once and in order.

        Workers that do not share the store's folder report none; the records then have them.

        Args:
            pack: in training.
            epoch: epochs done.
            values: every metric, and every hyperparameter by "level.name", with a number for each run.
        """

    def step(self, pack: Pack, step: int, runs: Sequence[Run], values: Mapping[str, Sequence[float]]) -> None:
        """Report the numbers recorded at a step of a pack (`record_every`), like `numbers`.

        Args:
            pack: in training.
            step: counted from 1 over the whole run.
            runs: the pack's runs that still train.
            values: the loss, and every hyperparameter by "level.name", with a number for each of `runs`.
        """

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        """A pack's records are stored."""

    def halved(self, pack: Pack, parts: int) -> None:
        """A pack will be trained in this many parts: it ran out of memory or never finished."""

    def again(self, pack: Pack, reason: str) -> None:
        """A pack will be retried from its last checkpoint, unchanged or in halves."""

    def fewer(self, workers: int) -> None:
        """A run ran out of memory beside others; from now on at most this many packs train at once."""

    def waits(self, runs: int, commands: Sequence[str]) -> None:
        """This many runs are being trained by other commands; possibly 0 after a wait."""

    def found(self, runs: Sequence[Run]) -> None:
        """Another command has finished these runs."""

    def failed(self, pack: Pack, message: str) -> None:
        """A pack failed; the others continue."""

    def close(self) -> None:
        """No more events will come."""
