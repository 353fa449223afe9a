"""How far long work is and how fast it goes: packs, runs, run-steps per second, time left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hyperopt.config import Run
    from hyperopt.engine.pack import Pack
    from hyperopt.engine.plan import Plan
    from hyperopt.records import Record


@dataclass
class Part:
    """How far one pack is, and after which epoch it went on from a checkpoint."""

    pack: Pack
    epoch: int
    steps: int
    since: int

    @property
    def run_epochs(self) -> int:
        """The epochs done, of all its runs together."""
        return self.epoch * len(self.pack.runs)

    @property
    def resumed(self) -> int:
        """The epochs done when it went on, of all its runs together."""
        return self.since * len(self.pack.runs)

    @property
    def run_steps(self) -> int:
        """The updates done since it went on, in all its runs together."""
        return self.steps * (self.epoch - self.since) * len(self.pack.runs) // max(self.epoch, 1)


@dataclass
class Tally:
    """What is done of a plan, counted in run-epochs, and how fast it goes."""

    clock: Callable[[], float] = time.monotonic
    begun: float = 0.0
    packs: int = 0
    runs: int = 0
    work: int = 0
    may_stop: bool = False
    finished_packs: int = 0
    finished_runs: int = 0
    finished_work: int = 0
    finished_steps: int = 0
    finished_resumed: int = 0
    going: dict[str, Part] = field(default_factory=dict)

    def start(self, plan: Plan) -> None:
        """Begin to count."""
        self.begun = self.clock()
        self.packs, self.runs = len(plan.packs), plan.runs
        self.work = sum(map(work, plan.packs))
        self.may_stop = plan.may_stop

    def update(self, pack: Pack, epoch: int, steps: int, since: int = 0) -> bool:
        """Take note of a pack's progress; returns whether it is news."""
        before = self.going.get(pack.name)
        self.going[pack.name] = Part(pack, epoch, steps, since)
        return before is None or before.epoch != epoch

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        """Take note of a finished pack; the epochs before which its runs stopped are no work any more."""
        part = self.going.pop(pack.name, None)
        epochs = sum(len(record.metrics["train_loss"]) for record in records)
        resumed = min(part.resumed, epochs) if part else 0
        self.finished_packs += 1
        self.finished_runs += len(records)
        self.finished_work += epochs
        self.work -= work(pack) - epochs
        self.finished_resumed += resumed
        self.finished_steps += sum(record.steps for record in records) * (epochs - resumed) // max(epochs, 1)

    def halved(self, parts: int) -> None:
        """Take note of a pack that became several."""
        self.packs += parts - 1

    def again(self, pack: Pack) -> None:
        """Take note of a pack that will be tried again."""
        self.going.pop(pack.name, None)

    def found(self, runs: Sequence[Run]) -> None:
        """Take note of runs that another command has finished: their work will not be done here."""
        self.finished_runs += len(runs)
        self.work -= sum(run.epochs for run in runs)

    def failed(self, pack: Pack) -> None:
        """Take note of a pack that failed: its work will not be done."""
        self.going.pop(pack.name, None)
        self.work -= work(pack)

    @property
    def fraction(self) -> float:
        """The share of the work that is done."""
        done = self.finished_work + sum(part.run_epochs for part in self.going.values())
        return min(done / self.work, 1.0) if self.work > 0 else 1.0

    @property
    def resumed(self) -> int:
        """The run-epochs done that checkpoints held."""
        return self.finished_resumed + sum(part.resumed for part in self.going.values())

    @property
    def steps_per_second(self) -> float:
        """Run-steps per second since the start, compiling included."""
        steps = self.finished_steps + sum(part.run_steps for part in self.going.values())
        return steps / max(self.clock() - self.begun, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Time left at the pace so far; None before the first epoch."""
        done = self.fraction * self.work
        if done <= self.resumed:
            return None
        return (self.clock() - self.begun) * (self.work - done) / (done - self.resumed)

    def line(self) -> str:
        """Packs, runs, pace and time left."""
        left = ""
        if self.seconds_left is not None:
            left = f", {'at most ' if self.may_stop else ''}{clock_time(self.seconds_left)} left"
        return (
            f"packs {self.finished_packs}/{self.packs}, runs {self.finished_runs}/{self.runs}, "
            f"{self.steps_per_second:,.0f} run-steps/s{left}"
        )


def work(pack: Pack) -> int:
    """Epochs of a pack, of all its runs together."""
    return len(pack.runs) * pack.first.epochs


def clock_time(seconds: float) -> str:
    """Seconds as 0:42, 12:05 or 1:02:03."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
