"""One attempt at a pack: its records, or its failure as a value that holds no reference to the attempt."""

from __future__ import annotations

import gc
import traceback
from dataclasses import dataclass
from pathlib import Path

from hyperopt.durable import StorageError
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.process import give_memory_back, prepare_process, with_room
from hyperopt.engine.trainer import train_pack
from hyperopt.errors import ConfigError
from hyperopt.optim.own import own_place
from hyperopt.records import Record

OUT_OF_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "killed signal terminated program",  # a compiler that the system killed
)


@dataclass(frozen=True)
class Failure:
    """Why a pack has no records.

    Attributes:
        reason: one line.
        details: everything known, such as a traceback.
        memory: whether it certainly or probably ran out of memory.
        storage: the error if a folder cannot be written, which would stop every other pack too.
    """

    reason: str
    details: str
    memory: bool = False
    storage: StorageError | None = None


def attempt(pack: Pack, options: Options, root: Path) -> list[Record] | Failure:
    """Train a pack in this process; failures are returned, not raised.

    An error is returned as text: the exception's traceback would keep the attempt's memory, which the next
    attempt needs.
    """
    prepare_process()
    result: list[Record] | Failure
    try:
        result = with_room(train_pack, pack, options, root)
    except (Exception, SystemExit) as error:  # a user's module may call exit
        result = failure_of(error, pack)
    gc.collect()  # a compiled step references itself and the data set: 220 MB per pack with MNIST
    if isinstance(result, Failure):
        give_memory_back()
    return result


def failure_of(error: BaseException, pack: Pack) -> Failure:
    """Return an error as text, with its location if that is in a user's module."""
    reason = (str(error).strip() or "no message").splitlines()[0]
    trace, run = "".join(traceback.format_exception(error)), pack.first
    if not isinstance(error, ConfigError):  # a sentence, which says where
        reason = f"{type(error).__name__}: {reason}"
        if place := own_place((*run.stack, run.dataset["name"], run.model["name"]), trace):
            reason = f"{reason}, in your {place}"
    storage = StorageError(*error.args) if isinstance(error, StorageError) else None
    return Failure(reason, trace, ran_out_of_memory(error), storage)


def ran_out_of_memory(error: BaseException) -> bool:
    """Return whether a pack failed because it, or a compiler that it called, ran out of memory."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, RuntimeError) and any(words in str(error).lower() for words in OUT_OF_MEMORY):
        return True
    return error.__cause__ is not None and ran_out_of_memory(error.__cause__)
