"""The choice of defaults from the results of benchmarks/defaults.py, and the tables of docs/optimizer.md."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.defaults import ADAMW, Row
from benchmarks.workloads import WORKLOADS
from hyperopt.pages.markdown import table

DEFAULT_RATE = 1e-3
"""The default initial rate of level 0, from which a default must not be worse than AdamW."""
TOLERANCE = 0.01
"""The relative excess over AdamW's held-out loss that counts as equal; AdamW's own seeds differ by more."""


@dataclass(frozen=True)
class Score:
    """The score of an optimizer.

    Attributes:
        at_default: the ratio of its held-out loss to AdamW's, both from DEFAULT_RATE, by workload.
        regret: the geometric mean over workloads and initial rates of its loss divided by AdamW's least from
            any rate. For a training that diverged, the loss before training is used.
        diverged: the number of trainings that diverged.
        alone: the number of these where AdamW did not diverge from the same rate and seed.
    """

    at_default: dict[str, float]
    regret: float
    diverged: int
    alone: int

    @property
    def worst(self) -> float:
        """The largest value of `at_default`."""
        return max(self.at_default.values())

    @property
    def is_safe(self) -> bool:
        """Whether it is as good as AdamW from DEFAULT_RATE and diverges only where AdamW does."""
        return self.worst <= 1 + TOLERANCE and not self.alone


def finalists(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of optimizers that were tried on every workload."""
    workloads, tried = {row.workload for row in rows}, defaultdict(set)
    for row in rows:
        tried[row.optimizer].add(row.workload)
    return [row for row in rows if tried[row.optimizer] == workloads]


def heats(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of workloads on which every optimizer was tried."""
    optimizers, tried = {row.optimizer for row in rows}, defaultdict(set)
    for row in rows:
        tried[row.workload].add(row.optimizer)
    return [row for row in rows if tried[row.workload] == optimizers]


def complete(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of workloads, rates and seeds that every optimizer has trained."""
    optimizers, found = {row.optimizer for row in rows}, defaultdict(set)
    for row in rows:
        found[row.workload, row.rate, row.seed].add(row.optimizer)
    return [row for row in rows if found[row.workload, row.rate, row.seed] == optimizers]


def losses(rows: Sequence[Row]) -> dict[tuple[str, str, float], float]:
    """Return mean held-out losses by optimizer, workload and rate; diverged ones count as before training."""
    found = defaultdict(list)
    for row in rows:
        found[row.optimizer, row.workload, row.rate].append(row.loss_before if row.diverged else row.loss)
    return {key: fmean(values) for key, values in found.items()}


def scores(rows: Sequence[Row]) -> dict[str, Score]:
    """Return the score of each optimizer, on complete workloads, rates and seeds."""
    rows = complete(rows)
    mean, workloads = losses(rows), dict.fromkeys(row.workload for row in rows)
    best = {w: min(loss for (o, of, _), loss in mean.items() if o == ADAMW and of == w) for w in workloads}
    stable = {
        (row.workload, row.rate, row.seed) for row in rows if row.optimizer == ADAMW and not row.diverged
    }
    made = {}
    for name in dict.fromkeys(row.optimizer for row in rows):
        at_default = {w: mean[name, w, DEFAULT_RATE] / mean[ADAMW, w, DEFAULT_RATE] for w in workloads}
        regret = math.exp(fmean(math.log(x / best[w]) for (o, w, _), x in mean.items() if o == name))
        ended = [(r.workload, r.rate, r.seed) for r in rows if r.optimizer == name and r.diverged]
        made[name] = Score(at_default, regret, len(ended), len(stable.intersection(ended)))
    return made


def chosen(found: dict[str, Score]) -> str:
    """Return the candidate to become the default.

    It is the safe one with the least regret; without a safe one, it is the one least worse than AdamW.
    """
    candidates = {name: score for name, score in found.items() if name != ADAMW}
    safe = [name for name, score in candidates.items() if score.is_safe]
    if safe:
        return min(safe, key=lambda name: candidates[name].regret)
    return min(candidates, key=lambda name: (candidates[name].alone, candidates[name].worst))


def page(rows: Sequence[Row]) -> str:
    """Return tables in Markdown: all candidates, those tried everywhere, and the choice by rate."""
    last, first = finalists(rows), heats(rows)
    found = scores(last)
    choice = chosen(found)
    parts = [scores_table(found, choice), *refused(found, choice)]
    if first != last:
        parts = [scores_table(scores(first), choice), *parts]
    return "\n\n".join([*parts, losses_table(last, choice)])


def refused(found: dict[str, Score], choice: str) -> list[str]:
    """Return which candidates have less regret than the choice, and where they are worse than AdamW."""
    words = []
    for name, score in sorted(found.items(), key=lambda item: item[1].regret):
        if name != ADAMW and not score.is_safe and score.regret < found[choice].regret:
            where = max(score.at_default, key=score.at_default.__getitem__)
            words.append(f"{name}: {score.worst:.3f} times on {where}")
    if not words:
        return []
    return [
        f"Better over all rates, but not chosen, because the loss from {DEFAULT_RATE:g} is more than"
        f" {100 * TOLERANCE:g} % above AdamW's: {'; '.join(words)}."
    ]


def scores_table(found: dict[str, Score], choice: str) -> str:
    """Return a table with a row per optimizer, sorted by regret."""
    header = [
        "optimizer",
        *next(iter(found.values())).at_default,
        "from any rate",
        "diverged",
        "where AdamW does not",
    ]
    body = [
        [
            f"**{name}**" if name == choice else name,
            *(f"{ratio:.3f}" for ratio in score.at_default.values()),
            f"{score.regret:.2f}",
            str(score.diverged),
            str(score.alone),
        ]
        for name, score in sorted(found.items(), key=lambda item: item[1].regret)
    ]
    return table(header, body, left=("optimizer",))


def losses_table(rows: Sequence[Row], choice: str) -> str:
    """Return a table of the held-out losses of AdamW and the choice by initial rate."""
    mean = losses(complete(rows))
    rates = sorted({rate for _, _, rate in mean})
    body = []
    for workload in dict.fromkeys(row.workload for row in rows):
        of = [row for row in complete(rows) if row.workload == workload]
        what = f"{WORKLOADS[workload].title}, {of[0].steps} steps"
        counts = [len({row.seed for row in of if row.rate == rate}) for rate in {row.rate for row in of}]
        seeds = " to ".join(map(str, sorted({min(counts), max(counts)})))
        for label, name in (("AdamW", ADAMW), ("the default", choice)):
            values = [mean.get((name, workload, rate)) for rate in rates]
            body.append([what, seeds, label, *("–" if v is None else f"{v:.3f}" for v in values)])
    return table(["workload", "seeds", "", *(f"{rate:g}" for rate in rates)], body, left=("workload", ""))
