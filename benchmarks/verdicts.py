"""`python -m benchmarks.verdicts`: simulates how often verdicts are wrong, and divisions of 5 % among looks.

It rewrites the tables of docs/statistics.md with the code that pages use. The divisions are compared on
distances between effects and bounds that are drawn from the published records.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyperopt.durable import write
from hyperopt.experiments import load
from hyperopt.experiments.claim import Bound
from hyperopt.experiments.experiment import DEFAULT_LOOKS
from hyperopt.findings.judging import Outcome, Row, Sentence, decide
from hyperopt.findings.measurements import measure
from hyperopt.findings.tested import tested
from hyperopt.pages.excerpt import fill
from hyperopt.pages.markdown import table
from hyperopt.records import published
from hyperopt.statistics import ALPHA, Evidence, divided, evidence
from hyperopt.statistics.evidence import Method

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]
DOC = Path(__file__).parent.parent / "docs/statistics.md"
PAGES = 2_000
BOUND = Bound(low=0)
HALF_SD = 0.5
SENTENCES = 5
"""The number of sentences of a page on which divisions are compared."""
RUNS = 3
"""The number of runs behind a number of a report."""


@dataclass(frozen=True)
class Shape:
    """A distribution of effects.

    Attributes:
        name: its description.
        draw: draws effects whose mean (or median, if judged by that) is 0.
        method: how the effects are judged.
        sd: their standard deviation.
    """

    name: str
    draw: Draw
    method: Method = "mean"
    sd: float = 1.0


def _normal(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return rng.normal(size=n)


def _bounded(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return rng.beta(2, 5, size=n) - 2 / 7 - (rng.beta(2, 2, size=n) - 1 / 2)


def _skewed(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return rng.beta(2, 5, size=n) - 2 / 7


def _lost(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Draw effects of which one in five is 80; the others are shifted so that the median of all is 0."""
    return np.where(rng.random(n) < 0.2, 80.0, rng.normal(size=n) - 0.31864)


def _lost_mean(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return np.where(rng.random(n) < 0.2, 80.0, rng.normal(size=n)) - 16.0


NORMAL = Shape("normal, by the mean", _normal)
SHAPES = (
    NORMAL,
    Shape("difference of two bounded numbers, by the mean", _bounded, sd=(10 / 392 + 1 / 20) ** 0.5),
    Shape("bounded and skewed on one side alone, by the mean", _skewed, sd=(10 / 392) ** 0.5),
    Shape("normal, by the median", _normal, "median"),
    Shape("bimodal (one run in five is lost), by the median", _lost, "median"),
    Shape("bimodal, by the mean", _lost_mean, sd=32.0),
)
SHARES = Shape("whether a run diverges, as often on both sides", _normal, "share")
PAGE = "any of three on a page, one of which a look of ten cannot tell"
REPEATS = Shape("whether a repeat prints so, as often as not", _normal)


def wrong(shape: Shape, away: float, said: Sequence[Outcome], pages: int, negligible: float = 0.0) -> float:
    """Return how often one of some outcomes is reached at any look, for effects at a given distance.

    Args:
        shape: the distribution of effects.
        away: how many sd the effect lies above its bound.
        said: the outcomes to count.
        pages: the number of simulated pages.
        negligible: the negligible difference, in sd.
    """
    rng, found, levels = np.random.default_rng(1), 0, divided(ALPHA, DEFAULT_LOOKS)
    for _ in range(pages):
        effects = shape.draw(rng, DEFAULT_LOOKS[-1]) + away * shape.sd
        sides = rng.random((2, DEFAULT_LOOKS[-1])) < 0.5
        for n, level in zip(DEFAULT_LOOKS, levels, strict=True):
            sample = evidence(effects[:n].tolist(), shape.method)
            if shape is SHARES:
                first, second = (int(side[:n].sum()) for side in sides)
                sample = Evidence("share", (0.0,) * n, ((first, n), (second, n)))
            row = Row(BOUND, sample, negligible * shape.sd)
            [decision] = decide([Sentence((row,), repeat=RUNS if shape is REPEATS else 0)], level)
            if decision.outcome in said:
                found += 1
                break
            if decision.outcome in ("holds", "does not hold"):
                break
    return found / pages


def wrong_on_a_page(pages: int) -> float:
    """Return how often any of three sentences at their bounds is found not to hold.

    Two are judged by the median. The third is judged by repeats, of which the first look has too few.
    """
    rng, found, looks = np.random.default_rng(1), 0, DEFAULT_LOOKS[1:]
    for _ in range(pages):
        effects = rng.normal(size=(3, looks[-1]))
        left = [0, 1, 2]
        for n, level in zip(looks, divided(ALPHA, looks), strict=True):
            samples = [evidence(effects[i, :n].tolist(), "mean" if i == 2 else "median") for i in left]
            sentences = [
                Sentence((Row(BOUND, sample, 0.0),), repeat=RUNS if i == 2 else 0)
                for i, sample in zip(left, samples, strict=True)
            ]
            outcomes = [decision.outcome for decision in decide(sentences, level)]
            if "does not hold" in outcomes:
                found += 1
                break
            left = [i for i, outcome in zip(left, outcomes, strict=True) if outcome == "undecided"]
    return found / pages


def errors(pages: int) -> str:
    """Return a table of wrong verdicts for effects below, at and above their bound."""
    cases: list[tuple[float, Outcome]] = [
        (-HALF_SD, "holds"),
        (0.0, "does not hold"),
        (HALF_SD, "does not hold"),
    ]
    rows = [
        [shape.name, *(f"{100 * wrong(shape, away, (outcome,), pages):.1f}" for away, outcome in cases)]
        for shape in SHAPES
    ]
    rows += [
        [shape.name, "", f"{100 * wrong(shape, 0.0, ('does not hold',), pages):.1f}", ""]
        for shape in (SHARES, REPEATS)
    ]
    rows.append([PAGE, "", f"{100 * wrong_on_a_page(pages):.1f}", ""])
    return table(["effects", "below", "at", "above"], rows)


def errors_at_the_bound(pages: int) -> str:
    """Return a table of verdicts on effects at the negligible distance from the bound, and at the bound."""
    below: list[Outcome] = ["holds", "at the bound"]
    above: list[Outcome] = ["does not hold", "at the bound"]
    rows = []
    for shape in SHAPES[:5]:
        shares = (
            wrong(shape, -HALF_SD, below, pages, HALF_SD),
            wrong(shape, HALF_SD, above, pages, HALF_SD),
            wrong(shape, 0.0, ["at the bound"], pages, HALF_SD),
        )
        rows.append([shape.name, *(f"{100 * share:.1f}" for share in shares)])
    return table(["effects", "below: wrong", "above: wrong", "at it: said so"], rows)


def distances() -> NDArray[np.float64]:
    """Return the distances of published effects from their bounds, in standard deviations."""
    records, found = published().load(), []
    for experiment in load():
        measured = measure(experiment, records, experiment.seeds)
        every = [
            one
            for claim in experiment.claims
            for check in claim.checks
            for one in tested(check, experiment, measured)
        ]
        for one in every:
            values = np.array([*one.effects.values()])
            ends = [end for end in (one.check.bound.low, one.check.bound.high) if np.isfinite(end)]
            if len(values) > 1 and np.isfinite(values).all() and values.std() > 0 and ends:
                found.append(min(abs(values.mean() - end) for end in ends) / values.std(ddof=1))
    return np.array(found)


DIVISIONS: dict[str, tuple[tuple[int, ...], tuple[float, ...]]] = {
    "equal": (DEFAULT_LOOKS, (1, 1, 1)),
    "as the root of the seeds": (DEFAULT_LOOKS, (3**0.5, 10**0.5, 30**0.5)),
    "as the seeds": (DEFAULT_LOOKS, (3, 10, 30)),
    "as their cube, much as O'Brien and Fleming's": (DEFAULT_LOOKS, (3**3, 10**3, 30**3)),
    "one look at 10": ((10,), (1,)),
}


def divisions(pages: int) -> str:
    """Return a table of the sentences that each division of the 5 % decides by each look, and its cost."""
    away = distances()
    rows = []
    for name, (looks, weights) in DIVISIONS.items():
        rng, decided, seeds = np.random.default_rng(1), dict.fromkeys(looks, 0), 0
        for _ in range(pages):
            effects = rng.choice(away, size=SENTENCES)[:, None] + rng.normal(size=(SENTENCES, looks[-1]))
            left, before = list(range(SENTENCES)), 0
            for n, weight in zip(looks, weights, strict=True):
                seeds += (n - before) * len(left)
                sentences = [Sentence((Row(BOUND, evidence(effects[i, :n].tolist()), 0.0),)) for i in left]
                outcomes = decide(sentences, ALPHA * weight / sum(weights))
                left = [i for i, o in zip(left, outcomes, strict=True) if o.outcome == "undecided"]
                decided[n] += SENTENCES - len(left)
                before = n
        tests = pages * SENTENCES
        shares = [f"{100 * decided[n] / tests:.0f} %" if n in decided else "–" for n in DEFAULT_LOOKS]
        per_test = seeds / tests
        rows.append([name, *shares, f"{per_test:.1f}", f"{100 * decided[looks[-1]] / tests / per_test:.1f}"])
    header = [
        "division among 3, 10, 30 seeds",
        "by 3",
        "by 10",
        "by 30",
        "seeds per test",
        "decided per 100 seeds",
    ]
    return table(header, rows)


TABLES: dict[str, Callable[[int], str]] = {
    "errors": errors,
    "errors-at-the-bound": errors_at_the_bound,
    "divisions": divisions,
}


def main(pages: int = PAGES) -> None:
    """Write the tables into docs/statistics.md."""
    text = DOC.read_text(encoding="utf-8")

    def made(name: str) -> str | None:
        return TABLES[name](pages if name != "divisions" else pages // 10) if name in TABLES else None

    write(DOC, fill(text, made))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
