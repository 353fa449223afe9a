"""The page that says which stack to use, from whatever runs of the study are in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hyperopt.findings.advice import (
    BAND,
    begun,
    compared,
    of_the_package,
    percent,
    picks,
    standing,
    standings,
)
from hyperopt.findings.method_costs import Cost
from hyperopt.findings.methods import BASELINE, Workload
from hyperopt.findings.study import STUDY
from hyperopt.findings.to_target import FACTORS, TARGET, profiles
from hyperopt.pages import blocks
from hyperopt.pages.blocks import Block, Commands, Folded, Picture, Table
from hyperopt.pages.markdown import NOTHING
from hyperopt.wording import counted

FEW = 3
"""Below so many workloads an answer is of these alone, as the page says first."""
HEADS = ("method", "best", "default", "decades", "drawn blindly", "a decade off", f"{BASELINE}'s rate")


def page(
    workloads: Sequence[Workload],
    band: float = BAND,
    target: float = TARGET,
    *,
    costs: Mapping[str, Cost] | None = None,
    picture: str | None = None,
) -> str:
    """The page as Markdown; its numbers follow from the workloads whose runs are in.

    Args:
        workloads: all of the study's, runs of them in or not.
        band: how much above the baseline's best still counts as as good.
        target: of the profiles, as a multiple of the baseline's best loss.
        costs: by method, as they were measured.
        picture: the file of its drawing beside it.
    """
    there = compared(workloads)
    answer = _answer(workloads, band, target)
    parts: list[Block] = [
        "# Which stack should I use?",
        *answer,
        of_the_package(there),
        _what_is_in(workloads),
    ]
    parts.append("\n".join(f"- *{w.name}:* {'; '.join(w.ran)}." for w in workloads if w.ran))
    if there:
        parts += [Picture("Final loss against initial rate", picture)] if picture else []
        parts += ["## Where stacks lose", _lose(there, band)]
        parts += ["## All methods", _explained(there, band, costs or {}), _means(there, band, costs or {})]
        parts += ["## Time to the target", _profile_words(target), _profiles(there, target)]
        parts += [
            Folded(_title(workload), [_of_workload(workload, band), f"[Its page]({workload.name}.md)."])
            for workload in begun(workloads)
        ]
    parts += [
        "## Anew",
        "The answers follow from rules in `hyperopt/findings/advice.py`. With another band or target, from"
        " all runs that are here:",
        Commands(["hyperopt which band=0.2 target=1.05"]),
        "The runs themselves, cheapest workloads first; `BUDGET` trains what fits, and the last line, which"
        " rehearses all of them on a little random data, says with `--plan` how long that takes:",
        Commands(
            [
                f"make tables ONLY='{STUDY}/*' SEEDS=1",
                f"make tables ONLY='{STUDY}/*' SEEDS=1 EPOCHS=1 BUDGET=30m",
                f"hyperopt tables '{STUDY}/*' seeds=1 epochs=1 dataset.generated=true dataset.train=64",
            ]
        ),
        "What methods cost (`step`, `kept`):",
        Commands(["python -m benchmarks pages methods"]),
    ]
    return blocks.text(parts) + "\n"


def _answer(workloads: Sequence[Workload], band: float, target: float) -> list[Block]:
    found = picks(workloads, band, target)
    if not found:
        return [f"**No answer yet:** of no workload are all runs of {BASELINE} in."]
    return [_caution(compared(workloads)), "\n".join(f"- {pick.sentence}" for pick in found)]


def _caution(there: Sequence[Workload]) -> str:
    """What the answers leave out, while runs are missing or workloads are few."""
    of_all, means = {label for w in there for label in (*w.methods, *w.missing)}, standings(there)
    lacks = []
    if len(there) < FEW:
        lacks.append(f"{' and '.join(workload.name for workload in there)} alone")
    if len(means) < len(of_all):
        lacks.append(f"{len(means)} of {counted(len(of_all), 'method')}")
    if not lacks:
        return ""
    return f"**So far this is of {', and of '.join(lacks)}:** no advice for other work follows yet."


def _free(there: Sequence[Workload]) -> str:
    """Which methods need no rate."""
    free = [label for label, method in there[0].methods.items() if not method.needs_rate]
    if not free:
        return ""
    return f"No rate is needed by {'; '.join(free)}: their own first guess stands for the rate."


def _what_is_in(workloads: Sequence[Workload]) -> Block:
    rows = [
        [w.name, f"{w.found} of {w.wanted}", counted(w.seeds, "seed"), _methods_in(w), _short(w.missing)]
        for w in workloads
    ]
    heads = ["workload", "runs in", "each", "methods in", "methods not in"]
    return Table(heads, rows, left=["workload", "methods not in"])


def _methods_in(workload: Workload) -> str:
    return f"{len(workload.methods)} of {len(workload.methods) + len(workload.missing)}"


def _title(workload: Workload) -> str:
    if not workload.missing:
        return workload.title
    return f"{workload.title}: so far {_methods_in(workload)} methods, which no answer above counts"


def _short(labels: Sequence[str]) -> str:
    few = "; ".join(labels[:3])
    return f"{few}; and {len(labels) - 3} more" if len(labels) > 3 else few or NOTHING


def _lose(there: Sequence[Workload], band: float) -> str:
    lines = []
    for pick in picks(there, band):
        if pick.stack is None:
            continue
        if pick.stack == pick.method:
            lines.append(f"- *{pick.who}:* they do not lose here: {pick.stack} has the least loss of all.")
            continue
        chosen = "" if pick.method == BASELINE else f"{pick.method} has {pick.score:.2f} times, "
        lines.append(
            f"- *{pick.who}:* the best of them, {pick.stack}, has {pick.stack_score:.2f} times the loss of "
            f"{BASELINE} at its best rate; {chosen}{BASELINE} itself {pick.baseline:.2f}."
        )
    return "\n".join(lines)


def _explained(there: Sequence[Workload], band: float, costs: Mapping[str, Cost]) -> str:
    rates = there[0].rates
    cost = (
        f" `step` is the processor time of a step of training as a multiple of {BASELINE}'s, and `kept` how"
        " many tensors as large as the weights the optimizer keeps: with `HyperOptimizer`, uncompiled, of an"
        " MLP 784-128-10 at 256 rows a minibatch, on one thread."
    )
    return (
        f"Test losses after the last epoch as multiples of that of {BASELINE} at its best rate, geometric"
        f" means over {counted(len(there), 'workload')}: from a method's best initial rate; from that nearest"
        f" to its default; how many of the {len(rates)} rates from {rates[0]:g} to {rates[-1]:g} come within"
        f" {percent(band)}; from a rate drawn blindly among them, the mean; from the best or a decade beside"
        f" it, the mean; and from {BASELINE}'s best rate. A run that diverged counts as guessing."
        f" {_free(there)} Nothing is held out to pick a rate by: the best one is that of the least test loss."
        " These are means over seeds, and nothing is tested: of methods a few percent apart either may be the"
        " better one."
    ) + (cost if costs else "")


def _numbers(of: object) -> list[str]:
    names = ("best", "default", "decades", "blind", "near", "at_baselines")
    return [f"{getattr(of, name):.{1 if name == 'decades' else 2}f}" for name in names]


def _means(there: Sequence[Workload], band: float, costs: Mapping[str, Cost]) -> Block:
    means = standings(there, band)
    rows = [
        [label, *_numbers(found), *(_of_cost(costs.get(label)) if costs else [])]
        for label, found in sorted(means.items(), key=lambda m: m[1].blind)
    ]
    return Table([*HEADS, *(["step", "kept"] if costs else [])], rows, left=["method"])


def _of_cost(cost: Cost | None) -> list[str]:
    return [NOTHING, NOTHING] if cost is None else [f"{cost.step:.2f}", f"{cost.kept:.0f}"]


def _of_workload(workload: Workload, band: float) -> Block:
    rows = [
        [label, f"{workload.rates[method.best]:g}", *_numbers(standing(method, workload, band))]
        for label, method in workload.methods.items()
    ]
    return Table([HEADS[0], "best rate", *HEADS[1:]], rows, left=["method"])


def _profile_words(target: float) -> str:
    of = "the loss" if target == 1 else f"{target:g} times the loss"
    return (
        f"The share of workloads in which a method, from its best rate, comes to {of} of {BASELINE} at its"
        " best rate, within so many times the fewest epochs that any method takes (Dolan and More, 2002)."
    )


def _profiles(there: Sequence[Workload], target: float) -> Block:
    found = profiles(there, standings(there), target)
    order = sorted(found, key=lambda label: [-found[label][factor] for factor in FACTORS])
    rows = [[label, *(f"{100 * found[label][factor]:.0f} %" for factor in FACTORS)] for label in order]
    heads = [f"{factor:g}" if math.isfinite(factor) else "ever" for factor in FACTORS]
    return Table(["method", *heads], rows, left=["method"])
