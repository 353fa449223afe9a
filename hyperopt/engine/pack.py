"""A pack: runs of one shape that train together, and what they have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass

from hyperopt.config import Run
from hyperopt.optim import assemble
from hyperopt.optim.stack import Stack


@dataclass(frozen=True)
class Pack:
    """Runs that differ in numbers, clip and seed only; a plain value that can be sent to another process."""

    runs: tuple[Run, ...]

    def __post_init__(self) -> None:
        shapes = {shape_of(run) for run in self.runs}
        if len(shapes) != 1:
            raise ValueError(f"a pack holds runs of one shape, these have {len(shapes)}")

    @property
    def name(self) -> str:
        """A hash of the runs' ids, in order."""
        return hashlib.sha256(" ".join(run.id for run in self.runs).encode()).hexdigest()[:16]

    @property
    def first(self) -> Run:
        """Any of the runs, for what they have in common."""
        return self.runs[0]


def shape_of(run: Run) -> Hashable:
    """What must be equal within a pack: everything that fixes the program or the batches' shape."""
    return (
        tuple(sorted(run.dataset.items(), key=str)),
        tuple(sorted(run.model.items(), key=str)),
        stack_of(run),
        run.batch_size,
        run.epochs,
    )


def stack_of(run: Run) -> Stack:
    """The structure of a run's stack, without its numbers."""
    return assemble.assemble(run.stack, run.tune, numbers_of(run), run.habits)


def numbers_of(run: Run) -> tuple[dict[str, float], ...]:
    """Per level, the natural initial values of its rule's hyperparameters."""
    return assemble.numbers_of(run.stack, run.alpha, run.numbers)
