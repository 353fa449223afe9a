"""Workloads of the study of stacks, small enough that answers are known by hand, and records for them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hyperopt.config import Run
from hyperopt.findings.methods import Method, Workload
from hyperopt.records import Record

RATES = (0.01, 0.1, 1.0)


def method(label: str, losses: Sequence[float], default: int = 1, *, needs_rate: bool = True) -> Method:
    """One whose loss halves its distance to the last in a second epoch."""
    curves = tuple((loss * 2, loss * 1.5, loss) for loss in losses)
    return Method(label, "", tuple(losses), default, curves, needs_rate, (tuple(losses),))


def workload(*methods: Method, missing: tuple[str, ...] = (), name: str = "a") -> Workload:
    return Workload(f"which_stack/{name}", name, RATES, {m.label: m for m in methods}, missing, 9, 9, (0,))


def record_of(run: Run, loss: float) -> Record:
    return Record(
        id=run.id,
        config=run.canonical(),
        metrics={"test_loss": [1.0, loss]},
        hyperparameters={},
        final={},
        diverged=not math.isfinite(loss),
        seconds=1.0,
        steps=2,
        made={},
    )


ADAMW = method("AdamW", [3.0, 1.0, 2.0])
FORGIVING = method("adam/sgd", [1.2, 1.05, 1.2])
BETTER = method("Better, tuned", [4.0, 0.9, 4.0])
FREE = method("Free", [1.3, 1.1, 8.0], default=0, needs_rate=False)
