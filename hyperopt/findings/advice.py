"""Which method to use: standings of methods beside the baseline at its best rate, and what follows.

The excess of a method at a rate is its final loss over that of the baseline at its best rate, 1 where they
are alike. Over workloads excesses are averaged geometrically, over the rates of one workload plainly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, geometric_mean

from hyperopt.findings.methods import BASELINE, Method, Workload
from hyperopt.findings.to_target import TARGET, fastest

OF_THE_PACKAGE = "adamw/adam, multiplicative, alpha alone"
"""The label of the row that is what `HyperOptimizer` uses untold."""
BAND = 0.1
"""How much above the baseline's best still counts as as good."""


@dataclass(frozen=True)
class Standing:
    """A method on one workload, or the mean over several.

    Attributes:
        best: its excess at its own best rate.
        default: at its default.
        blind: the mean over all rates.
        near: the mean over its best rate and those a decade away.
        at_baselines: at the rate that is the baseline's best.
        decades: how many of the rates are within the band.
    """

    best: float
    default: float
    blind: float
    near: float
    at_baselines: float
    decades: float


@dataclass(frozen=True)
class Pick:
    """An answer.

    Attributes:
        who: the reader it is for.
        method: the label of the method with the least score.
        score: its mean excess, as `rule` says.
        baseline: that of the baseline.
        rule: what was compared.
        stack: the best of the stacks, if there is one.
        stack_score: its score.
        band: by how much more a lower score has to be lower, to be more than as good.
        beside: more about the method and the baseline, as sentences.
    """

    who: str
    method: str
    score: float
    baseline: float
    rule: str
    stack: str | None = None
    stack_score: float = math.nan
    band: float = BAND
    beside: str = ""

    @property
    def sentence(self) -> str:
        """The answer in words."""
        if self.method == BASELINE:
            return (
                f"**{self.who}:** use {BASELINE}; {self.rule}, no method's loss is lower by more than "
                f"{percent(self.band)}.{self.beside}"
            )
        return (
            f"**{self.who}:** use {self.method}; {self.rule}, its loss is {times(self.score)} that of "
            f"{BASELINE} at its best rate, where {BASELINE}'s own is {times(self.baseline)}.{self.beside}"
        )


def times(excess: float) -> str:
    """An excess in words."""
    return f"{excess:.2f} times"


def percent(share: float) -> str:
    """A share in words."""
    return f"{100 * share:g} %"


def begun(workloads: Sequence[Workload]) -> list[Workload]:
    """The workloads of which the baseline is in."""
    return [workload for workload in workloads if workload.best_baseline is not None]


def compared(workloads: Sequence[Workload]) -> list[Workload]:
    """Those of which all methods are in, so that one begun takes none away; or else those begun."""
    there = begun(workloads)
    return [workload for workload in there if not workload.missing] or there


def standing(method: Method, workload: Workload, band: float = BAND) -> Standing:
    """A method on a workload where the baseline is in."""
    assert workload.best_baseline is not None
    excess = [loss / workload.best_baseline for loss in method.losses]
    best = method.best
    return Standing(
        best=excess[best],
        default=excess[method.default],
        blind=fmean(excess),
        near=fmean(excess[max(best - 1, 0) : best + 2]),
        at_baselines=excess[workload.methods[BASELINE].best],
        decades=sum(x <= 1 + band for x in excess),
    )


def standings(workloads: Sequence[Workload], band: float = BAND) -> dict[str, Standing]:
    """By label, the mean over the workloads, for the methods that all of them have."""
    there = compared(workloads)
    if not there:
        return {}
    labels = [label for label in there[0].methods if all(label in w.methods for w in there)]
    found = {}
    for label in labels:
        each = [standing(w.methods[label], w, band) for w in there]
        means = {
            name: geometric_mean([getattr(s, name) for s in each])
            for name in ("best", "default", "blind", "near", "at_baselines")
        }
        found[label] = Standing(**means, decades=fmean(s.decades for s in each))
    return found


def picks(workloads: Sequence[Workload], band: float = BAND, target: float = TARGET) -> list[Pick]:
    """The answers for no idea of the rate, a rough one, and a tuned baseline; [] if that is not in.

    The method of the least score, unless it is within the band of the baseline's: then the baseline.
    """
    means = standings(workloads, band)
    if BASELINE not in means:
        return []
    there = compared(workloads)
    of = there[0].methods
    rates = len(there[0].rates)
    questions: list[tuple[str, str, Callable[[str], float], Callable[[str], str]]] = [
        (
            "No idea of the rate",
            "from a rate drawn blindly (the default, where none is needed)",
            lambda label: means[label].blind if of[label].needs_rate else means[label].default,
            lambda _: _alike(means),
        ),
        (
            "A rough idea",
            "from its best rate and those a decade below and above, the mean",
            lambda label: means[label].near,
            lambda label: _forgiving(means, label, band, rates),
        ),
        (
            f"A tuned {BASELINE} at hand",
            f"from the rate that is best for {BASELINE} (the default, where none is needed)",
            lambda label: means[label].at_baselines if of[label].needs_rate else means[label].default,
            lambda _: f" {fastest(there, means, target)}",
        ),
    ]
    found = []
    for who, rule, score, beside in questions:
        best = min(means, key=score)
        if score(best) * (1 + band) >= score(BASELINE):
            best = BASELINE
        of_stacks = _of_stacks(means, score)
        found.append(
            Pick(
                who,
                best,
                score(best),
                score(BASELINE),
                rule,
                of_stacks,
                math.nan if of_stacks is None else score(of_stacks),
                band,
                beside(best),
            )
        )
    return found


def _of_stacks(labels: Iterable[str], score: Callable[[str], float]) -> str | None:
    """The stack of the least score, if there is one."""
    return min((label for label in labels if "/" in label), key=score, default=None)


def _forgiving(means: Mapping[str, Standing], label: str, band: float, rates: int) -> str:
    """From how many rates a method, and the baseline, are as good as the baseline at its best."""
    both = [f"{means[name].decades:.1f} of {name}" for name in dict.fromkeys((label, BASELINE))]
    return (
        f" Of the {rates} rates {' and '.join(both)} come within {percent(band)} of {BASELINE}'s best, as a"
        " mean over workloads."
    )


def _alike(means: Mapping[str, Standing]) -> str:
    """The best of all methods at their defaults, and the best of all at a blind draw."""
    default = min(means, key=lambda label: means[label].default)
    blind = min(means, key=lambda label: means[label].blind)
    return (
        f" Like beside like: of all methods at their defaults the best is {default}, at"
        f" {times(means[default].default)}; of all whose rate, or first guess of it, is drawn blindly,"
        f" {blind}, at {times(means[blind].blind)}."
    )


def of_the_package(workloads: Sequence[Workload]) -> str:
    """How `HyperOptimizer` untold did, and why it is, or is not, the stack for a rough idea of the rate."""
    means = standings(workloads)
    found, rough = means.get(OF_THE_PACKAGE), _of_stacks(means, lambda label: means[label].near)
    if found is None or rough is None:
        return ""
    own = (
        f"The library's own default, {OF_THE_PACKAGE}, has {times(found.default)} the loss of {BASELINE} at"
        f" its best rate from its default, {times(found.near)} from its best rate or a decade beside it, and"
        f" {times(found.at_baselines)} from {BASELINE}'s best rate"
    )
    if rough == OF_THE_PACKAGE:
        return f"{own}: of the stacks it is the one for a rough idea."
    other = means[rough]
    why = (
        "It takes an optimizer's place at the rate that was found for that, and there it is the better one"
        if found.at_baselines < other.at_baselines
        else f"So {rough} is the better one"
    )
    return (
        f"{own}; of the stacks the one for a rough idea, {rough}, has {times(other.default)},"
        f" {times(other.near)} and {times(other.at_baselines)}. {why}; [what else it was chosen"
        " by](../../docs/optimizer.md#the-defaults)."
    )
