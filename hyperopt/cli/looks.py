"""`seeds=auto`: look after look, trains only the runs behind undecided sentences, the cheapest first."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperopt.cli.train import planner, train
from hyperopt.records import Store
from hyperopt.wording import counted

if TYPE_CHECKING:
    from hyperopt.engine.plan import Plan
    from hyperopt.experiments.experiment import Experiment
    from hyperopt.findings.next_look import NextLook
    from hyperopt.records import Record


@dataclass(frozen=True)
class Step:
    """An experiment's next look and its cost."""

    experiment: Experiment
    look: NextLook
    plan: Plan


def train_by_looks(
    experiments: Sequence[Experiment],
    stores: Sequence[Store],
    process: Mapping[str, Any],
    budget: float | None,
    show: Callable[[Experiment, tuple[int, ...]], None],
    *,
    plan_only: bool,
) -> int:
    """Train look after look within a budget in seconds, and show all; return the number of failed packs."""
    from hyperopt.findings.next_look import seeds_with_runs

    failures, left = 0, budget
    while steps := _steps(experiments, stores, process):
        if plan_only:
            for step in steps:
                print(_described(step))
            return 0
        step = steps[0]
        print(_described(step))
        fitting = step.plan if left is None else step.plan.within(left)
        if not fitting.packs:
            print(f"{step.experiment.id}: its next look does not fit into the budget")
            break
        outcome = train(fitting, process)
        failures += len(outcome.failures)
        left = None if left is None else left - fitting.seconds
        if outcome.failures or outcome.left or len(fitting.packs) < len(step.plan.packs):
            break
    else:
        print("every sentence is decided, or its looks are done")
        if plan_only:
            return 0
    for experiment in experiments:
        show(experiment, seeds_with_runs(experiment, _records(experiment, stores)))
    return failures


def _steps(
    experiments: Sequence[Experiment], stores: Sequence[Store], process: Mapping[str, Any]
) -> list[Step]:
    """Return the next look of each experiment that has one, the cheapest first."""
    from hyperopt.findings.next_look import next_look

    planned = planner(stores[0], process)
    have = {id_ for store in stores for id_ in store.ids()}
    found = [(experiment, next_look(experiment, _records(experiment, stores))) for experiment in experiments]
    steps = [Step(experiment, look, planned(list(look.runs), have)) for experiment, look in found if look]
    return sorted((step for step in steps if step.plan.packs), key=lambda step: step.plan.seconds)


def _records(experiment: Experiment, stores: Sequence[Store]) -> dict[str, Record]:
    from hyperopt.findings.view import ids_of

    ids = ids_of(experiment, experiment.seeds_of_looks)
    return dict(ChainMap(*(dict(store.load(ids)) for store in stores)))


def _described(step: Step) -> str:
    """Describe a look's cost, and its probable verdict on each sentence."""
    from hyperopt.pages.undecided import odds

    lines = [f"{step.experiment.id}, {counted(len(step.look.seeds), 'seed')}: {step.plan.describe()}"]
    lines += [f"  {odds(chance)}: {says}" for says, chance in step.look.undecided.items()]
    return "\n".join(lines)
