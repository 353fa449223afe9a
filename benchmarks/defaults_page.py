"""What the study of benchmarks/defaults.py says: the choice, and the tables of docs/optimizer.md."""

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
"""The default initial rate of level 0, and the rate of the AdamW that it must not be worse than."""
TOLERANCE = 0.01
"""So much larger than AdamW's a held-out loss may be: AdamW's own differs by more from seed to seed."""


@dataclass(frozen=True)
class Score:
    """What the study says of one optimizer.

    Attributes:
        at_default: by workload, its held-out loss as a multiple of AdamW's, both from DEFAULT_RATE.
        regret: the geometric mean over workloads and initial rates of its loss as a multiple of the least
            that AdamW has from any rate; a training that diverged counts as one that left the net as it was.
        diverged: how many of its trainings did.
        alone: how many of these where AdamW, from the same rate and seed, did not.
    """

    at_default: dict[str, float]
    regret: float
    diverged: int
    alone: int

    @property
    def worst(self) -> float:
        """The largest of `at_default`."""
        return max(self.at_default.values())

    @property
    def is_safe(self) -> bool:
        """Whether it may be the default: as good as AdamW from DEFAULT_RATE, and diverging nowhere else."""
        return self.worst <= 1 + TOLERANCE and not self.alone


def finalists(rows: Sequence[Row]) -> list[Row]:
    """The rows of those optimizers that were tried on every workload."""
    workloads, tried = {row.workload for row in rows}, defaultdict(set)
    for row in rows:
        tried[row.optimizer].add(row.workload)
    return [row for row in rows if tried[row.optimizer] == workloads]


def heats(rows: Sequence[Row]) -> list[Row]:
    """The rows of those workloads on which every optimizer was tried."""
    optimizers, tried = {row.optimizer for row in rows}, defaultdict(set)
    for row in rows:
        tried[row.workload].add(row.optimizer)
    return [row for row in rows if tried[row.workload] == optimizers]


def complete(rows: Sequence[Row]) -> list[Row]:
    """The rows of those workloads, rates and seeds that every optimizer has trained."""
    optimizers, found = {row.optimizer for row in rows}, defaultdict(set)
    for row in rows:
        found[row.workload, row.rate, row.seed].add(row.optimizer)
    return [row for row in rows if found[row.workload, row.rate, row.seed] == optimizers]


def losses(rows: Sequence[Row]) -> dict[tuple[str, str, float], float]:
    """Mean held-out loss by optimizer, workload and rate; of what diverged, that before training."""
    found = defaultdict(list)
    for row in rows:
        found[row.optimizer, row.workload, row.rate].append(row.loss_before if row.diverged else row.loss)
    return {key: fmean(values) for key, values in found.items()}


def scores(rows: Sequence[Row]) -> dict[str, Score]:
    """By optimizer."""
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
    """The candidate whose settings are to be the defaults.

    Of those that are safe the one of least regret; where none is, the one that is least worse than AdamW.
    """
    candidates = {name: score for name, score in found.items() if name != ADAMW}
    safe = [name for name, score in candidates.items() if score.is_safe]
    if safe:
        return min(safe, key=lambda name: candidates[name].regret)
    return min(candidates, key=lambda name: (candidates[name].alone, candidates[name].worst))


def page(rows: Sequence[Row]) -> str:
    """What was found, as Markdown: all candidates, those tried everywhere, and the choice rate by rate."""
    last, first = finalists(rows), heats(rows)
    found = scores(last)
    choice = chosen(found)
    parts = [scores_table(found, choice), *refused(found, choice)]
    if first != last:
        parts = [scores_table(scores(first), choice), *parts]
    return "\n\n".join([*parts, losses_table(last, choice)])


def refused(found: dict[str, Score], choice: str) -> list[str]:
    """What has less regret than the choice, and where it is worse than AdamW; [] where nothing has."""
    words = []
    for name, score in sorted(found.items(), key=lambda item: item[1].regret):
        if name != ADAMW and not score.is_safe and score.regret < found[choice].regret:
            where = max(score.at_default, key=score.at_default.__getitem__)
            words.append(f"{name}: {score.worst:.3f} times on {where}")
    if not words:
        return []
    return [
        f"Better from any rate, but not chosen, since from {DEFAULT_RATE:g} the loss is over"
        f" {100 * TOLERANCE:g} % above AdamW's: {'; '.join(words)}."
    ]


def scores_table(found: dict[str, Score], choice: str) -> str:
    """An optimizer a row, that of least regret first."""
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
    """Held-out losses of AdamW and the choice by initial rate, with steps and seeds trained."""
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
