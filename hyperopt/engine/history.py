"""What has been measured of a pack in training: after each epoch, and every few steps where asked."""

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
    """What has been measured so far: per epoch, one number per run of the pack.

    The last number of a finished run stands for the epochs after it. `seconds` is each run's share of the
    time of its steps, without compiling. `machines` are those that trained it, each device and processor.
    `by_step` has for each run what was recorded every few steps, as its record has it, or is empty.
    """

    metrics: dict[str, list[list[float]]] = field(default_factory=dict)
    hyperparameters: dict[str, list[list[float]]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    machines: list[str] = field(default_factory=list)
    by_step: list[dict[str, list[float]]] = field(default_factory=list)

    def add(
        self, active: ActiveRuns, measured: Mapping[str, Tensor], hyperparameters: Sequence[Tree]
    ) -> None:
        """Append an epoch's metrics, and per level the hyperparameters after it, of the runs that train."""
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
        """Append what was recorded of a run at a step."""
        self.by_step = self.by_step or [{} for _ in self.seconds]
        for name, value in numbers.items():
            self.by_step[place].setdefault(name, []).append(value)

    def settled(self) -> list[bool]:
        """Whether the last epoch of a run left everything that is measured as it was; one per run."""
        numbers = [*self.metrics.values(), *self.hyperparameters.values()]
        last = [epochs[-2:] for epochs in numbers if len(epochs) > 1]
        return [
            bool(last) and all(same(before[place], now[place]) for before, now in last)
            for place in range(len(self.seconds))
        ]

    def part(self, places: Sequence[int]) -> History:
        """That of the runs at these places."""
        metrics, hyperparameters = (
            {name: [[row[place] for place in places] for row in rows] for name, rows in numbers.items()}
            for numbers in (self.metrics, self.hyperparameters)
        )
        seconds = [self.seconds[place] for place in places]
        by_step = [self.by_step[place] for place in places] if self.by_step else []
        return History(metrics, hyperparameters, seconds, [*self.machines], by_step)

    def last(self) -> dict[str, list[float]]:
        """What the last epoch ended with, by name a number for each run."""
        return {name: rows[-1] for name, rows in {**self.metrics, **self.hyperparameters}.items()}

    def hold(self, epochs: int) -> None:
        """Fill up to this many epochs with the last numbers, once all runs have finished."""
        for rows in (*self.metrics.values(), *self.hyperparameters.values()):
            rows += [rows[-1]] * (epochs - len(rows))

    def spend(self, active: ActiveRuns, seconds: float) -> None:
        """Share the time of an epoch among the runs that went on in it."""
        for place in active.going:
            self.seconds[place] += seconds / len(active.going)


class StepRecorder:
    """Records, every so many steps, the loss and every level's hyperparameters of the runs that train.

    A loss is the mean over the minibatches of this epoch since the last recorded one. It is the difference of
    two sums that training keeps anyway, so that the program that trains is the same with and without.

    Args:
        every: so many steps, counted from 1 over the whole run.
        training: of the pack.
        active: the runs that train.
        history: takes what is recorded.
        tell: is told each recorded step, the places of the runs in the pack, and the numbers of each.
    """

    def __init__(
        self, every: int, training: Training, active: ActiveRuns, history: History, tell: Tell
    ) -> None:
        self.every, self.training, self.active = every, training, active
        self.history, self.tell = history, tell

    def begin(self, before: int) -> None:
        """An epoch begins, after so many steps."""
        self.before, self.last = before, before
        self.sums = [0.0] * len(self.active.places)

    def due(self, step: int) -> bool:
        """Whether a step of this epoch, counted from 1, is recorded."""
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
