"""Claims: which command trains which runs. A command claims each run it starts, for its lifetime."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from time import monotonic
from types import TracebackType

from hyperopt.durable import Lock, host, write
from hyperopt.provenance import command

RENEW_SECONDS = 3.0
UNRENEWED_SECONDS = 120.0
"""Seconds after which a claim expires if its command, though alive, is suspended and does not renew it."""


@dataclass
class RunClaims:
    """This command's claims, beside those of others, under the folder `root` of the working store.

    Each command has one file that lists its runs, and holds a lock while it lives; if another command can
    take that lock, the claims are void. Only one command at a time reads or writes the files, so one of
    two competing commands gets a run. No command waits for a run while it claims others that it is not
    training.

    Attributes:
        root: the folder of the store's files beside its records.
        ids: the runs that this command has claimed.
        path: its claims file.
        alone: whether no other command has started since this one.
    """

    root: Path
    ids: set[str] = field(default_factory=set)
    _seen: dict[Path, tuple[int, float]] = field(default_factory=dict, repr=False)
    alone: bool = False
    _renewed: float = 0.0
    _untold: bool = False

    def __post_init__(self) -> None:
        self._number = 0
        self._folder = self.root / "claims"
        self.path = self._folder / f"{host()}-{os.getpid()}-{token_hex(4)}.json"
        self._one_at_a_time = Lock(self._folder / "all.lock")
        self._alive = Lock(self.path.with_suffix(".lock"))
        self._begun = self._folder / "commands"

    def __enter__(self) -> RunClaims:
        self._alive.acquire()
        with self._one_at_a_time:
            self._number = self._last() + 1
            write(self._begun, str(self._number), durable=False)
            self._write()
            self.alone = True
            self._held()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        self._alive.release()
        with suppress(OSError):
            self._alive.path.unlink(missing_ok=True)

    def take(self, ids: Collection[str]) -> set[str]:
        """Claim runs; return those that no other command has claimed."""
        with self._one_at_a_time:
            held = self._held()
            self.ids -= held.keys()  # if this command was suspended for long, others have them
            taken = set(ids) - held.keys()
            self.ids |= taken
            self._write()
            self._untold = False
        return taken

    def free(self, ids: Collection[str]) -> None:
        """Release runs, effective at the next `take` or `tell`, so that a pack needs one turn of the lock."""
        self.ids -= set(ids)
        self._untold |= bool(ids)

    def tell(self) -> None:
        """Publish released runs before this command waits."""
        if self._untold:
            self.take(())

    def held(self) -> dict[str, str]:
        """Return the runs that other commands have claimed, and which command has each."""
        with self._one_at_a_time:
            return self._held()

    def renew(self) -> None:
        """Renew the claims every few seconds."""
        if monotonic() - self._renewed > RENEW_SECONDS:
            self._renewed = monotonic()
            with suppress(OSError):
                os.utime(self.path)

    def _write(self) -> None:
        said = {"ids": sorted(self.ids), "command": command(), "process": os.getpid()}
        write(self.path, json.dumps(said), durable=False)

    def _held(self) -> dict[str, str]:
        others = [path for path in sorted(self._folder.glob("*.json")) if path != self.path]
        found: dict[str, str] = {}
        for path in others:
            if not self._void(path):
                found |= _read(path)
        self.alone &= not others and self._last() == self._number
        return found

    def _last(self) -> int:
        """Return the number of commands started so far; detects commands that came and went."""
        try:
            return int(self._begun.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return 0

    def _void(self, path: Path) -> bool:
        """Return whether a command ended or was suspended too long; if so, delete its claims."""
        alive = Lock(path.with_suffix(".lock"))
        ended = alive.acquire(wait=False)
        void = ended or self._unrenewed(path)
        with suppress(OSError):  # for example a folder, which is not ours
            if void:
                path.unlink(missing_ok=True)
            if ended:
                alive.release()
                alive.path.unlink(missing_ok=True)
        return void

    def _unrenewed(self, path: Path) -> bool:
        """Measured by our own clock, since hosts' clocks differ and may be set back."""
        try:
            stamp = path.stat().st_mtime_ns
        except FileNotFoundError:
            return False
        before, since = self._seen.get(path, (None, 0.0))
        if stamp != before:
            since = monotonic()
            self._seen[path] = stamp, since
        return monotonic() - since > UNRENEWED_SECONDS


def _read(path: Path) -> dict[str, str]:
    """Return a claims file's runs and its command; none if it is unreadable."""
    try:
        if not path.is_file():
            return {}
        said = json.loads(path.read_text(encoding="utf-8"))
        who = f"{said['command']} (process {int(said['process'])})"
        return dict.fromkeys(map(str, said["ids"]), who)
    except (OSError, ValueError, TypeError, KeyError):
        return {}
