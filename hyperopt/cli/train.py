"""What every command that trains has in common: plan, train, say what failed."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from hyperopt.cli.progress import watch
from hyperopt.records import Record, Store, working

if TYPE_CHECKING:
    from hyperopt.config import Run
    from hyperopt.engine.options import Options
    from hyperopt.engine.plan import Plan


def engine_options(process: Mapping[str, Any]) -> Options:
    """The engine's options out of the process options of a command line."""
    from hyperopt.engine.options import Options

    return Options(**{key: value for key, value in process.items() if key != "format"})


def make_plan(runs: Sequence[Run], have: Mapping[str, Record], process: Mapping[str, Any]) -> Plan:
    """What has to be trained of `runs` when the records `have` are there."""
    from hyperopt.engine.pack_files import checkpointed_ids
    from hyperopt.engine.plan import plan

    store = working()
    return plan(
        runs,
        set(have),
        engine_options(process),
        started=checkpointed_ids(store.root.parent),
        known=store.load().values(),
    )


def train(plan: Plan, process: Mapping[str, Any]) -> tuple[dict[str, Record], int]:
    """Train a plan, with live progress on standard error; the new records, and how many packs failed.

    Data sets are fetched first, once.

    Raises:
        DataError: one of them cannot be had.
    """
    from hyperopt.data import prepare
    from hyperopt.engine.execute import execute

    for name in {pack.first.dataset["name"] for pack in plan.packs if not pack.first.dataset["generated"]}:
        prepare(name)
    outcome = execute(plan, working(), engine_options(process), watch(Console(stderr=True)))
    for pack, message in outcome.failures:
        runs = ", ".join(run.id for run in pack.runs)
        print(f"hyperopt: {pack.first.label} failed ({runs}): {message}", file=sys.stderr)
    return outcome.records, len(outcome.failures)


def records_of(runs: Sequence[Run], *stores: Store) -> dict[str, Record]:
    """The records of runs, by id, that lie in any of the stores; the first store's stand."""
    ids = {run.id for run in runs}
    found: dict[str, Record] = {}
    for store in stores:
        found = store.load(ids) | found
    return found


def to_json(value: Any) -> str:
    """One line of strict JSON: what is not finite is null."""
    return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
