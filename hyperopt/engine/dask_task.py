"""The task of a Dask worker: trains a pack and reports its progress.

If the worker does not share the command's folder, all data go through the scheduler.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from typing import Any

from distributed import Status, Worker, get_worker

from hyperopt.durable import write
from hyperopt.engine.attempt import Failure
from hyperopt.engine.meanwhile import meanwhile
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.torch_private import compile_in_one_thread
from hyperopt.records import Record

LOOK_SECONDS = 0.5
ONE_AT_A_TIME = threading.Lock()
"""Lets a process train only one pack at a time, since torch's settings are per process."""

Attempt = Callable[[Pack, Options, Path], list[Record] | Failure]


class CancelledTraining(BaseException):
    """The command has cancelled this pack."""


@dataclass(frozen=True)
class Errand:
    """The data sent to a worker with a pack.

    Attributes:
        root: the command's folder, with the pack's files.
        stamp: modification time of the note that the pack was begun; tells whether the worker sees the
            folder.
        command: the training command, for the records.
        topic: the topic of the worker's progress events.
        checkpoint: the file to resume from, if any.
    """

    root: Path
    stamp: int
    command: str
    topic: str
    checkpoint: bytes | None


def train_there(attempt: Attempt, pack: Pack, options: Options, errand: Errand) -> list[Record] | Failure:
    """Train a pack on this worker."""
    worker = get_worker()
    key = worker.get_current_task()
    shared = _stamp(PackFiles(errand.root, pack.name).begun) == errand.stamp
    root = errand.root if shared else Path(worker.local_directory) / str(key)
    files = PackFiles(root, pack.name)
    compile_in_one_thread()
    try:
        watch = _watch(worker, str(key), files, None if shared else errand.topic)
        with ONE_AT_A_TIME, meanwhile(watch, LOOK_SECONDS):
            if errand.checkpoint is not None and not shared:
                write(files.checkpoint, errand.checkpoint, durable=False)
            result = attempt(pack, options, root)
    finally:
        if not shared:
            rmtree(root, ignore_errors=True)
    if isinstance(result, Failure):
        storage = result.storage if shared else None  # other workers have disks of their own
        return replace(result, reason=f"{result.reason} (on {worker.address})", storage=storage)
    return [replace(record, made={**record.made, "command": errand.command}) for record in result]


def read_file(path: str) -> bytes | None:
    """Return the content of a file of this worker; None if it is gone because its pack finished."""
    with suppress(OSError):
        return Path(path).read_bytes()
    return None


def _watch(worker: Worker, key: str, files: PackFiles, topic: str | None) -> Callable[[], None]:
    """Return what ends this thread's training once cancelled, and reports progress if given a topic."""
    trains = threading.get_ident()
    told: Any = None

    def watch() -> None:
        nonlocal told
        if _cancelled(worker, key):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(trains), ctypes.py_object(CancelledTraining)
            )
        elif topic is not None and told != (now := (files.reported(), _stamp(files.checkpoint))):
            told, saved = now, now[1] and str(files.checkpoint)
            worker.log_event(topic, {"key": key, "reported": now[0], "saved": saved})

    return watch


def _cancelled(worker: Worker, key: str) -> bool:
    """Return whether a task was cancelled or its worker is about to end."""
    task = worker.state.tasks.get(key)
    return task is None or task.state == "cancelled" or worker.status not in (Status.running, Status.paused)


def _stamp(path: Path) -> int | None:
    """Return a file's modification time; None if it does not exist."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
