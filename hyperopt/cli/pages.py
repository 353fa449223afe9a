"""`hyperopt tables` and `hyperopt figures`: train and show experiments."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

from hyperopt.cli.tables import terminal_width
from hyperopt.cli.train import (
    check_callbacks,
    engine_options,
    lacking_data,
    planner,
    say_unrecorded,
    train,
)
from hyperopt.config.compose import composed
from hyperopt.config.process_options import seconds, with_detach
from hyperopt.config.sweep import Sweep, check_keys, parse, read
from hyperopt.durable import StorageError
from hyperopt.errors import ConfigError, typed
from hyperopt.files import checkout_root
from hyperopt.findings.rates import warnings
from hyperopt.records import Store, home, published, working
from hyperopt.wording import printable

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from hyperopt.config import Run
    from hyperopt.engine.plan import Plan
    from hyperopt.experiments.experiment import Experiment

MOST_RUNS = 300_000
"""Maximum total runs of the requested experiments."""
OWN_KEYS = ("seeds", "budget", "needs", "from")
FORMATS = ("text", "markdown")


@dataclass(frozen=True)
class Asked:
    """A command line's request for experiments.

    Attributes:
        patterns: the typed ids and globs.
        experiments: the matching experiments, with changed settings.
        seeds: how many or which; None uses each experiment's own.
        auto: whether to train as many seeds as undecided sentences need.
        budget: maximum seconds of training; None for no limit.
        any_needs: also run experiments that need a GPU that is missing here.
        from_published: whether published records count as present.
        process: the process options.
    """

    patterns: tuple[str, ...]
    experiments: tuple[Experiment, ...]
    seeds: int | tuple[int, ...] | None
    auto: bool
    budget: float | None
    any_needs: bool
    from_published: bool
    process: Mapping[str, Any]

    def runs(self, experiment: Experiment) -> list[Run]:
        """The requested runs of one of the experiments."""
        return experiment.runs(self.seeds)


def tables(arguments: Namespace) -> int:
    """Train the missing runs of tables, and print the tables."""
    return _train_and_show(arguments, "table")


def figures(arguments: Namespace) -> int:
    """Train the missing runs of figures, and draw the figures."""
    return _train_and_show(arguments, "figure")


def local_pages() -> Path:
    """Return the folder of local pages: results/local of the checkout, else of the current folder.

    If $HYPEROPT_HOME is set, it is its pages/.
    """
    if os.environ.get("HYPEROPT_HOME"):
        return home() / "pages"
    return (checkout_root() or Path.cwd()) / "results" / "local"


def _train_and_show(arguments: Namespace, kind: str) -> int:
    asked = _asked(arguments.asked, kind)
    asked = replace(asked, process=with_detach(asked.process, arguments.detach))
    if not asked.experiments:
        print(f"there are no {kind}s yet")
        return 0
    for experiment in asked.experiments:
        for sentence in warnings(experiment):
            print(f"{experiment.id}: {sentence}")
    here, out = working(), published()
    stores = (here, out) if asked.from_published else (here,)
    if asked.auto:
        return 1 if _by_looks(asked, here, out, plan_only=arguments.plan) else 0
    have = {id_ for store in stores for id_ in store.ids()}
    runs = {experiment.id: asked.runs(experiment) for experiment in asked.experiments}
    if "record_every" in asked.process:
        ids = {run.id for those in runs.values() for run in those}
        say_unrecorded(
            {id_: record for store in stores for id_, record in store.load(ids).items()}.values(),
            asked.process,
        )
    if arguments.plan or any(run.id not in have for those in runs.values() for run in those):
        chosen, plans = _plans(asked, runs, have, here)
        if arguments.plan:
            return 0
    else:
        chosen, plans = list(asked.experiments), {}
    lacking = lacking_data({each.id: plans[each.id] for each in chosen if each.id in plans})
    failures, left = len(lacking), asked.budget
    for experiment in chosen:
        if (plan := plans.get(experiment.id)) and experiment.id not in lacking:
            fitting = plan if left is None else plan.within(left)
            if len(fitting.packs) < len(plan.packs):
                print(f"{experiment.id}: {len(fitting.packs)} of {len(plan.packs)} packs fit into the budget")
            left = None if left is None else left - fitting.seconds
            if fitting.packs:
                failures += len(train(fitting, asked.process).failures)
        _show(experiment, asked, here, out)
    return 1 if failures else 0


def _by_looks(asked: Asked, here: Store, out: Store, *, plan_only: bool) -> int:
    """Train experiments that have runs, look by look."""
    from hyperopt.cli.looks import train_by_looks

    def show(experiment: Experiment, seeds: tuple[int, ...]) -> None:
        _show(experiment, replace(asked, seeds=seeds), here, out)

    known = [
        experiment
        for experiment in asked.experiments
        if not experiment.lists
        and (not experiment.needs or asked.any_needs or experiment.id in asked.patterns)
    ]
    stores = (here, out) if asked.from_published else (here,)
    return train_by_looks(known, stores, asked.process, asked.budget, show, plan_only=plan_only)


def _asked(words: Sequence[str], kind: str) -> Asked:
    """Parse the command line and check every run; trains nothing, and imports no torch."""
    from hyperopt.experiments import load

    patterns = tuple(word for word in words if "=" not in word)
    overrides = [word for word in words if "=" in word]
    check_keys(overrides, OWN_KEYS)
    given = read(overrides)
    own = {key: given.pop(key) for key in OWN_KEYS if key in given}
    kept = [word for word in overrides if word.partition("=")[0] in given]
    settings, process = parse(kept, formats=FORMATS)
    for key, value in settings.items():
        if isinstance(value, Sweep) or key == "seed":
            hint = "seeds= says which seeds" if key == "seed" else "a table takes one value"
            raise ConfigError(f"{typed(key, value)}: {hint}.")
    composed({key: value for key, value in settings.items() if "." not in key})  # refused before much is read
    check_callbacks(process)
    auto = own.get("seeds") == "auto"
    seeds = None if auto else _seeds(own.get("seeds"))
    budget = seconds("budget", own["budget"]) if "budget" in own else None
    any_needs, from_published = (
        _choice(key, own.get(key), only) for key, only in (("needs", "any"), ("from", "published"))
    )
    loaded = [experiment for experiment in load(*patterns) if experiment.kind == kind]
    if patterns and not loaded:
        other, named = "tables" if kind == "figure" else "figures", " ".join(patterns)
        raise ConfigError(f"{named}: no {kind} has that id; did you mean `hyperopt {other} {named}`?")
    _check_count(loaded, seeds)
    experiments = tuple(experiment.changed(settings) if settings else experiment for experiment in loaded)
    return Asked(patterns, experiments, seeds, auto, budget, any_needs, from_published, process)


def _plans(
    asked: Asked, runs: Mapping[str, Sequence[Run]], have: set[str], store: Store
) -> tuple[list[Experiment], dict[str, Plan]]:
    """Print and return the experiments that can train here, the cheapest first, and their missing runs."""
    planned = planner(store, asked.process)
    plans: dict[str, Plan] = {}
    chosen: list[Experiment] = []
    no_gpu = engine_options(asked.process).resolved_device() == "cpu"
    for experiment in asked.experiments:
        plan = plans[experiment.id] = planned(runs[experiment.id], have)
        exactly = asked.any_needs or experiment.id in asked.patterns
        if plan.packs and experiment.needs == "gpu" and no_gpu and not exactly:
            command = f"`hyperopt {experiment.kind}s {experiment.id}`"
            print(f"{experiment.id}: skipped, it asks for a GPU; {command} here: {plan.describe()}")
        else:
            chosen.append(experiment)
            print(f"{experiment.id}: {plan.describe()}")
    return sorted(chosen, key=lambda experiment: plans[experiment.id].seconds), plans


def _show(experiment: Experiment, asked: Asked, here: Store, out: Store) -> None:
    from rich.console import Console

    from hyperopt.cli.terminal import show
    from hyperopt.findings.beside_published import beside_published
    from hyperopt.findings.view import ids_of, views_of
    from hyperopt.pages.beside_published import section, summary
    from hyperopt.pages.page import render as render_page
    from hyperopt.publish import leading_to_docs, write_drawings, write_page

    ids = ids_of(experiment, experiment.seeds_of_looks if asked.auto else asked.seeds)
    ours, theirs = here.load(ids), out.load(ids)
    records = theirs | ours if asked.from_published else ours
    views = views_of(experiment, records, asked.seeds, by_looks=asked.auto)
    if not (experiment.lists or views[-1].origin.found):
        print(f"{experiment.id}: none of its runs is there")
        return
    page = render_page(views)
    lines = [f"{experiment.id}: {page.verdicts}"]
    if both := beside_published(experiment, ours, theirs, views[-1].seeds):
        page = replace(page, markdown=f"{page.markdown}\n{section(both)}\n")
        lines.append(summary(both))
    try:
        folder = local_pages()
        page = replace(page, markdown=leading_to_docs(page.markdown, (folder / experiment.id).parent))
        paths = [write_page(folder, experiment.id, page), *write_drawings(folder, views)]
        lines.append(f"the whole page: {', '.join(map(str, paths))}")
    except StorageError as error:  # reading a table needs no writable folder
        lines.append(f"not written: {error}")
    if terminal_width() and asked.process.get("format") != "markdown":
        columns, rows = get_terminal_size()  # rich takes a terminal that is called dumb for one of 80 columns
        show(Console(width=columns, height=rows), views[-1], lines)
    else:
        print("\n".join(["", printable(page.markdown), *lines]))


def _seeds(value: Any) -> int | tuple[int, ...] | None:
    values = value.values if isinstance(value, Sweep) else tuple(value) if isinstance(value, list) else None
    numbers = (value,) if values is None else values
    if value is None:
        return None
    if any(isinstance(n, bool) or not isinstance(n, int) for n in numbers) or (values is None and value < 1):
        raise ConfigError(
            f"{typed('seeds', value)}: a count such as 5, the seeds such as 0,3,4, or auto is expected."
        )
    return value if values is None else values


def _check_count(experiments: Sequence[Experiment], seeds: int | tuple[int, ...] | None) -> None:
    """Reject more runs than fit into memory, before creating any."""
    if seeds is None:
        return
    count = seeds if isinstance(seeds, int) else len(seeds)
    runs = count * sum(len(cell.along) or 1 for each in experiments for cell in each.cells())
    if runs > MOST_RUNS:
        raise ConfigError(f"seeds={count}: these are {runs:,} runs; at most {MOST_RUNS:,} are expected.")


def _choice(key: str, value: Any, allowed: str) -> bool:
    if value not in (None, allowed):
        raise ConfigError(f"{typed(key, value)}: {allowed} is expected, or nothing.")
    return value is not None
