"""`seeds=auto`: trains only the runs behind undecided sentences, look after look, the cheapest first."""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperopt.cli.train import lacking_data, planner, train
from hyperopt.records import Store
from hyperopt.wording import counted

if TYPE_CHECKING:
    from hyperopt.engine.plan import Plan
    from hyperopt.experiments.experiment import Experiment
    from hyperopt.findings.next_look import Sought
    from hyperopt.records import Record


@dataclass(frozen=True)
class Step:
    """The missing runs behind a sentence at an experiment's next look, or all of its first look."""

    experiment: Experiment
    seeds: int
    plan: Plan
    sought: Sought | None = None

    @property
    def seconds_per_verdict(self) -> float:
        """The training time divided by the probability that it decides the sentence."""
        if self.sought is None:
            return self.plan.seconds
        return self.plan.seconds / self.sought.chance.decided if self.sought.chance.decided else math.inf


def train_by_looks(
    experiments: Sequence[Experiment],
    stores: Sequence[Store],
    process: Mapping[str, Any],
    budget: float | None,
    show: Callable[[Experiment, tuple[int, ...]], None],
    *,
    plan_only: bool,
) -> int:
    """Train look after look within a budget in seconds, and show all.

    Return the number of failed packs and of experiments without data.
    """
    from hyperopt.findings.next_look import shown_seeds

    lacking: set[str] = set()
    failures, left = 0, budget
    while steps := _steps([each for each in experiments if each.id not in lacking], stores, process):
        if plan_only:
            print("\n".join(map(_described, steps)))
            if len(steps) > 1:
                print(f"all together: {_together(steps, stores, process).describe()}")
            return 0
        step, fitting = that_fits(steps, left)
        print(_described(step))
        if not fitting.packs:
            print("no pack of the next looks fits into the budget")
            break
        if without := lacking_data({step.experiment.id: fitting}):
            lacking |= without
            continue
        outcome = train(fitting, process)
        failures += len(outcome.failures)
        left = None if left is None else left - fitting.seconds
        if outcome.failures or outcome.left or len(fitting.packs) < len(step.plan.packs):
            break
    else:
        if not lacking:
            print("every look that could decide a sentence has its runs")
        if plan_only:
            return 0
    for experiment in experiments:
        show(experiment, shown_seeds(experiment, _records(experiment, stores)))
    return failures + len(lacking)


def _steps(
    experiments: Sequence[Experiment], stores: Sequence[Store], process: Mapping[str, Any]
) -> list[Step]:
    """Return what the next looks of the experiments need, the cheapest verdict first."""
    from hyperopt.findings.next_look import next_look

    planned = planner(stores[0], process)
    have = {id_ for store in stores for id_ in store.ids()}
    steps = []
    for experiment in experiments:
        if look := next_look(experiment, _records(experiment, stores)):
            n = len(look.seeds)
            steps += [
                Step(experiment, n, planned(list(sought.runs), have), sought) for sought in look.sentences
            ] or [Step(experiment, n, planned(list(look.runs), have))]
    steps = [step for step in steps if step.plan.packs]
    return sorted(steps, key=lambda step: (step.seconds_per_verdict, step.plan.seconds))


def that_fits(steps: Sequence[Step], left: float | None) -> tuple[Step, Plan]:
    """Return the first step that fits whole into a budget, else the first that does partly, and that part."""
    found = [(step, step.plan if left is None else step.plan.within(left)) for step in steps]
    whole = (each for each in found if each[1].runs == each[0].plan.runs)
    partly = (each for each in found if each[1].packs)
    return next(whole, None) or next(partly, found[0])


def _together(steps: Sequence[Step], stores: Sequence[Store], process: Mapping[str, Any]) -> Plan:
    """Return the plan of all steps, some of whose runs may be the same."""
    runs = [run for step in steps for pack in step.plan.packs for run in pack.runs]
    return planner(stores[0], process)(runs, {id_ for store in stores for id_ in store.ids()})


def _records(experiment: Experiment, stores: Sequence[Store]) -> dict[str, Record]:
    from hyperopt.findings.view import ids_of

    ids = ids_of(experiment, experiment.seeds_of_looks)
    return dict(ChainMap(*(dict(store.load(ids)) for store in stores)))


def _described(step: Step) -> str:
    """Describe the cost of a step, and the probable verdict on its sentence."""
    from hyperopt.pages.undecided import odds

    cost = f"{step.experiment.id}, {counted(step.seeds, 'seed')}: {step.plan.describe()}"
    if (sought := step.sought) is None:
        return cost
    return f"{cost}\n  {odds(sought.chance)}: {sought.verdict.claim.says}"
