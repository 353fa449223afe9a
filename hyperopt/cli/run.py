"""`hyperopt run`: trains one run, or with -m a sweep."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hyperopt.config.process_options import with_detach
from hyperopt.config.sweep import expand, one, parse
from hyperopt.errors import ConfigError
from hyperopt.wording import printable

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from hyperopt.config import Run
    from hyperopt.records import Record, Store
    from hyperopt.records.remarks import Remark


def run(arguments: Namespace) -> int:
    """Train the requested runs, unless they are stored, and print the result."""
    from hyperopt.cli.cfg import taken, written

    overrides, origins = taken(arguments.overrides)
    overrides, said = _said(overrides)
    settings, process = parse(overrides)
    process = with_detach(process, arguments.detach)
    if arguments.cfg:
        if arguments.multirun:
            raise ConfigError("run -m --cfg: one run is expected, without -m.")
        print(written(one(settings), origins))
        return 0
    runs, notes = expand(settings) if arguments.multirun else ([one(settings)], [])
    as_json = process.get("format") == "json"

    from hyperopt.cli.train import check_callbacks  # a misspelt setting waits for no large library
    from hyperopt.records import home, working
    from hyperopt.records.remarks import remark, remarks

    check_callbacks(process)
    if said:
        remarks(home())  # fail on unreadable remarks before anything trains
    labels = dict.fromkeys(run.label for run in runs) if arguments.plan or not arguments.multirun else ()
    for line in [*notes, *labels]:
        print(line)
    if arguments.plan:
        return _say_plan(runs, working(), process, as_json=as_json)
    code = _train(runs, working(), process, sweep=arguments.multirun, as_json=as_json)
    if said:
        from hyperopt.cli.tidying import replaced

        there = working().present(run.id for run in runs)
        before = remark(home(), there, add=said.tags, note=said.note or None)
        if said.note and (old := replaced(before, said.note)):
            print(f"{printable(said.note)}{old}", file=sys.stderr)
    return code


def _said(overrides: Sequence[str]) -> tuple[list[str], Remark | None]:
    """Return the overrides without `tag=` and `note=`, and the remarks that these give."""
    own = [word for word in overrides if word.startswith(("tag=", "note="))]
    if not own:
        return list(overrides), None
    from hyperopt.cli.selection_words import ANY, split
    from hyperopt.cli.tidying import note_of, tags_of
    from hyperopt.records.remarks import Remark

    _, options = split(own, {"tag": ANY, "note": ANY})
    tags = tuple(tags_of("tag", options["tag"])) if "tag" in options else ()
    said = Remark(tags, note_of("note", options.get("note", "")))
    return [word for word in overrides if word not in own], said


def _train(
    runs: Sequence[Run], store: Store, process: Mapping[str, Any], *, sweep: bool, as_json: bool
) -> int:
    from hyperopt.cli.results_text import run_lines
    from hyperopt.cli.train import planner, say_unrecorded, to_json, train

    have = store.load(run.id for run in runs)
    say_unrecorded(have.values(), process)
    records, failures = dict(have), 0
    if len(have) < len(runs):
        plan = planner(store, process)(runs, have)
        print(plan.describe(), file=sys.stderr)
        outcome = train(plan, process)
        records |= outcome.records
        failures = len(outcome.failures)
    if sweep:
        _print_sweep(runs, records, set(have), as_json=as_json)
    elif record := records.get(runs[0].id):
        print("\n".join(run_lines(record, cached=record.id in have)))
        if as_json:
            print(to_json(json_record(record, cached=record.id in have)))
    return 1 if failures else 0


def json_record(record: Record, *, cached: bool) -> dict[str, Any]:
    """Return a record as format=json prints it: mappings sorted as in the store, without pictures."""
    printed = {key: value for key, value in asdict(record).items() if key != "pictures"}
    ordered = {key: dict(sorted(v.items())) if isinstance(v, dict) else v for key, v in printed.items()}
    return {**ordered, "cached": cached}


def _print_sweep(
    runs: Sequence[Run], records: Mapping[str, Record], have: set[str], *, as_json: bool
) -> None:
    from hyperopt.cli.results_text import settings_table, sweep_table
    from hyperopt.cli.tables import terminal_width
    from hyperopt.cli.train import to_json

    cached = sum(run.id in have for run in runs)
    rows = settings_table(runs, records)
    told = sweep_table(rows, terminal_width())
    print(f"{len(records)} of {len(runs)} runs, {cached} cached\n\n{told}")
    if as_json:
        there = [json_record(records[run.id], cached=run.id in have) for run in runs if run.id in records]
        print(to_json({"runs": there, "table": rows}))


def _say_plan(runs: Sequence[Run], store: Store, process: Mapping[str, Any], *, as_json: bool) -> int:
    from hyperopt.cli.train import planner, to_json

    plan = planner(store, process)(runs, store.present(run.id for run in runs))
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
