"""`hyperopt run`: one run, or with -m a sweep."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hyperopt.cli.report import run_lines, settings_table, sweep_table
from hyperopt.cli.train import planner, to_json, train
from hyperopt.config.sweep import expand, one, parse
from hyperopt.records import Record, working

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from hyperopt.config import Run
    from hyperopt.engine.plan import Plan


def run(arguments: Namespace) -> int:
    """Train what the overrides ask for, unless it is there already, and print the result."""
    settings, process = parse(arguments.overrides)
    runs, notes = expand(settings) if arguments.multirun else ([one(settings)], [])
    as_json = process.get("format") == "json"
    labels = dict.fromkeys(run.label for run in runs) if arguments.plan or not arguments.multirun else ()
    for line in [*notes, *labels]:
        print(line)
    store, ids = working(), [run.id for run in runs]
    if arguments.plan:
        return _say_plan(planner(store, process)(runs, store.present(ids)), as_json=as_json)
    have = store.load(ids)
    records, failures = dict(have), 0
    if len(have) < len(runs):
        made, failures = train(planner(store, process)(runs, have), process)
        records |= made
    if arguments.multirun:
        _print_sweep(runs, records, set(have), as_json=as_json)
    elif record := records.get(runs[0].id):
        print("\n".join(run_lines(record, cached=record.id in have)))
        if as_json:
            print(to_json(json_record(record, cached=record.id in have)))
    return 1 if failures else 0


def json_record(record: Record, *, cached: bool) -> dict[str, Any]:
    """A record as format=json prints it: mappings sorted as the store sorts them, without pictures."""
    printed = {key: value for key, value in asdict(record).items() if key != "pictures"}
    ordered = {key: dict(sorted(v.items())) if isinstance(v, dict) else v for key, v in printed.items()}
    return {**ordered, "cached": cached}


def _print_sweep(
    runs: Sequence[Run], records: Mapping[str, Record], have: set[str], *, as_json: bool
) -> None:
    cached = sum(run.id in have for run in runs)
    rows = settings_table(runs, records)
    print(f"{len(records)} of {len(runs)} runs, {cached} cached\n\n{sweep_table(rows)}")
    if as_json:
        there = [json_record(records[run.id], cached=run.id in have) for run in runs if run.id in records]
        print(to_json({"runs": there, "table": rows}))


def _say_plan(plan: Plan, *, as_json: bool) -> int:
    print(plan.describe())
    if as_json:
        counts = {
            "runs": plan.runs,
            "packs": len(plan.packs),
            "cached": len(plan.cached),
            "seconds": plan.seconds,
        }
        print(to_json(counts))
    return 0
