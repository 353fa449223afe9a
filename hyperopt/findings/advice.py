"""Which method to use, for three kinds of readers, and how certain the recommendation is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hyperopt.findings.methods import BASELINE, Workload
from hyperopt.findings.questions import FEW, QUESTIONS, Left, Pick, Question, percent, times
from hyperopt.findings.standings import (
    BAND,
    Measures,
    Numbers,
    Standing,
    begun,
    common,
    compared,
    measures,
    standing,
    standing_of,
    standings,
)
from hyperopt.findings.to_target import TARGET, fastest
from hyperopt.statistics import Interval
from hyperopt.wording import counted, listed

OF_THE_PACKAGE = "adamw/adam, multiplicative, alpha alone"
"""The label of the row with the default of `HyperOptimizer`."""


def picks(workloads: Sequence[Workload], band: float = BAND, target: float = TARGET) -> list[Pick]:
    """Return the answers to the three QUESTIONS; [] if no workload has all runs of the baseline.

    An answer is the method with the least score, or the baseline if its score is within the band of that.

    Args:
        workloads: all workloads of the study.
        band: how much lower, as a share, a score has to be than the baseline's to count as better.
        target: the target loss, as a multiple of the baseline's best.
    """
    there = compared(workloads)
    if not there:
        return []
    means, drawn = measures(there, band), measures(there, band, drawn=True)
    left = {w.name: [other for other in there if other is not w] for w in there} if there[1:] else {}
    without = {name: measures(others, band) for name, others in left.items()}
    found, rates = {label: standing_of(of) for label, of in means.items()}, there[0].rates
    beside = (
        _drawn_blindly(found, rates),
        _forgiving(found, band, len(rates)),
        lambda _: f" {fastest(there, means, target)}",
    )
    return [
        _pick(question, workloads, means, drawn, without, band, says)
        for question, says in zip(QUESTIONS, beside, strict=True)
    ]


def named(found: Sequence[Pick]) -> list[str]:
    """Return the answers, and for each question the best method that is no stack."""
    return list(dict.fromkeys([*(pick.method for pick in found), *(pick.other[0] for pick in found)]))


def _pick(
    question: Question,
    workloads: Sequence[Workload],
    means: Mapping[str, Measures],
    drawn: Mapping[str, Measures],
    without: Mapping[str, Mapping[str, Measures]],
    band: float,
    beside: Callable[[str], str],
) -> Pick:
    there = compared(workloads)
    of = there[0].methods
    scores = {label: float(score) for label, score in question.scores(means, of).items()}
    draws = question.scores(drawn, of)
    [method] = _answers(question.scores(means, of), band)
    low, high = map(float, np.quantile(draws[method], [0.025, 0.975]))
    stacks = {label: score for label, score in scores.items() if "/" in label}
    stack = _least(stacks) if stacks else None
    others = {label: score for label, score in scores.items() if label not in stacks}
    recipe = of[method].recipe
    drawn_on = sum(len(w.methods[BASELINE].by_seed) > 1 for w in there)
    return Pick(
        question,
        method,
        scores,
        Interval(low, high) if drawn_on else None,
        _shares(_answers(draws, band)),
        {name: _left(question.scores(left, of), method, band) for name, left in without.items()},
        tuple(workload.name for workload in there),
        drawn_on,
        _each([w for w in begun(workloads) if w not in there and method in w.methods], method, question),
        stack,
        _each(there, method, question),
        _each(there, stack[0], question) if stack else {},
        _least(others),
        band,
        _best(question.before.scores(means, of), band) if question.before else None,
        beside(method),
        recipe.lines(rated=question.given and of[method].needs_rate) if recipe else (),
    )


def _best(scores: Mapping[str, Numbers], band: float) -> tuple[str, float]:
    [method] = _answers(scores, band)
    return method, float(scores[method])


def _left(scores: Mapping[str, Numbers], method: str, band: float) -> Left:
    return Left(_answers(scores, band)[0], float(scores[method]), float(scores[BASELINE]))


def _answers(scores: Mapping[str, Numbers], band: float) -> list[str]:
    """Return the method with the least score, or the baseline if it is as good, for each draw of seeds."""
    labels, table = list(scores), np.array([np.atleast_1d(score) for score in scores.values()])
    baseline = labels.index(BASELINE)
    as_good = table.min(0) * (1 + band) >= table[baseline]
    return [labels[place] for place in np.where(as_good, baseline, table.argmin(0))]


def _shares(answers: Sequence[str]) -> dict[str, float]:
    return {label: n / len(answers) for label, n in Counter(answers).most_common()}


def _each(workloads: Sequence[Workload], label: str, question: Question) -> dict[str, tuple[float, float]]:
    """Return the scores of a method and of the baseline on each workload, by name."""
    return {w.name: (_score_on(w, label, question), _score_on(w, BASELINE, question)) for w in workloads}


def _score_on(workload: Workload, label: str, question: Question) -> float:
    method = workload.methods[label]
    return float(getattr(standing(method, workload), question.measure(method)))


def _least(scores: Mapping[str, float]) -> tuple[str, float]:
    return min(scores.items(), key=lambda item: item[1])


def _drawn_blindly(means: Mapping[str, Standing], rates: Sequence[float]) -> Callable[[str], str]:
    """Return a sentence about a method, and the best one, if the rate or first guess is drawn at random."""
    best = min(means, key=lambda label: means[label].blind)
    return lambda label: (
        f" If the rate, or the first guess of it, is drawn blindly from {rates[0]:g} to {rates[-1]:g}, its"
        f" mean loss is {times(means[label].blind)} that of {BASELINE} at its best rate"
        + (", the least of all." if label == best else f"; {best} has the least, {times(means[best].blind)}.")
    )


def _forgiving(means: Mapping[str, Standing], band: float, rates: int) -> Callable[[str], str]:
    """Return a sentence on how many rates make a method, and the baseline, as good as the best baseline."""
    return lambda label: (
        f" Of the {rates} rates, "
        + " and ".join(f"{means[name].decades:.1f} of {name}" for name in dict.fromkeys((label, BASELINE)))
        + f" come within {percent(band)} of {BASELINE}'s best, as a mean over workloads."
    )


def of_the_package(workloads: Sequence[Workload]) -> str:
    """Return what `HyperOptimizer`'s default is for and how it compares with the baseline, in Markdown."""
    means = standings(workloads)
    if OF_THE_PACKAGE not in means or BASELINE not in means:
        return ""
    own, base = means[OF_THE_PACKAGE], means[BASELINE]
    return (
        f"**The library's own default**, `HyperOptimizer(model.parameters())`, is {OF_THE_PACKAGE}. It is"
        f" meant to replace a tuned {BASELINE}, whose rate it multiplies: from {BASELINE}'s best rate, its"
        f" loss is {times(own.at_baselines)} {BASELINE}'s. It does not find a rate from scratch: from its"
        f" default rate, its loss is {times(own.default)} that of {BASELINE} at its best rate, while"
        f" {BASELINE}'s from its own default is {times(base.default)}. Averaged over its best rate and the"
        f" neighbouring rates, it is {times(own.near)}, and {BASELINE}'s {times(base.near)}. [How it was"
        " chosen](../../docs/optimizer.md#the-defaults), and [how it continues training trained"
        " weights](../../docs/optimizer.md#trained-weights-that-go-on)."
    )


def caution(workloads: Sequence[Workload]) -> str:
    """Return a caution, in Markdown, if workloads are few or methods are missing; else ""."""
    there = compared(workloads)
    of_all = {label for w in there for label in (*w.methods, *w.missing)}
    lacks = [f"{listed([w.name for w in there])} only"] if len(there) < FEW else []
    if len(found := common(there)) < len(of_all):
        lacks.append(f"{len(found)} of {counted(len(of_all), 'method')}")
    if not lacks:
        return ""
    return (
        f"**So far this is based on {' and '.join(lacks)}:** it is something to try, but no advice for other"
        " work yet."
    )
