"""The files of a pack in training: its checkpoint, its progress, its lock; one command at a time."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from hyperopt.optim.torch_private import tree_flatten, tree_leaves, tree_unflatten

T = TypeVar("T")


@dataclass(frozen=True)
class Checkpoint:
    """A pack's state after `epoch` epochs, as pytree flattens it, and the trainer's notes on it."""

    epoch: int
    leaves: list[Tensor]
    notes: dict[str, Any]


@dataclass
class PackFiles:
    """The files of one pack while it trains, under the folder `root` of the working store."""

    root: Path
    name: str
    locked: IO[str] | None = field(default=None, repr=False)

    @property
    def checkpoint(self) -> Path:
        """The file of the last checkpoint."""
        return self.root / "checkpoints" / f"{self.name}.safetensors"

    @property
    def progress(self) -> Path:
        """The file that says how many epochs are done."""
        return self.root / "progress" / f"{self.name}.json"

    def save(self, ids: Sequence[str], epoch: int, state: object, notes: dict[str, Any]) -> None:
        """Write the state aside and rename."""
        leaves = {f"{i:05d}": leaf.contiguous() for i, leaf in enumerate(tree_leaves(state))}
        metadata = {"ids": json.dumps(list(ids)), "epoch": str(epoch), "notes": json.dumps(notes)}
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        part = self.checkpoint.with_suffix(f".{os.getpid()}.part")
        save_file(leaves, part, metadata)
        part.replace(self.checkpoint)

    def load(self, device: str) -> Checkpoint | None:
        """The last checkpoint; None where there is none, or it is damaged (training then starts over)."""
        try:
            with safe_open(self.checkpoint, "pt", device=device) as file:
                metadata = file.metadata()
                leaves = [file.get_tensor(key) for key in sorted(file.keys())]
        except (FileNotFoundError, SafetensorError):
            return None
        return Checkpoint(int(metadata["epoch"]), leaves, json.loads(metadata["notes"]))

    def report(self, epoch: int, since: int = 0) -> None:
        """Note how many epochs are done, and after which one training went on from a checkpoint."""
        self.progress.parent.mkdir(parents=True, exist_ok=True)
        part = self.progress.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps({"epoch": epoch, "since": since}))
        part.replace(self.progress)

    def reported(self) -> tuple[int, int] | None:
        """Both numbers as last noted; None where the pack has not started."""
        try:
            said = json.loads(self.progress.read_text())
            return int(said["epoch"]), int(said.get("since", 0))
        except FileNotFoundError:
            return None

    def write_failure(self, text: str) -> Path:
        """Write down what went wrong; returns the file."""
        path = self.root / "failures" / f"{self.name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def lock(self, *, wait: bool) -> bool:
        """Keep other commands from this pack; False where one has it and we do not wait."""
        path = self.root / "locks" / f"{self.name}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.locked = path.open("w")
        try:
            fcntl.flock(self.locked, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.unlock()
            return False
        return True

    def unlock(self) -> None:
        """Let others have it."""
        if self.locked is not None:
            self.locked.close()
            self.locked = None

    def clear(self) -> None:
        """Remove what only an unfinished pack needs."""
        for path in (self.checkpoint, self.progress):
            path.unlink(missing_ok=True)


def checkpointed_ids(root: Path) -> list[list[str]]:
    """The run ids of every checkpoint under `root`: a list per pack, in the pack's order."""
    packs = []
    for path in sorted((root / "checkpoints").glob("*.safetensors")):
        try:
            with safe_open(path, "pt") as file:
                packs.append(json.loads(file.metadata()["ids"]))
        except SafetensorError:
            continue
    return packs


def restore(like: T, leaves: Sequence[Tensor]) -> T | None:
    """`leaves` in the structure of `like`; None where they do not fit, as those of an older version."""
    expected, tree = tree_flatten(like)
    if [(leaf.shape, leaf.dtype) for leaf in leaves] != [(leaf.shape, leaf.dtype) for leaf in expected]:
        return None
    restored: T = tree_unflatten([torch.clone(leaf) for leaf in leaves], tree)
    return restored
