"""`hyperopt tables` and `hyperopt figures`: experiments trained and shown."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperopt.cli.train import engine_options, make_plan, train
from hyperopt.config.sweep import Sweep, parse, read
from hyperopt.errors import ConfigError, shown
from hyperopt.files import checkout_root
from hyperopt.records import Record, home, published, working

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from hyperopt.config import Run
    from hyperopt.engine.plan import Plan
    from hyperopt.experiments.experiment import Experiment

OWN_KEYS = ("seeds", "budget", "needs", "from")
UNITS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Asked:
    """What a command line asks of experiments.

    Attributes:
        patterns: ids and globs as typed.
        experiments: those they name, with the changed settings.
        seeds: how many or which; None leaves it to each experiment.
        budget: seconds that training may take; None for all it takes.
        any_needs: also experiments that ask for a GPU that is not here.
        from_published: published records count as present.
        process: how to train.
    """

    patterns: tuple[str, ...]
    experiments: tuple[Experiment, ...]
    seeds: int | tuple[int, ...] | None
    budget: float | None
    any_needs: bool
    from_published: bool
    process: Mapping[str, Any]

    def runs(self, experiment: Experiment) -> list[Run]:
        """The requested runs of one of the experiments."""
        return experiment.runs(self.seeds)


def tables(arguments: Namespace) -> int:
    """Train what tables miss, and print them."""
    return _train_and_show(arguments, "table")


def figures(arguments: Namespace) -> int:
    """Train what figures miss, and draw them."""
    return _train_and_show(arguments, "figure")


def local_pages() -> Path:
    """Where pages of what was trained here go: results/local of the checkout, else of the current folder.

    Where $HYPEROPT_HOME is set, they go to its pages/.
    """
    if os.environ.get("HYPEROPT_HOME"):
        return home() / "pages"
    return (checkout_root() or Path.cwd()) / "results" / "local"


def _train_and_show(arguments: Namespace, kind: str) -> int:
    asked = _asked(arguments.asked, kind)
    if not asked.experiments:
        print(f"there are no {kind}s yet")
        return 0
    here = working().load()
    have = {**published().load(), **here} if asked.from_published else dict(here)
    if arguments.plan or any(run.id not in have for one in asked.experiments for run in asked.runs(one)):
        chosen, plans = _plans(asked, have, here)
        if arguments.plan:
            return 0
    else:
        chosen, plans = list(asked.experiments), {}
    failures, left = 0, asked.budget
    for experiment in chosen:
        if plan := plans.get(experiment.id):
            fitting = _within(plan, left)
            if len(fitting.packs) < len(plan.packs):
                print(f"{experiment.id}: {len(fitting.packs)} of {len(plan.packs)} packs fit into the budget")
            left = None if left is None else left - fitting.seconds
            if fitting.packs:
                made, failed = train(fitting, asked.process)
                have |= made
                failures += failed
        _show(experiment, asked, have)
    return 1 if failures else 0


def _asked(words: Sequence[str], kind: str) -> Asked:
    """Read the command line and check every run; trains nothing, and imports no torch."""
    from hyperopt.experiments import load

    patterns = tuple(word for word in words if "=" not in word)
    given = read(word for word in words if "=" in word)
    own = {key: given.pop(key) for key in OWN_KEYS if key in given}
    settings, process = parse([word for word in words if "=" in word and word.partition("=")[0] in given])
    for key, value in settings.items():
        if isinstance(value, Sweep) or key == "seed":
            hint = "seeds= says which seeds" if key == "seed" else "a table takes one value"
            raise ConfigError(f"{key}={shown(value)}: {hint}.")
    loaded = [experiment for experiment in load(*patterns) if experiment.kind == kind]
    if patterns and not loaded:
        raise ConfigError(f"{' '.join(patterns)}: no {kind} has that id.")
    return Asked(
        patterns=patterns,
        experiments=tuple(experiment.changed(settings) if settings else experiment for experiment in loaded),
        seeds=_seeds(own.get("seeds")),
        budget=_budget(own.get("budget")),
        any_needs=_choice("needs", own.get("needs"), "any"),
        from_published=_choice("from", own.get("from"), "published"),
        process=process,
    )


def _plans(
    asked: Asked, have: Mapping[str, Record], here: Mapping[str, Record]
) -> tuple[list[Experiment], dict[str, Plan]]:
    """Print and return the experiments that can train here, the cheapest first, and what each lacks."""
    plans: dict[str, Plan] = {}
    chosen: list[Experiment] = []
    no_gpu = engine_options(asked.process).resolved_device() == "cpu"
    for experiment in asked.experiments:
        plan = plans[experiment.id] = make_plan(asked.runs(experiment), have, here, asked.process)
        exactly = asked.any_needs or experiment.id in asked.patterns
        if plan.packs and experiment.needs == "gpu" and no_gpu and not exactly:
            command = f"`hyperopt {experiment.kind}s {experiment.id}`"
            print(f"{experiment.id}: skipped, it asks for a GPU; {command} here: {plan.describe()}")
        else:
            chosen.append(experiment)
            print(f"{experiment.id}: {plan.describe()}")
    return sorted(chosen, key=lambda experiment: plans[experiment.id].seconds), plans


def _within(plan: Plan, budget: float | None) -> Plan:
    """The first packs of a plan that fit into a budget, by the plan's estimate per run and epoch."""
    if budget is None or plan.seconds <= budget:
        return plan
    total = sum(len(pack.runs) * pack.first.epochs for pack in plan.packs)
    packs, seconds = [], 0.0
    for pack in plan.packs:
        cost = plan.seconds * len(pack.runs) * pack.first.epochs / total
        if seconds + cost <= budget:
            packs.append(pack)
            seconds += cost
    return replace(plan, packs=tuple(packs), seconds=seconds)


def _show(experiment: Experiment, asked: Asked, records: Mapping[str, Record]) -> None:
    from hyperopt.findings.view import views_of
    from hyperopt.pages import render as render_page
    from hyperopt.publish import write_drawings, write_page

    views = views_of(experiment, records, asked.seeds)
    if not (experiment.lists or views[-1].origin.found):
        print(f"{experiment.id}: none of its runs is there")
        return
    page = render_page(views)
    path = write_page(local_pages(), experiment.id, page)
    places = ", ".join(map(str, [path, *write_drawings(local_pages(), views)]))
    print(f"\n{page.markdown}\n{experiment.id}: {page.verdicts}\nwritten to {places}")


def _seeds(value: Any) -> int | tuple[int, ...] | None:
    values = value.values if isinstance(value, Sweep) else tuple(value) if isinstance(value, list) else None
    numbers = (value,) if values is None else values
    if value is None:
        return None
    if any(isinstance(n, bool) or not isinstance(n, int) for n in numbers) or (values is None and value < 1):
        raise ConfigError(
            f"seeds={shown(value)}: a count from 1, such as 5, or which, such as 0,3,4, is expected."
        )
    return value if values is None else values


def _budget(value: Any) -> float | None:
    if value is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", shown(value))
    if not match or float(match[1]) == 0:
        raise ConfigError(f"budget={shown(value)}: a time such as 90s, 30m or 2h is expected.")
    return float(match[1]) * UNITS[match[2]]


def _choice(key: str, value: Any, allowed: str) -> bool:
    if value not in (None, allowed):
        raise ConfigError(f"{key}={shown(value)}: {allowed} is expected, or nothing.")
    return value is not None
