"""`hyperopt list` and `hyperopt show`: available experiments and parts, and stored runs."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

from hyperopt.cli.tables import table, terminal_width
from hyperopt.config import label
from hyperopt.config.shorthands import SHORTHANDS
from hyperopt.data import DATASETS
from hyperopt.errors import ConfigError, shortened, shown
from hyperopt.models import MODELS
from hyperopt.optim.rules import RULES
from hyperopt.records import Record, published, working
from hyperopt.wording import counted, printable

if TYPE_CHECKING:
    from argparse import Namespace


def browse(_: Namespace) -> int:
    """Print every experiment with its local and published run counts, and the available parts of runs.

    Invalid experiment files are reported, and the others are listed.
    """
    gc.disable()  # there is no garbage, and searching for it takes a tenth of the time
    try:
        rows = _experiments()
    finally:
        gc.enable()
    print(table(rows, ["experiment", "title", "runs", "here", "published", "needs"], terminal_width()))
    print(f"\nrules: {', '.join(RULES)}\nnamed stacks: {', '.join(SHORTHANDS)}")
    print(f"models: {', '.join(MODELS)}\ndata sets: {', '.join(DATASETS)}")
    return 0


def _experiments() -> list[tuple[Any, ...]]:
    """Return a row for every experiment."""
    from hyperopt.experiments import load

    here, out = working().ids(), published().ids()
    rows = []
    for experiment in load(unreadable=lambda _, error: print(f"hyperopt: {error}", file=sys.stderr)):
        ids = experiment.ids()
        counts = len(ids), len(ids & here), len(ids & out)
        rows.append((experiment.id, experiment.title, *counts, experiment.needs or ""))
    return rows


def show(arguments: Namespace) -> int:
    """Print the stored run with this id prefix."""
    from hyperopt.cli.results_text import run_lines

    record = stored(arguments.run)
    settings = " ".join(f"{key}={shown(value)}" for key, value in record.config.items() if key != "versions")
    name = label(record.config["stack"].split("/"), record.config["alpha"])
    made = [f"{key}: {value}" for key, value in sorted(record.made.items())]
    lines = [name, settings, "", *run_lines(record, cached=True), "", *made]
    print("\n".join(printable(line.replace("\n", " ")) for line in lines))
    return 0


def stored(prefix: str) -> Record:
    """Return the only record, local or published, whose run id starts with `prefix`.

    Raises:
        ConfigError: no run id has this prefix, or several have.
    """
    if not prefix:
        raise ConfigError("show '': the id of a run, or the start of it, is expected.")
    stores = here, out = working(), published()
    found = sorted({id_ for store in stores for id_ in store.starting_with(prefix)})
    if not found:
        asked, stored_here = shortened(prefix), counted(len(here.ids()), "run")
        searched = f"{stored_here} stored here and {len(out.ids())} published ones"
        raise ConfigError(f"show {asked}: none of {searched} has an id that starts so.")
    if len(found) > 1:
        raise ConfigError(
            f"show {prefix}: {len(found)} runs have an id that starts so: {', '.join(found[:5])} ..."
        )
    records = [record for store in stores for record in store.load(found).values()]
    if not records:
        raise ConfigError(f"show {found[0]}: its record cannot be read.")
    return records[0]
