"""Export of runs as TensorBoard event files: one in DIR/GROUP/RUN for each run, one for each group's mean.

Equal runs give equal bytes, so that exporting again only adds what is new.
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
"""The number of bytes at the start of an event file that contain its version and, in ours, the writer."""


def write_events(folder: Path, runs: Sequence[Exported]) -> int:
    """Write runs and return how many were new or had changed.

    Raises:
        ImpossibleError: TensorBoard is not installed.
        ConfigError: another program's file has one of the names.
        StorageError: the files cannot be written.
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
    """Check that a file, if it exists, was written by `write_events`, by its first record.

    Raises:
        ConfigError: it was not.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        first = file.read(MOST_OF_FIRST)
    if not all(word.encode() in first for word in (VERSION, WRITER)):
        raise foreign(path)


def check() -> None:
    """Check that TensorBoard is installed.

    Raises:
        ImpossibleError: it is not.
    """
    try:
        import tensorboard.summary.writer.record_writer  # noqa: F401
    except ImportError:
        raise lacking("tensorboard", "export tensorboard") from None


def encoded(run: Exported, *, settings: bool = True) -> bytes:
    """Return an event file: the settings as TensorBoard's hparams, then the numbers of epochs and steps."""
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
        for value in summary.value:  # protobuf maps have a random order unless serialized deterministically
            data = HParamsPluginData.FromString(value.metadata.plugin_data.content)
            value.metadata.plugin_data.content = data.SerializeToString(deterministic=True)
        writer.write(Event(wall_time=run.started, step=0, summary=summary).SerializeToString())
    for event in scalar_events(run):
        writer.write(event.SerializeToString())
    return sink.getvalue()


def scalar_events(run: Exported) -> Iterator[Any]:
    """Yield an event per number. Its step is the epoch, or the step if its tag begins with `by step/`."""
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
    """Write a file unless it has this content already; return whether it was written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    write(path, content, durable=False)
    return True
