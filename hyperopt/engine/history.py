"""Measurements of a pack in training: after each epoch, and every few steps if requested."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor
from torch.func import vmap

from hyperopt.engine.active_runs import ActiveRuns
from hyperopt.optim.level import Tree
from hyperopt.records import same
from hyperopt.train import RunState, Training

Tell = Callable[[int, Sequence[int], Mapping[str, Sequence[float]]], None]


@dataclass
class History:
    """The measurements so far: per epoch, one number per run of the pack.

    A finished run's last number is repeated for later epochs. `seconds` is each run's share of the step time,
    without compiling. `machines` lists the device and processor of each machine that trained it. `by_step`
    has, for each run, the numbers recorded every few steps in its record's form, or is empty.
    """

    metrics: dict[str, list[list[float]]] = field(default_factory=dict)
    hyperparameters: dict[str, list[list[float]]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    machines: list[str] = field(default_factory=list)
    by_step: list[dict[str, list[float]]] = field(default_factory=list)

    def add(
        self, active: ActiveRuns, measured: Mapping[str, Tensor], hyperparameters: Sequence[Tree]
    ) -> None:
        """Append an epoch's metrics, and each level's hyperparameters after it, of the training runs."""
        of_levels = {f"{i}.{name}": v for i, hyper in enumerate(hyperparameters) for name, v in hyper.items()}
        for numbers, new in ((self.metrics, measured), (self.hyperparameters, of_levels)):
            for name, values in new.items():
                epochs = numbers.setdefault(name, [])
                row = list(epochs[-1]) if epochs else [math.nan] * len(self.seconds)
                for place, value in zip(active.places, values.tolist(), strict=True):
                    if place in active.going:
                        row[place] = value
                epochs.append(row)

    def add_step(self, place: int, numbers: Mapping[str, float]) -> None:
        """Append the numbers recorded at a step of a run."""
        self.by_step = self.by_step or [{} for _ in self.seconds]
        for name, value in numbers.items():
            self.by_step[place].setdefault(name, []).append(value)

    def settled(self) -> list[bool]:
        """Return, for each run, whether its last epoch changed no metric."""
        numbers = [*self.metrics.values(), *self.hyperparameters.values()]
        last = [epochs[-2:] for epochs in numbers if len(epochs) > 1]
        return [
            bool(last) and all(same(before[place], now[place]) for before, now in last)
            for place in range(len(self.seconds))
        ]

    def part(self, places: Sequence[int]) -> History:
        """Return the history of the runs at these indices."""
        metrics, hyperparameters = (
            {name: [[row[place] for place in places] for row in rows] for name, rows in numbers.items()}
            for numbers in (self.metrics, self.hyperparameters)
        )
        seconds = [self.seconds[place] for place in places]
        by_step = [self.by_step[place] for place in places] if self.by_step else []
        return History(metrics, hyperparameters, seconds, [*self.machines], by_step)

    def last(self) -> dict[str, list[float]]:
        """Return the last epoch's results: by name, a number for each run."""
        return {name: rows[-1] for name, rows in {**self.metrics, **self.hyperparameters}.items()}

    def hold(self, epochs: int) -> None:
        """Repeat the last numbers up to this many epochs, once all runs have finished."""
        for rows in (*self.metrics.values(), *self.hyperparameters.values()):
            rows += [rows[-1]] * (epochs - len(rows))

    def spend(self, active: ActiveRuns, seconds: float) -> None:
        """Divide an epoch's time among the runs that trained in it."""
        for place in active.going:
            self.seconds[place] += seconds / len(active.going)


class StepRecorder:
    """Records the loss and every level's hyperparameters of the training runs every few steps.

    A loss is the mean over this epoch's minibatches since the last recorded step. It is computed as the
    difference of two sums that training keeps anyway, so recording does not change the training program.

    Args:
        every: the interval in steps, counted from 1 over the whole run.
        training: the pack's training.
        active: the runs that train.
        history: stores the recorded numbers.
        tell: is called with each recorded step, the runs' indices in the pack, and the numbers of each.
    """

    def __init__(
        self, every: int, training: Training, active: ActiveRuns, history: History, tell: Tell
    ) -> None:
        self.every, self.training, self.active = every, training, active
        self.history, self.tell = history, tell

    def begin(self, before: int) -> None:
        """Start an epoch after this many steps."""
        self.before, self.last = before, before
        self.sums = [0.0] * len(self.active.places)

    def due(self, step: int) -> bool:
        """Return whether a step of this epoch, counted from 1, is recorded."""
        return (self.before + step) % self.every == 0

    def record(self, step: int, state: RunState) -> None:
        """Record a step of this epoch, counted from 1, which ended in `state`."""
        now = self.before + step
        sums = state.loss_sum.tolist()
        losses = [(new - old) / (now - self.last) for new, old in zip(sums, self.sums, strict=True)]
        self.last, self.sums = now, sums
        numbers = {"train_loss": losses}
        for level, hyper in enumerate(vmap(self.training.stack.hyperparameters)(state.stack)):
            numbers |= {f"{level}.{name}": values.tolist() for name, values in hyper.items()}
        rows = {place: row for row, place in enumerate(self.active.places) if place in self.active.going}
        for place, row in rows.items():
            of_run = {name: values[row] for name, values in numbers.items()}
            self.history.add_step(place, {"step": float(now), **of_run})
        told = {name: [values[row] for row in rows.values()] for name, values in numbers.items()}
        self.tell(now, [*rows], told)
