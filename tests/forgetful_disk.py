"""A disk that forgets, when the power goes, what was not synced: every state in which it may be found.

It watches a folder through the calls of the operating system. At each of them it notes two states: one in
which no change of a folder was kept but those synced, and one in which all were, but of files only what
was synced (as ext4 leaves files of 0 bytes).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

Found = dict[str, bytes | None]
"""The content of every file, by its path below the folder; of a folder None."""


@dataclass
class ForgetfulDisk:
    """What would be left of a folder after a loss of power, at every moment so far.

    Attributes:
        root: the folder, which is on the disk.
        states: what would be found, each with what had been promised by then.
        promised: what must not be forgotten, as the test says.
    """

    root: Path
    promised: frozenset[str] = frozenset()
    states: dict[tuple[tuple[str, bytes | None], ...], frozenset[str]] = field(default_factory=dict)
    _content: dict[int, bytes] = field(default_factory=dict)
    _listed: dict[int, dict[str, int]] = field(default_factory=dict)

    @contextmanager
    def watched(self, *, forgets_all: bool = False) -> Iterator[None]:
        """Watch while the test writes; `forgets_all` is a program that never syncs."""
        self._listed[self.root.stat().st_ino] = {}
        with pytest.MonkeyPatch.context() as patch:
            for name in ("replace", "rename", "unlink", "mkdir", "fsync"):
                patch.setattr(
                    os, name, self._noting(getattr(os, name), syncs=name == "fsync" and not forgets_all)
                )
            yield
            self.note()

    def note(self) -> None:
        """Note what would be found if the power went now."""
        for listed in (self._synced, self._now):
            found = tuple(sorted(self._walk(self.root, "", listed), key=lambda item: item[0]))
            self.states[found] = self.states.get(found, frozenset()) | self.promised

    def _noting(self, act: Callable[..., Any], *, syncs: bool) -> Callable[..., Any]:
        def noted(*args: Any, **how: Any) -> Any:
            self.note()
            done = act(*args, **how)
            if syncs:
                self._sync(Path(f"/proc/self/fd/{args[0]}").resolve())
            self.note()
            return done

        return noted

    def _sync(self, path: Path) -> None:
        if path.is_dir():
            self._listed[path.stat().st_ino] = self._now(path)
        else:
            self._content[path.stat().st_ino] = path.read_bytes()

    def _synced(self, folder: Path) -> dict[str, int]:
        return self._listed.get(folder.stat().st_ino, {}) if folder.is_dir() else {}

    @staticmethod
    def _now(folder: Path) -> dict[str, int]:
        return {entry.name: entry.stat().st_ino for entry in os.scandir(folder)} if folder.is_dir() else {}

    def _walk(
        self, folder: Path, name: str, listed: Callable[[Path], dict[str, int]]
    ) -> Iterator[tuple[str, bytes | None]]:
        for entry, inode in listed(folder).items():
            path = folder / entry
            if path.is_dir():
                yield f"{name}{entry}", None
                yield from self._walk(path, f"{name}{entry}/", listed)
            else:
                yield f"{name}{entry}", self._content.get(inode, b"")


def put(found: tuple[tuple[str, bytes | None], ...], folder: Path) -> None:
    """Put what would be found into a folder."""
    folder.mkdir()
    for name, content in found:
        if content is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(content)
