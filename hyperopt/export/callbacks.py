"""Callbacks, which receive the numbers of every run during training.

`callbacks=tensorboard,trackio` names them on the command line: shipped ones, entry points of the group
`hyperopt.callbacks` in other packages, or a user's own class as `package.module:Class`.
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
    """The interface of a callback. Its constructor takes the working folder; calls are not concurrent.

    A callback may also have a method `step(run, step, numbers)`. It receives what `record_every` records: the
    loss and the hyperparameters at a step, counted from 1.
    """

    def epoch(self, run: Run, epoch: int, numbers: Mapping[str, float]) -> None:
        """Receive the numbers of an epoch; each epoch comes once and in order.

        Args:
            run: the run.
            epoch: the epoch, counted from 1.
            numbers: the metrics by name, and the hyperparameters by "level.name".
        """

    def finish(self, run: Run, record: Record) -> None:
        """Receive the record of a finished run.

        It has all epochs, including those that `epoch` did not receive, such as ones of remote workers.
        """


SHIPPED: dict[str, Callable[[Path], Callback]] = {"tensorboard": TensorBoard, "trackio": Trackio}


def callbacks_of(names: Sequence[str], folder: Path) -> dict[str, Callback]:
    """Return callbacks by name.

    Args:
        names: the names.
        folder: the working folder.

    Raises:
        ConfigError: there is no callback of a name, or its constructor fails.
    """
    found: dict[str, Callback] = {}
    for name, make in makers_of(names).items():
        with _refused(name):
            found[name] = make(folder)
    return found


def makers_of(names: Sequence[str]) -> dict[str, Callable[[Path], Callback]]:
    """Return the constructors of callbacks by name.

    Raises:
        ConfigError: there is no callback of a name, or its module cannot be imported.
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
    """Turn errors of a callback's import or constructor into a ConfigError with its name."""
    try:
        yield
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ConfigError(f"{typed('callbacks', name)}: it cannot be created: {error}") from error


def _own(name: str) -> Callable[[Path], Callback]:
    module, _, attribute = name.partition(":")
    maker: Callable[[Path], Callback] = getattr(import_module(module), attribute)
    return maker


class Observed:
    """A progress display that also calls callbacks; one that raises an error is reported and then dropped."""

    def __init__(self, progress: Progress, callbacks: Mapping[str, Callback]) -> None:
        self.progress = progress
        self.callbacks = dict(callbacks)

    def __getattr__(self, name: str) -> Any:
        """Delegate everything else to the wrapped progress."""
        return getattr(self.progress, name)

    def start(self, plan: Plan) -> None:
        """Begin training a plan."""
        self.progress.start(plan)

    def numbers(self, pack: Pack, epoch: int, values: Mapping[str, Sequence[float]]) -> None:
        """Pass on the numbers of an epoch for every run of a pack."""
        self.progress.numbers(pack, epoch, values)
        for place, run in enumerate(pack.runs):
            of_run = {name: each[place] for name, each in values.items()}
            self._tell("epoch", run, epoch, of_run)

    def step(self, pack: Pack, step: int, runs: Sequence[Run], values: Mapping[str, Sequence[float]]) -> None:
        """Pass on the numbers of a recorded step for every run of a pack."""
        self.progress.step(pack, step, runs, values)
        for place, run in enumerate(runs):
            of_run = {name: each[place] for name, each in values.items()}
            self._tell("step", run, step, of_run)

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        """Pass on the records of a finished pack."""
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
            except Exception as error:  # a user's code must not stop training
                LOG.warning("the callback %s failed and is not called again: %r", name, error)
                del self.callbacks[name]
