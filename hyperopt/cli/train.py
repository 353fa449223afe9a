"""Common parts of commands that train: planning, training, reporting failures."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hyperopt.durable import StorageError, write
from hyperopt.records import Store, home, working
from hyperopt.wording import counted

if TYPE_CHECKING:
    from hyperopt.config import Run
    from hyperopt.engine.execute import Outcome
    from hyperopt.engine.options import Options
    from hyperopt.engine.plan import Plan
    from hyperopt.engine.progress import Progress
    from hyperopt.records import Record

MOST_IDS = 3


def engine_options(process: Mapping[str, Any]) -> Options:
    """Return the engine's options from the process options of a command line."""
    from hyperopt.engine.options import Options

    return Options(**{key: value for key, value in process.items() if key not in ("format", "callbacks")})


def planner(store: Store, process: Mapping[str, Any]) -> Callable[[Sequence[Run], Collection[str]], Plan]:
    """Return a function that plans the training of requested runs, given the ids already present.

    Args:
        store: the working store, whose records show how fast runs train here.
        process: the process options of the command line.
    """
    from hyperopt.engine.handed_out import handed_out
    from hyperopt.engine.heads import checkpointed_ids
    from hyperopt.engine.plan import plan

    options, root = engine_options(process), store.root.parent
    started = checkpointed_ids(root)
    if options.engine == "dask":
        from hyperopt.engine.workers_for import for_plan

        options = for_plan(options)
    if options.engine == "slurm":
        started = [*(each.ids for each in handed_out(root).values()), *started]
    return lambda runs, have: plan(runs, set(have), options, started=started, told=store.timed)


def train(plan: Plan, process: Mapping[str, Any]) -> Outcome:
    """Train a plan with live progress on standard error; report failures and work left to a cluster.

    Data sets are fetched once, before training.

    Raises:
        DataError: a data set is unavailable.
    """
    from rich.console import Console

    from hyperopt.cli.progress import watch
    from hyperopt.data import prepare
    from hyperopt.engine.execute import execute

    for name in _data_sets(plan):
        prepare(name)
    progress: Progress = watch(Console(stderr=True))
    if names := process.get("callbacks"):
        from hyperopt.export.callbacks import Observed, callbacks_of

        progress = Observed(progress, callbacks_of(names, home()))
    outcome = execute(plan, working(), engine_options(process), progress)
    remember_ids()
    for pack, message in outcome.failures:
        runs = ", ".join(run.id for run in pack.runs)
        print(f"hyperopt: {pack.first.label} failed ({runs}): {message}", file=sys.stderr)
    if outcome.left:
        left = counted(sum(len(pack.runs) for pack in outcome.left), "run")
        jobs = counted(len(outcome.left), "job")
        print(f"hyperopt: {left} in {jobs} left to Slurm; the same command collects them", file=sys.stderr)
    return outcome


def lacking_data(plans: Mapping[str, Plan]) -> set[str]:
    """Fetch the data sets of plans; report those that are unavailable, and return which plans need them."""
    from hyperopt.data import DataError, prepare

    lacking: set[str] = set()
    for name in sorted(set().union(*map(_data_sets, plans.values()))):
        try:
            prepare(name)
        except DataError as error:
            without = [id_ for id_, plan in plans.items() if name in _data_sets(plan)]
            told = f"hyperopt: not trained without {name}: {', '.join(without)}"
            print(f"hyperopt: {error}\n{told}", file=sys.stderr)
            lacking.update(without)
    return lacking


def _data_sets(plan: Plan) -> set[str]:
    """Return the names of the data sets of a plan, without generated ones."""
    return {pack.first.dataset["name"] for pack in plan.packs if not pack.first.dataset["generated"]}


def check_callbacks(process: Mapping[str, Any]) -> None:
    """Reject an unknown callback, even if nothing will be trained.

    Raises:
        ConfigError: naming it.
    """
    if names := process.get("callbacks"):
        from hyperopt.export.callbacks import makers_of

        makers_of(names)


def say_unrecorded(records: Iterable[Record], process: Mapping[str, Any]) -> None:
    """Report that stored runs lack the requested recorded steps."""
    every = process.get("record_every")
    lacking = sorted(
        record.id
        for record in records
        if every is not None and record.steps >= every and record.by_step.get("step", [0])[0] != every
    )
    if lacking:
        some = ",".join(lacking[:MOST_IDS]) + ",..." * (len(lacking) > MOST_IDS)
        print(
            f"hyperopt: record_every={every}: {counted(len(lacking), 'run')} stored without these steps: "
            f"`hyperopt rm id={some}` first makes this command retrain them, with the same results",
            file=sys.stderr,
        )


def remember_ids() -> None:
    """Save the ids of all runs for shell completion."""
    with suppress(StorageError):
        write(home() / "ids.txt", "\n".join(sorted(working().ids())), durable=False)


def to_json(value: Any) -> str:
    """Return one line of strict JSON: non-finite numbers are null."""
    return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
