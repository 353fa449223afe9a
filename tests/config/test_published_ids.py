"""The ids of published runs never change, whatever becomes of the code that declares their parts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow.parquet as pq

from hyperopt.config import from_canonical
from hyperopt.records import published

AT_LEAST = 1000


def published_runs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and canonical form of every published run; timings have ids of their own kind."""
    for path in published().root.rglob("*.parquet"):
        for row in pq.read_table(path, columns=["id", "config"]).to_pylist():
            if not row["id"].startswith("time-"):
                yield row["id"], json.loads(row["config"])


def test_published_ids_do_not_change() -> None:
    """Runs that differ in seed and alphas alone are resolved once: to resolve one takes milliseconds."""
    alike = defaultdict(list)
    for id_, canonical in published_runs():
        rest = {key: value for key, value in canonical.items() if key not in ("alpha", "seed")}
        alike[json.dumps(rest, sort_keys=True)].append((id_, canonical))
    checked = 0
    for runs in alike.values():
        resolved = from_canonical(runs[0][1])
        for id_, canonical in runs:
            run = replace(resolved, seed=canonical["seed"], alpha=tuple(canonical["alpha"]))
            assert run.canonical() == canonical
            assert run.id == id_
            checked += 1
    assert checked >= AT_LEAST, "every kind of published run is among so many"
