"""Removes records from a store: rewrites one file at a time, so that a kill loses no others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from hyperopt.durable import Lock
from hyperopt.records.compaction import COMPACTING
from hyperopt.records.parquet import read_records, write_records
from hyperopt.records.remarks import forget
from hyperopt.records.store import Store


def remove(store: Store, ids: Collection[str]) -> int:
    """Remove some runs' records from every file of a working store; return the number of removed runs.

    Their remarks are deleted too.

    Raises:
        StorageError: the system does not let us write there.
    """
    gone: set[str] = set()
    with Lock(store.root / COMPACTING):
        for name, of_file in _files(store, ids).items():
            path = store.root / name
            kept = [record for record in read_records(path) if record.id not in of_file]
            if kept:
                write_records(path, kept)
            else:
                path.unlink(missing_ok=True)
            gone |= of_file
    forget(store.root.parent, gone)
    return len(gone)


def _files(store: Store, ids: Collection[str]) -> dict[str, set[str]]:
    """Return which of these runs are in which file, including superseded duplicates."""
    found: dict[str, set[str]] = defaultdict(set)
    wanted = {*ids}
    for name, id_ in store.places():
        if id_ in wanted:
            found[name].add(id_)
    return found
