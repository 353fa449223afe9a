"""Files of a pack in training: checkpoint, progress, failure; only the checkpoint needs torch."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from safetensors import SafetensorError, safe_open

from hyperopt.durable import aside, remove, write
from hyperopt.engine.heads import UNREADABLE, heads, ordinary, set_aside, sum_of, what_it_says

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
TRAINING, COMPILING = "training", "compiling"


@dataclass(frozen=True)
class Checkpoint:
    """The state of runs after `epoch` epochs, flattened by pytree, with the trainer's notes.

    Attributes:
        ids: ids of the runs, in order of the first axis of every leaf.
        epoch: epochs done.
        leaves: the leaves of the state.
        notes: the trainer's additional data.
    """

    ids: list[str]
    epoch: int
    leaves: list[Tensor]
    notes: dict[str, Any]


class Told(NamedTuple):
    """The results of an epoch or of a recorded step.

    Attributes:
        at: the epoch, or the step.
        values: by name, a number for each run; for a step, for each of `places`.
        places: indices of the runs in the pack; None for an epoch.
    """

    at: int
    values: dict[str, list[float]]
    places: list[int] | None = None


@dataclass(frozen=True)
class PackFiles:
    """The files of one pack while it trains, under the folder `root` of the working store."""

    root: Path
    name: str

    @property
    def checkpoint(self) -> Path:
        """The file of the last checkpoint."""
        return self.root / "checkpoints" / f"{self.name}.safetensors"

    @property
    def progress(self) -> Path:
        """The file with the number of finished epochs."""
        return self.root / "progress" / f"{self.name}.json"

    @property
    def begun(self) -> Path:
        """The note that the pack was begun (begun.py); it is deleted last."""
        return self.root / "begun" / f"{self.name}.json"

    def save(self, ids: Sequence[str], epoch: int, state: object, notes: dict[str, Any]) -> None:
        """Write the state to a temporary file and rename it."""
        from safetensors.torch import save_file

        from hyperopt.optim.torch_private import tree_leaves

        leaves = {f"{i:05d}": leaf.detach().cpu().contiguous() for i, leaf in enumerate(tree_leaves(state))}
        said = {"ids": json.dumps(list(ids)), "epoch": str(epoch), "notes": json.dumps(notes)}
        sums = {"sum of notes": sum_of(said).hexdigest(), "sum": _sum(said, leaves)}
        with aside(self.checkpoint) as part:
            try:
                save_file(leaves, part, said | sums)
            except SafetensorError as error:  # raised for a full disk; only its text has the system's number
                if (number := re.search(r"os error (\d+)", str(error))) is None:
                    raise OSError(str(error)) from error
                raise OSError(int(number[1]), os.strerror(int(number[1]))) from error

    def load(self, ids: Sequence[str], device: str) -> Checkpoint | None:
        """Return the furthest checkpoint that holds these runs, perhaps among others.

        Return None if there is none, or if it is damaged; then it is set aside, and training starts over.
        """
        holding = [head for head in heads(self.root) if set(ids) <= set(head.ids)]
        for head in sorted(holding, key=lambda head: head.epoch, reverse=True):
            if (saved := _read(head.path, device)) is not None:
                return saved
        return None

    def report(self, epoch: int, since: int = 0, doing: str = TRAINING) -> None:
        """Report the finished epochs, how many of them a checkpoint held, and the current activity."""
        said = {"epoch": epoch, "since": since, "doing": doing}
        write(self.progress, json.dumps(said), durable=False)

    def reported(self) -> tuple[int, int, str] | None:
        """Return the last report; None if the pack has not started."""
        try:
            said = json.loads(self.progress.read_text(encoding="utf-8"))
            return int(said["epoch"]), int(said.get("since", 0)), str(said.get("doing", TRAINING))
        except UNREADABLE:
            return None

    @property
    def numbers(self) -> Path:
        """The file with the results of epochs and recorded steps, one line each."""
        return self.root / "progress" / f"{self.name}.jsonl"

    def tell(self, epoch: int, values: Mapping[str, Sequence[float]]) -> None:
        """Write the results of an epoch."""
        self._say([epoch, values])

    def tell_step(self, step: int, places: Sequence[int], values: Mapping[str, Sequence[float]]) -> None:
        """Write the numbers recorded at a step, for the runs at these indices in the pack."""
        self._say([step, values, places])

    def _say(self, line: object) -> None:
        """Append a line; a full disk is ignored, since nothing depends on the line."""
        with suppress(OSError), self.numbers.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def told(self, start: int) -> tuple[list[Told], int]:
        """Return the entries from a position in the file on, and the position after them."""
        try:
            with self.numbers.open("rb") as file:
                start = start if start <= file.seek(0, SEEK_END) else 0
                file.seek(start)
                whole, end, _ = file.read().rpartition(b"\n")  # the last line may be incomplete
            return [Told(*line) for line in map(json.loads, whole.splitlines())], start + len(whole + end)
        except UNREADABLE:
            return [], start

    def write_failure(self, text: str) -> Path:
        """Write a failure report and return its path."""
        return write(self.root / "failures" / f"{self.name}.txt", text, durable=False)

    def clear(self) -> None:
        """Remove the files that only an unfinished pack needs."""
        for path in (self.checkpoint, self.progress, self.numbers, self.begun):
            remove(path)


def restore(like: T, leaves: Sequence[Tensor]) -> T | None:
    """Return `leaves` in the structure of `like`; None if they do not fit: another version's checkpoint."""
    import torch

    from hyperopt.optim.torch_private import tree_flatten, tree_unflatten

    expected, tree = tree_flatten(like)
    if [(leaf.shape, leaf.dtype) for leaf in leaves] != [(leaf.shape, leaf.dtype) for leaf in expected]:
        return None
    restored: T = tree_unflatten([torch.clone(leaf) for leaf in leaves], tree)
    return restored


def _read(path: Path, device: str) -> Checkpoint | None:
    try:
        ordinary(path)
        with safe_open(path, "pt") as file:
            said, total = what_it_says(file.metadata()), file.metadata()["sum"]
            leaves = {key: file.get_tensor(key) for key in sorted(file.keys())}
        if total != _sum(said, leaves):
            raise ValueError("its checksum is not that of its content")
        on_device = [leaf.to(device) for leaf in leaves.values()]
        return Checkpoint(json.loads(said["ids"]), int(said["epoch"]), on_device, json.loads(said["notes"]))
    except FileNotFoundError:
        return None
    except UNREADABLE as error:
        set_aside(path, error)
        return None


def _sum(said: dict[str, str], leaves: dict[str, Tensor]) -> str:
    """Return a checksum of a checkpoint's header and tensors."""
    import torch

    digest = sum_of(said)
    for name, leaf in sorted(leaves.items()):
        digest.update(f"{name} {leaf.dtype} {tuple(leaf.shape)}".encode())
        digest.update(leaf.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
