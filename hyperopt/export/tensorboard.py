"""Runs as event files of TensorBoard: DIR/GROUP/RUN, and the mean over the seeds of each group.

The same runs give the same bytes, so that to export again changes nothing, and adds what is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

from hyperopt.durable import write
from hyperopt.export.series import MEAN, Exported, lacking, means

VERSION = "brain.Event:2"
FILE = "events.out.tfevents.0.hyperopt"


def write_events(folder: Path, runs: Sequence[Exported]) -> int:
    """Write runs; returns how many were not there before, or were others.

    Raises:
        ImpossibleError: TensorBoard is not installed.
        StorageError: the system does not let us write there.
    """
    new = 0
    for group, of_group in groupby(runs, key=lambda run: run.group):
        together = list(of_group)
        for run in together:
            events = encoded(run.series, run.started, run.settings, run.name)
            new += _put(folder / group / run.name / FILE, events)
        if len(together) > 1:
            mean = encoded(means(together), together[0].started)
            _put(folder / group / MEAN / FILE, mean)
    return new


def check() -> None:
    """Refuse to begin where TensorBoard is not installed.

    Raises:
        ImpossibleError: it is not.
    """
    encoded({}, 0.0)


def encoded(
    series: Mapping[str, Iterable[float]],
    started: float,
    settings: Mapping[str, Any] | None = None,
    name: str = "",
) -> bytes:
    """An event file: the settings as TensorBoard's hyperparameters, then the numbers of every epoch."""
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.plugins.hparams import summary_v2
        from tensorboard.summary.writer.record_writer import RecordWriter
    except ImportError:
        raise lacking("tensorboard", "export tensorboard") from None
    sink = BytesIO()
    writer = RecordWriter(sink)
    writer.write(Event(wall_time=started, file_version=VERSION).SerializeToString())
    if settings is not None:
        summary = summary_v2.hparams_pb(dict(settings), trial_id=name, start_time_secs=started)
        writer.write(Event(wall_time=started, step=0, summary=summary).SerializeToString())
    for event in scalar_events(series, started):
        writer.write(event.SerializeToString())
    return sink.getvalue()


def scalar_events(series: Mapping[str, Iterable[float]], started: float, first: int = 1) -> Iterator[Any]:
    """An event for each number; steps are epochs, from `first`."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    for tag, values in series.items():
        for epoch, value in enumerate(values, first):
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            yield Event(wall_time=started + epoch, step=epoch, summary=summary)


def _put(path: Path, content: bytes) -> bool:
    """Write a file unless it is as it would be; whether it was written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    write(path, content, durable=False)
    return True
