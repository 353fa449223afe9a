"""Tables of all methods of the study of stacks: their standings, what they cost, their time to a target."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hyperopt.findings.advice import OF_THE_PACKAGE
from hyperopt.findings.method_costs import Cost
from hyperopt.findings.methods import BASELINE, Workload
from hyperopt.findings.questions import percent
from hyperopt.findings.standings import Standing, standing, standings
from hyperopt.findings.to_target import FACTORS, fastest, profiles
from hyperopt.pages.blocks import Block, Folded, Table
from hyperopt.pages.markdown import NOTHING
from hyperopt.wording import counted, listed

FIRST = 12
"""So many methods are shown without a click."""
MEASURES = ("default", "best", "near", "decades", "blind", "at_baselines")
COSTS = ("step", "kept")


def all_methods(there: Sequence[Workload], band: float, costs: Mapping[str, Cost]) -> list[Block]:
    """The mean standings of all methods: what columns say, the first methods, and the others in a fold."""
    heads = [*_heads(there[0]), *(COSTS if costs else ())]
    means = standings(there, band)
    order = sorted(means, key=lambda label: means[label].default)
    rows = {
        label: [label, *_numbers(means[label]), *(_of_cost(costs.get(label)) if costs else [])]
        for label in order
    }
    first = [label for i, label in enumerate(order) if i < FIRST or label in (BASELINE, OF_THE_PACKAGE)]
    parts: list[Block] = [
        f"Test losses after the last epoch as multiples of that of {BASELINE} at its best rate, geometric"
        f" means over {counted(len(there), 'workload')}, that of the least at its default first:",
        _columns(there, order, band, with_costs=bool(costs)),
        Table(heads, [rows[label] for label in first], left=[heads[0]]),
    ]
    if others := [label for label in order if label not in first]:
        shown = Table(heads, [rows[label] for label in others], left=[heads[0]])
        parts.append(Folded(f"The other {counted(len(others), 'method')}", [shown]))
    return parts


def of_workload(workload: Workload, band: float) -> Block:
    """The standings of one workload."""
    found = {label: standing(method, workload, band) for label, method in workload.methods.items()}
    heads = _heads(workload)
    rows = [
        [label, *_numbers(found[label]), f"{workload.rates[workload.methods[label].best]:g}"]
        for label in sorted(found, key=lambda label: found[label].default)
    ]
    return Table([*heads, "best rate"], rows, left=[heads[0]])


def time_to_target(there: Sequence[Workload], target: float) -> list[Block]:
    """Dolan and More's profiles."""
    labels = list(standings(there))
    found = profiles(there, labels, target)
    order = sorted(found, key=lambda label: [-found[label][factor] for factor in FACTORS])
    rows = [[label, *(f"{100 * found[label][factor]:.0f} %" for factor in FACTORS)] for label in order]
    heads = ["method", *(f"{factor:g} ×" if math.isfinite(factor) else "ever" for factor in FACTORS)]
    of = "the loss" if target == 1 else f"{target:g} times the loss"
    words = (
        f"The share of workloads in which a method, from its best rate, comes to {of} of {BASELINE} at its"
        " best rate within so many times the fewest epochs that any method takes (Dolan and More, 2002)."
    )
    table = Table(heads, rows, left=["method"])
    return [fastest(there, labels, target), words, Folded(counted(len(rows), "method"), [table])]


def _heads(workload: Workload) -> list[str]:
    of_rates = f"good rates (of {len(workload.rates)})"
    return ["method", "default", "best", "within a decade", of_rates, "drawn blindly", f"{BASELINE}'s rate"]


def _numbers(of: Standing) -> list[str]:
    return [f"{getattr(of, name):.{1 if name == 'decades' else 2}f}" for name in MEASURES]


def _of_cost(cost: Cost | None) -> list[str]:
    return [NOTHING, NOTHING] if cost is None else [f"{cost.step:.2f}", f"{cost.kept:.0f}"]


def _columns(there: Sequence[Workload], order: Sequence[str], band: float, *, with_costs: bool) -> str:
    """What the columns say, and how losses are counted, as a list."""
    rates = there[0].rates
    free = [label for label, method in there[0].methods.items() if not method.needs_rate]
    lines = [
        "*default*: at the rate of the study that is nearest to its default.",
        "*best*: at its best rate. Nothing is held out to pick that by: it is the one of the least test"
        " loss.",
        "*within a decade*: the mean over its best rate and the neighbours of that, a decade below and"
        " above.",
        f"*good rates*: how many of the {len(rates)} rates from {rates[0]:g} to {rates[-1]:g} come within"
        f" {percent(band)} of {BASELINE}'s best.",
        "*drawn blindly*: the mean over all rates. A loss above that of guessing, or of a run that diverged,"
        " counts as that of guessing, so that what blows up looks better here than it is.",
        f"*{BASELINE}'s rate*: at the best rate of {BASELINE}.",
        *(_of_costs() if with_costs else []),
        "Names of stacks: *clip* shortens hypergradients, *multiplicative* multiplies the rate below instead"
        " of adding to it, *alpha alone* leaves betas as they are.",
        *_levels_above(there[0], order),
    ]
    if free:
        lines.append(f"No rate is needed by {'; '.join(free)}: their own first guess stands for the rate.")
    lines.append(
        "Means over seeds, and no test: of methods a few percent apart either may be the better one."
    )
    return "\n".join(f"- {line}" for line in lines)


def _levels_above(workload: Workload, order: Sequence[str]) -> list[str]:
    """What is given to a stack beside the initial rate, such as to the first in this order."""
    recipes = {
        label: recipe for label in order if (recipe := workload.methods[label].recipe) and recipe.above
    }
    such = [label for label in recipes if label in (next(iter(recipes)), OF_THE_PACKAGE)]
    if not such:
        return []
    rates = listed([f"{'/'.join(f'{rate:g}' for rate in recipes[label].above)} in {label}" for label in such])
    return [
        f"Levels above have initial rates of their own, the same on all workloads, such as {rates}. So one"
        " number is given to every stack, at a value that was known to be good."
    ]


def _of_costs() -> list[str]:
    return [
        f"*step*: the processor time of a step of training as a multiple of {BASELINE}'s, with"
        " `HyperOptimizer`, uncompiled, of an MLP 784-128-10 at 256 rows a minibatch, on one thread.",
        "*kept*: how many tensors as large as the weights the optimizer keeps.",
    ]
