"""Files of failed packs and killed commands beside the records; deleted when no run needs them any more."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hyperopt.durable import StorageError, sweep
from hyperopt.engine.begun import notes
from hyperopt.engine.heads import heads
from hyperopt.engine.pack_files import PackFiles
from hyperopt.records import Store

RUNS = "runs: "
"""The start of a failure's first line, which names its runs."""


def sweep_leftovers(store: Store) -> None:
    """Remove files of packs whose runs all have records, and partial files of dead commands.

    A pack with a missing run keeps its checkpoint and its failure report.
    """
    root = store.root.parent
    for folder in (root, *(path for path in root.glob("*") if path.is_dir() and path != store.root)):
        sweep(folder)
    store.tidy()
    for head in heads(root):
        if store.present(head.ids) >= set(head.ids):
            PackFiles(root, head.path.stem).clear()
    for note in notes(root):
        if store.present(note.ids) >= set(note.ids):
            PackFiles(root, note.name).clear()
    for path in (root / "failures").glob("*.txt"):
        with suppress(OSError, UnicodeDecodeError):
            ids = _failed(path)
            if ids and store.present(ids) >= ids:
                path.unlink()


def keep_failure(files: PackFiles, ids: Iterable[str], details: str) -> str:
    """Write a failure report that names its runs; return where it is, or why it could not be written."""
    try:
        written = files.write_failure(f"{RUNS}{' '.join(ids)}\n{details}")
    except StorageError as error:  # the failure is reported anyway
        return f"details not kept: {error}"
    return f"details in {written}"


def _failed(path: Path) -> set[str]:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return {*first.removeprefix(RUNS).split()} if first.startswith(RUNS) else set()
