"""Checkpoint headers: the runs they hold and their epochs; read without torch."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from safetensors import SafetensorError, safe_open

LOG = logging.getLogger(__name__)
UNREADABLE = (OSError, SafetensorError, ValueError, TypeError, KeyError, RecursionError)


@dataclass(frozen=True)
class Head:
    """A checkpoint's header.

    Attributes:
        path: its file.
        ids: the ids of its runs, in order.
        epoch: epochs done.
    """

    path: Path
    ids: list[str]
    epoch: int


def heads(root: Path) -> list[Head]:
    """Return the headers of all checkpoints under `root`; unreadable ones are reported and set aside."""
    found = []
    for path in sorted((root / "checkpoints").glob("*.safetensors")):
        try:
            ordinary(path)
            with safe_open(path, "np") as file:
                said = what_it_says(file.metadata())
            found.append(Head(path, [str(i) for i in json.loads(said["ids"])], int(said["epoch"])))
        except FileNotFoundError:  # another command has just finished that pack
            continue
        except UNREADABLE as error:
            set_aside(path, error)
    return found


def checkpointed_ids(root: Path) -> list[list[str]]:
    """Return the run ids of every checkpoint under `root`, one list per pack in its order."""
    return [head.ids for head in heads(root)]


def what_it_says(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return ids, epoch and notes, verified by their own checksum, so that tensors need not be read."""
    said = {key: metadata[key] for key in ("ids", "epoch", "notes")}
    if metadata["sum of notes"] != sum_of(said).hexdigest():
        raise ValueError("its checksum is not that of its notes")
    return said


def sum_of(said: Mapping[str, str]) -> blake2b:
    """Return a checksum of the header, which the tensors can be added to."""
    return blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16)


def ordinary(path: Path) -> None:
    """Reject anything but a regular file before opening it: reading a pipe would never end."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError("it is not an ordinary file")


def set_aside(path: Path, error: Exception) -> None:
    """Report an unreadable checkpoint and move it out of the way."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    LOG.warning("%s is damaged (%s): it is renamed to *.damaged, its runs start over.", path, reason)
    with suppress(OSError):
        path.rename(path.with_name(f"{path.name}.damaged"))
