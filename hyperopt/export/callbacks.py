"""Callbacks: code that is told, run by run, what epochs end with while packs train.

They are named on the command line, `callbacks=tensorboard,trackio`: one that ships, an entry point of the
group `hyperopt.callbacks` of another package, or a class of one's own as `package.module:Class`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

from hyperopt.config import Run
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import Plan
from hyperopt.engine.progress import Progress
from hyperopt.errors import ConfigError, typed, unknown
from hyperopt.export.live import TensorBoard, Trackio
from hyperopt.records import Record

GROUP = "hyperopt.callbacks"
LOG = logging.getLogger(__name__)


class Callback(Protocol):
    """What a callback is: made with the working folder, then told of each run. Calls come one at a time.

    One that has a method `step(run, step, numbers)` is also told what `record_every` records: the loss and
    the hyperparameters, at steps that are counted from 1.
    """

    def epoch(self, run: Run, epoch: int, numbers: Mapping[str, float]) -> None:
        """An epoch of a run is done; epochs are counted from 1, each is told once, in order.

        `numbers` are its metrics, and its hyperparameters by "level.name".
        """

    def finish(self, run: Run, record: Record) -> None:
        """A run's record is kept; epochs that were not told, as of workers elsewhere, are in it."""


SHIPPED: dict[str, Callable[[Path], Callback]] = {"tensorboard": TensorBoard, "trackio": Trackio}


def callbacks_of(names: Sequence[str], folder: Path) -> dict[str, Callback]:
    """The callbacks of these names, by name.

    Raises:
        ConfigError: there is none of that name, or it cannot be made.
    """
    found: dict[str, Callback] = {}
    for name, make in makers_of(names).items():
        with _refused(name):
            found[name] = make(folder)
    return found


def makers_of(names: Sequence[str]) -> dict[str, Callable[[Path], Callback]]:
    """What makes each of these callbacks of the working folder, by name; makes none.

    Raises:
        ConfigError: there is none of that name.
    """
    points = {point.name: point for point in entry_points(group=GROUP)}
    known = (*SHIPPED, *points)
    found: dict[str, Callable[[Path], Callback]] = {}
    for name in names:
        if name not in known and ":" not in name:
            raise unknown("callback", name, [*known, "package.module:Class"], given=f"callbacks={name}")
        with _refused(name):
            found[name] = SHIPPED.get(name) or (points[name].load() if name in points else _own(name))
    return found


@contextmanager
def _refused(name: str) -> Iterator[None]:
    """What goes wrong with a callback within, as a refusal of its name."""
    try:
        yield
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ConfigError(f"{typed('callbacks', name)}: it cannot be made: {error}") from error


def _own(name: str) -> Callable[[Path], Callback]:
    module, _, attribute = name.partition(":")
    maker: Callable[[Path], Callback] = getattr(import_module(module), attribute)
    return maker


class Observed:
    """A progress whose news callbacks hear too; one that fails is named once and heard no more of."""

    def __init__(self, progress: Progress, callbacks: Mapping[str, Callback]) -> None:
        self.progress = progress
        self.callbacks = dict(callbacks)

    def __getattr__(self, name: str) -> Any:
        """All else is the progress's."""
        return getattr(self.progress, name)

    def start(self, plan: Plan) -> None:
        """Training of a plan begins."""
        self.progress.start(plan)

    def numbers(self, pack: Pack, epoch: int, values: Mapping[str, Sequence[float]]) -> None:
        """Every run's numbers of an epoch."""
        self.progress.numbers(pack, epoch, values)
        for place, run in enumerate(pack.runs):
            of_run = {name: each[place] for name, each in values.items()}
            self._tell("epoch", run, epoch, of_run)

    def step(self, pack: Pack, step: int, runs: Sequence[Run], values: Mapping[str, Sequence[float]]) -> None:
        """Every run's numbers of a recorded step, for the callbacks that take them."""
        self.progress.step(pack, step, runs, values)
        for place, run in enumerate(runs):
            of_run = {name: each[place] for name, each in values.items()}
            self._tell("step", run, step, of_run)

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        """A pack's records are kept."""
        runs = {run.id: run for run in pack.runs}
        for record in records:
            self._tell("finish", runs[record.id], record)
        self.progress.finish(pack, records)

    def _tell(self, what: str, *news: Any) -> None:
        for name, callback in list(self.callbacks.items()):
            if what == "step" and not hasattr(callback, what):
                continue
            try:
                getattr(callback, what)(*news)
            except Exception as error:  # code of others: training goes on
                LOG.warning("the callback %s failed and is told no more: %r", name, error)
                del self.callbacks[name]
