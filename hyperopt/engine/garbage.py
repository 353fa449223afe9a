"""Unreferenced files in a working folder."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyperopt.config.run import versions_of
from hyperopt.engine.heads import heads
from hyperopt.engine.run_claims import RunClaims
from hyperopt.errors import ConfigError
from hyperopt.optim.own import is_at_hand
from hyperopt.records import Store
from hyperopt.records.remarks import damaged
from hyperopt.records.removal import remove


@dataclass(frozen=True)
class Garbage:
    """One kind of garbage.

    Attributes:
        what: a description.
        paths: files and folders.
        ids: runs whose records are deleted.
    """

    what: str
    paths: tuple[Path, ...] = ()
    ids: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Size of its files in bytes."""
        return sum(map(_size, self.paths))

    @property
    def count(self) -> int:
        """Number of files or runs."""
        return len(self.paths) + len(self.ids)


def garbage(store: Store, configs: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Garbage]:
    """Return all garbage in display order; excludes remarks and the work of live commands.

    Args:
        store: the working store.
        configs: id and canonical form of every run in it.
    """
    root = store.root.parent
    held: Collection[str] = ()
    if (root / "claims").is_dir():
        with RunClaims(root) as claims:
            held = claims.held()
    finished = [head for head in heads(root) if store.present(head.ids) >= set(head.ids)]
    checkpoints = [head.path for head in finished if not any(id_ in held for id_ in head.ids)]
    apart = {*root.glob("checkpoints/*.damaged"), *root.glob("damaged/*")} - {*damaged(root)}
    stale = [id_ for id_, config in configs if _is_stale(config)]
    found = [
        Garbage("reports of failures", tuple(sorted(root.glob("failures/*.txt")))),
        Garbage("checkpoints of finished packs", tuple(checkpoints)),
        Garbage("damaged files that were set aside", tuple(sorted(apart))),
        Garbage("runs of older versions of rules, models, data sets or the engine", ids=tuple(stale)),
    ]
    return [each for each in found if each.count]


def sweep(store: Store, found: Iterable[Garbage]) -> Iterator[Garbage]:
    """Delete garbage kind by kind, yielding each kind once it is deleted."""
    for each in found:
        for path in each.paths:
            with suppress(FileNotFoundError):
                shutil.rmtree(path) if _is_folder(path) else path.unlink()
        if each.ids:
            remove(store, each.ids)
        yield each


def _is_stale(config: Mapping[str, Any]) -> bool:
    """Return whether a version has increased since; runs with user code that is not imported are kept."""
    dataset, model, rules = config["dataset"], config["model"], config["stack"].split("/")
    if not is_at_hand(dataset, model, *rules):
        return False
    try:
        present = versions_of(dataset, model, rules)
    except ConfigError:
        return False
    return bool(present != config.get("versions", {}))


def _size(path: Path) -> int:
    with suppress(OSError):
        if _is_folder(path):
            return sum(_size(inner) for inner in path.iterdir())
        return path.lstat().st_size
    return 0


def _is_folder(path: Path) -> bool:
    """Return whether it is a real folder: a link is deleted, but not its target."""
    return path.is_dir() and not path.is_symlink()
