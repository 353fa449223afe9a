"""What checkpoints say of themselves: which runs they hold, and how far; read without torch."""

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
    """What a checkpoint says of itself.

    Attributes:
        path: its file.
        ids: of the runs it holds, in its order.
        epoch: epochs done.
    """

    path: Path
    ids: list[str]
    epoch: int


def heads(root: Path) -> list[Head]:
    """Of every checkpoint under `root`; one that cannot be read is named and set aside."""
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
    """The run ids of every checkpoint under `root`, each list one pack in its order."""
    return [head.ids for head in heads(root)]


def what_it_says(metadata: Mapping[str, str]) -> dict[str, str]:
    """Ids, epoch and notes, checked by a sum of their own, so that the tensors need not be read."""
    said = {key: metadata[key] for key in ("ids", "epoch", "notes")}
    if metadata["sum of notes"] != sum_of(said).hexdigest():
        raise ValueError("its checksum is not that of its notes")
    return said


def sum_of(said: Mapping[str, str]) -> blake2b:
    """A checksum of what a checkpoint says, which its tensors may be added to."""
    return blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16)


def ordinary(path: Path) -> None:
    """Refuse what is not a file of ours, before it is opened: a pipe would never end."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError("it is not an ordinary file")


def set_aside(path: Path, error: Exception) -> None:
    """Name a checkpoint that cannot be read, and put it where nothing reads it."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    LOG.warning("%s is damaged (%s): it is renamed to *.damaged, its runs start over.", path, reason)
    with suppress(OSError):
        path.rename(path.with_name(f"{path.name}.damaged"))
