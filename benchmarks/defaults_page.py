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

UNTOLD = 1e-3
"""The initial rate of level 0 where none is given, and that of the AdamW it must not be worse than."""
TOLERANCE = 0.01
"""So much larger than AdamW's a held-out loss may be: AdamW's own differs by more from seed to seed."""


@dataclass(frozen=True)
class Score:
    """What the study says of one optimizer.

    Attributes:
        untold: by workload, its held-out loss as a multiple of AdamW's, both from UNTOLD.
        regret: the geometric mean over workloads and initial rates of its loss as a multiple of the least
            that AdamW has from any rate; a training that diverged counts as one that left the net as it was.
        diverged: how many of its trainings did.
        alone: how many of these where AdamW, from the same rate and seed, did not.
    """

    untold: dict[str, float]
    regret: float
    diverged: int
    alone: int

    @property
    def worst(self) -> float:
        """The largest of `untold`."""
        return max(self.untold.values())

    @property
    def is_safe(self) -> bool:
        """Whether it may be the default: as good as AdamW from UNTOLD, and diverging nowhere else."""
        return self.worst <= 1 + TOLERANCE and not self.alone


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
        untold = {w: mean[name, w, UNTOLD] / mean[ADAMW, w, UNTOLD] for w in workloads}
        regret = math.exp(fmean(math.log(x / best[w]) for (o, w, _), x in mean.items() if o == name))
        ended = [(r.workload, r.rate, r.seed) for r in rows if r.optimizer == name and r.diverged]
        made[name] = Score(untold, regret, len(ended), len(stable.intersection(ended)))
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
    """Both tables, as Markdown: every candidate, and the choice beside AdamW rate by rate."""
    found, mean = scores(rows), losses(complete(rows))
    choice, workloads = chosen(found), list(next(iter(found.values())).untold)
    rates = sorted({rate for _, _, rate in mean})
    header = ["optimizer", *workloads, "from any rate", "diverged", "where AdamW does not"]
    of_all = [
        [
            f"**{name}**" if name == choice else name,
            *(f"{score.untold[w]:.3f}" for w in workloads),
            f"{score.regret:.3f}",
            str(score.diverged),
            str(score.alone),
        ]
        for name, score in sorted(found.items(), key=lambda item: item[1].regret)
    ]
    by_rate = [
        [WORKLOADS[w].title, label, *(f"{mean[name, w, rate]:.3f}" for rate in rates)]
        for w in workloads
        for label, name in (("AdamW", ADAMW), ("the default", choice))
    ]
    return "\n\n".join(
        [
            table(header, of_all, left=("optimizer",)),
            table(
                ["held-out loss", "", *(f"{rate:g}" for rate in rates)], by_rate, left=("held-out loss", "")
            ),
        ]
    )
