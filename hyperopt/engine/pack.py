"""A pack: runs of one shape that train together, and their common properties; planned without torch."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperopt import data
from hyperopt.config import Run
from hyperopt.errors import ConfigError
from hyperopt.optim import assemble
from hyperopt.optim.schedule import OF_A_LENGTH, Schedule, schedule_of
from hyperopt.optim.stack import Stack
from hyperopt.optim.trace import COSINE

if TYPE_CHECKING:
    import torch

    from hyperopt.data import Data
    from hyperopt.objective import Objective


@dataclass(frozen=True)
class Pack:
    """Runs that differ only in numbers, clip and seed; a plain value that can be sent to a process."""

    runs: tuple[Run, ...]

    def __post_init__(self) -> None:
        shapes = {shape_of(run) for run in one_of_each_setting(self.runs)}
        if len(shapes) != 1:
            raise ValueError(f"a pack holds runs of one shape, these have {len(shapes)}")

    @property
    def name(self) -> str:
        """A hash of the runs' ids, in order."""
        return name_of(self.runs)

    @property
    def first(self) -> Run:
        """One of the runs, for reading what they have in common."""
        return self.runs[0]


def name_of(runs: Iterable[Run]) -> str:
    """Return a hash of the runs' ids, in order."""
    return hashlib.sha256(" ".join(run.id for run in runs).encode()).hexdigest()[:16]


def one_of_each_setting(runs: Iterable[Run]) -> Iterable[Run]:
    """Return one run of each group known to differ only in the seed: they have one shape."""
    return {id(run.setting): run for run in runs}.values()


def shape_of(run: Run) -> Hashable:
    """Return what must be equal within a pack: all that fixes the program or the shape of the batches."""
    return (*step_of(run), run.epochs)


def step_of(run: Run) -> tuple[Hashable, ...]:
    """Return what fixes a run's step: all but its numbers, clip, seed and length."""
    procedure = tuple(sorted((key, value) for key, value in run.procedure.items() if key != "shuffle"))
    return (
        tuple(sorted(run.dataset.items(), key=str)),
        tuple(sorted(run.model.items(), key=str)),
        stack_of(run),
        run.batch_size,
        procedure,
    )


def stack_of(run: Run) -> Stack:
    """Return the structure of a run's stack, without its numbers."""
    return assemble.assemble(
        run.stack,
        run.tune,
        numbers_of(run),
        run.habits,
        multiplicative=run.procedure["multiplicative"],
        schedule=_schedule_of(run),
        trace=run.procedure["trace"],
        cosine=run.procedure["hypergradient"] == COSINE,
        by_tensor=run.procedure["tune_after"] == "tensor",
    )


def _schedule_of(run: Run) -> Schedule:
    shape, warmup = run.procedure["schedule"], run.procedure["warmup"]
    return schedule_of(shape, warmup, run_steps(run) if warmup or shape in OF_A_LENGTH else 0)


def run_steps(run: Run) -> int:
    """Return the number of weight updates in a whole run."""
    return run.epochs * steps_of(run, data.training_rows(run.dataset))


def numbers_of(run: Run) -> tuple[dict[str, float], ...]:
    """Return the initial values of each level's hyperparameters in natural units."""
    return assemble.numbers_of(run.stack, run.alpha, run.numbers)


def objective_of(run: Run) -> Objective:
    """Return a run's objective."""
    from hyperopt.objective import Objective

    return Objective(
        classes=data.find(run.dataset["name"]).classes is not None,
        naive_softmax=run.procedure["softmax"] == "naive",
        summed=run.procedure["gradient"] == "sum",
        l2=run.procedure["l2"],
        l2_biases=run.procedure["l2_biases"],
    )


def data_of(run: Run, device: str) -> Data:
    """Load a run's data set on a device and in the run's dtype.

    Raises:
        DataError: it is unavailable.
    """
    options = {key: value for key, value in run.dataset.items() if key != "name"}
    return data.load(run.dataset["name"], **options).to(device, dtype_of(run))


def dtype_of(run: Run) -> torch.dtype:
    """Return the dtype of a run's data, weights and hyperparameters."""
    import torch

    dtype: torch.dtype = getattr(torch, run.procedure["dtype"])
    return dtype


def steps_of(run: Run, rows: int) -> int:
    """Return the minibatches in an epoch over `rows` training rows.

    Raises:
        ConfigError: there would be no minibatch.
    """
    full, rest = divmod(rows, run.batch_size)
    if run.procedure["drop_last"] and not full:
        raise ConfigError(
            f"batch_size={run.batch_size}: with drop_last=true a whole number of at most {rows} is expected, "
            "the training rows."
        )
    return full + (rest > 0 and not run.procedure["drop_last"])
