"""Runs as event files of TensorBoard: DIR/GROUP/RUN, and the mean over the seeds of each group.

The same runs give the same bytes, so that to export again changes nothing, and adds what is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

from hyperopt.durable import write
from hyperopt.export.series import BY_STEP, MEAN, Exported, foreign, lacking, mean_of

VERSION = "brain.Event:2"
FILE = "events.out.tfevents.0.hyperopt"
WRITER = "hyperopt"
MOST_OF_FIRST = 64
"""The bytes within which an event file says its version, and ours who wrote it."""


def write_events(folder: Path, runs: Sequence[Exported]) -> int:
    """Write runs; returns how many were not there before, or were others.

    Raises:
        ImpossibleError: TensorBoard is not installed.
        ConfigError: a file of such a name is there that is not ours.
        StorageError: the system does not let us write there.
    """
    new = 0
    groups = [(group, list(of_group)) for group, of_group in groupby(runs, key=lambda run: run.group)]
    for group, together in groups:
        for name in [*(run.name for run in together), MEAN]:
            check_ours(folder / group / name / FILE)
    for group, together in groups:
        for run in together:
            new += _put(folder / group / run.name / FILE, encoded(run))
        if len(together) > 1:
            _put(folder / group / MEAN / FILE, encoded(mean_of(together), settings=False))
    return new


def check_ours(path: Path) -> None:
    """Refuse to replace a file that we have not written, as its first record tells.

    Raises:
        ConfigError: there is one.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        first = file.read(MOST_OF_FIRST)
    if not all(word.encode() in first for word in (VERSION, WRITER)):
        raise foreign(path)


def check() -> None:
    """Refuse to begin where TensorBoard is not installed.

    Raises:
        ImpossibleError: it is not.
    """
    try:
        import tensorboard.summary.writer.record_writer  # noqa: F401
    except ImportError:
        raise lacking("tensorboard", "export tensorboard") from None


def encoded(run: Exported, *, settings: bool = True) -> bytes:
    """An event file: the settings as TensorBoard's hyperparameters, then the numbers of epochs and steps."""
    check()
    from tensorboard.compat.proto.event_pb2 import Event, SourceMetadata
    from tensorboard.plugins.hparams import summary_v2
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
    from tensorboard.summary.writer.record_writer import RecordWriter

    sink = BytesIO()
    writer = RecordWriter(sink)
    begin = Event(wall_time=run.started, file_version=VERSION, source_metadata=SourceMetadata(writer=WRITER))
    writer.write(begin.SerializeToString())
    if settings:
        summary = summary_v2.hparams_pb(dict(run.settings), trial_id=run.name, start_time_secs=run.started)
        for value in summary.value:  # a map, whose order is another in every process unless it is asked for
            told = HParamsPluginData.FromString(value.metadata.plugin_data.content)
            value.metadata.plugin_data.content = told.SerializeToString(deterministic=True)
        writer.write(Event(wall_time=run.started, step=0, summary=summary).SerializeToString())
    for event in scalar_events(run):
        writer.write(event.SerializeToString())
    return sink.getvalue()


def scalar_events(run: Exported) -> Iterator[Any]:
    """An event for each number; its step is the epoch, or the step where the tag begins with `by step/`."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    points: dict[str, Iterable[tuple[int, float]]] = {
        tag: enumerate(values, 1) for tag, values in run.series.items()
    }
    points |= {f"{BY_STEP}/{tag}": zip(run.steps, values, strict=True) for tag, values in run.by_step.items()}
    for tag, of_tag in points.items():
        for step, value in of_tag:
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            yield Event(wall_time=run.started + step, step=step, summary=summary)


def _put(path: Path, content: bytes) -> bool:
    """Write a file unless it is as it would be; whether it was written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    write(path, content, durable=False)
    return True
