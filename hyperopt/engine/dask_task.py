"""What a worker of Dask does: it trains a pack, and lets the command know how far that is.

All goes through the scheduler where the worker does not share the command's folder.
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
"""A process trains one pack at a time, however many threads its worker has: torch's settings are its own."""

Attempt = Callable[[Pack, Options, Path], list[Record] | Failure]


class CancelledTraining(BaseException):
    """The command wants this pack no more."""


@dataclass(frozen=True)
class Errand:
    """What goes to a worker with a pack.

    Attributes:
        root: the command's folder, where the pack's files lie.
        stamp: when the note that the pack was begun was written, which tells whether the worker sees it.
        command: that trains, for the records.
        topic: of the events by which the worker tells how far it is.
        checkpoint: the file to go on from, where there is one.
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
        return replace(result, reason=f"{result.reason} (on {worker.address})")
    return [replace(record, made={**record.made, "command": errand.command}) for record in result]


def read_file(path: str) -> bytes | None:
    """The content of a file of this worker; None where it is gone, as its pack has finished."""
    with suppress(OSError):
        return Path(path).read_bytes()
    return None


def _watch(worker: Worker, key: str, files: PackFiles, topic: str | None) -> Callable[[], None]:
    """What ends the training in this thread once it is cancelled, and tells how far it is, given a topic."""
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
    """Whether nobody waits for a task any more, or its worker is about to end."""
    task = worker.state.tasks.get(key)
    return task is None or task.state == "cancelled" or worker.status not in (Status.running, Status.paused)


def _stamp(path: Path) -> int | None:
    """When a file was written; None where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
