"""Tables of all methods of the study which_stack: standings, costs and time to a target."""

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
"""The number of methods that are not folded."""
MEASURES = ("default", "best", "near", "decades", "blind", "at_baselines")
COSTS = ("step", "kept")


def all_methods(
    there: Sequence[Workload], band: float, costs: Mapping[str, Cost], named: Sequence[str] = ()
) -> list[Block]:
    """Return the mean standings of all methods: what columns mean, the best methods, the others folded.

    Args:
        there: the workloads.
        band: see `Standing.decades`.
        costs: the measured costs by method.
        named: methods that are not folded wherever they stand.
    """
    heads = [*_heads(there[0]), *(COSTS if costs else ())]
    means = standings(there, band)
    order = sorted(means, key=lambda label: means[label].default)
    rows = {
        label: [label, *_numbers(means[label]), *(_of_cost(costs.get(label)) if costs else [])]
        for label in order
    }
    leaders = {_leader(means, measure) for measure in MEASURES}
    shown = {*order[:FIRST], BASELINE, OF_THE_PACKAGE, *named, *leaders}
    first = [label for label in order if label in shown]
    parts: list[Block] = [
        f"Test losses after the last epoch as multiples of that of {BASELINE} at its best rate, as geometric"
        f" means over {counted(len(there), 'workload')}, sorted by the loss at the default:",
        _columns(there, order, band, with_costs=bool(costs)),
        Table(heads, [rows[label] for label in first], left=[heads[0]]),
    ]
    if others := [label for label in order if label not in first]:
        folded = Table(heads, [rows[label] for label in others], left=[heads[0]])
        parts.append(Folded(f"The other {counted(len(others), 'method')}", [folded]))
    return parts


def _leader(means: Mapping[str, Standing], measure: str) -> str:
    """Return the best method by an attribute of `Standing`."""
    sign = -1 if measure == "decades" else 1
    return min(means, key=lambda label: sign * getattr(means[label], measure))


def of_workload(workload: Workload, band: float) -> Block:
    """Return a table of the standings on one workload."""
    found = {label: standing(method, workload, band) for label, method in workload.methods.items()}
    heads = _heads(workload)
    rows = [
        [label, *_numbers(found[label]), f"{workload.rates[workload.methods[label].best]:g}"]
        for label in sorted(found, key=lambda label: found[label].default)
    ]
    return Table([*heads, "best rate"], rows, left=[heads[0]])


def time_to_target(there: Sequence[Workload], target: float) -> list[Block]:
    """Return a sentence about the fastest method, and performance profiles (Dolan and Moré, 2002)."""
    labels = list(standings(there))
    found = profiles(there, labels, target)
    order = sorted(found, key=lambda label: [-found[label][factor] for factor in FACTORS])
    rows = [[label, *(f"{100 * found[label][factor]:.0f} %" for factor in FACTORS)] for label in order]
    heads = ["method", *(f"{factor:g} ×" if math.isfinite(factor) else "ever" for factor in FACTORS)]
    of = "the loss" if target == 1 else f"{target:g} times the loss"
    words = (
        f"The share of workloads on which a method, from its best rate, reaches {of} of {BASELINE} at its"
        " best rate, within this many times the fewest epochs that any method takes (performance profiles;"
        " Dolan and Moré, 2002)."
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
    """Return a list that explains the columns and the names of methods."""
    rates = there[0].rates
    free = [label for label, method in there[0].methods.items() if not method.needs_rate]
    lines = [
        "*default*: at the rate in the study that is nearest to the method's default.",
        "*best*: at its best rate, which is the one with the least test loss. There is no separate"
        " validation set.",
        "*within a decade*: the mean over its best rate and the neighbouring rates, a decade below and"
        " above.",
        f"*good rates*: how many of the {len(rates)} rates from {rates[0]:g} to {rates[-1]:g} come within"
        f" {percent(band)} of {BASELINE}'s best.",
        "*drawn blindly*: the mean over all rates. Losses are capped at the loss of guessing, which also"
        " replaces that of a diverged run, so methods that diverge look better here than they are.",
        f"*{BASELINE}'s rate*: at the best rate of {BASELINE}.",
        *(_of_costs() if with_costs else []),
        "Names of stacks: *clip* shortens hypergradients, *multiplicative* multiplies the rate below instead"
        " of adding to it, *alpha alone* does not tune betas.",
        *_levels_above(there[0], order),
    ]
    if free:
        lines.append(f"These need no rate: {'; '.join(free)}. For them, *rate* means the first guess of it.")
    lines.append(
        "These are means over seeds without a test: if methods are a few percent apart, either may be better."
    )
    return "\n".join(f"- {line}" for line in lines)


def _levels_above(workload: Workload, order: Sequence[str]) -> list[str]:
    """Return a note on the rates of upper levels, with the default's and the best stack's as examples."""
    recipes = {
        label: recipe for label in order if (recipe := workload.methods[label].recipe) and recipe.above
    }
    such = [label for label in recipes if label in (next(iter(recipes)), OF_THE_PACKAGE)]
    if not such:
        return []
    rates = listed([f"{'/'.join(f'{rate:g}' for rate in recipes[label].above)} in {label}" for label in such])
    return [
        f"Upper levels have their own initial rates, the same on all workloads, such as {rates}. So every"
        " stack is given one number that was known to be good."
    ]


def _of_costs() -> list[str]:
    return [
        f"*step*: the processor time of a training step relative to {BASELINE}'s, for an MLP 784-128-10 with"
        " `HyperOptimizer`, uncompiled, with 256 rows per minibatch, on one thread.",
        "*kept*: the size of the optimizer's state, in multiples of the weights.",
    ]
