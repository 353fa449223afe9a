"""Progress and speed of long work: packs, runs, run-steps per second, time left."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hyperopt.config import Run
    from hyperopt.engine.pack import Pack
    from hyperopt.engine.plan import Plan
    from hyperopt.records import Record

TRAINING = "training"


@dataclass(frozen=True)
class Share:
    """A run's share of its pack's expected seconds."""

    start: float
    training: float


@dataclass
class Part:
    """One pack in training.

    Attributes:
        pack: the pack.
        shares: the shares of its runs.
        epoch: epochs done.
        since: how many of these a checkpoint held.
        steps: updates done in each run.
        doing: the current activity, and `doing_since` when it began.
        timed_from: an epoch, and when it was done or training began: the next epoch gives the time per epoch.
    """

    pack: Pack
    shares: Sequence[Share]
    epoch: int
    since: int
    steps: int
    doing: str
    doing_since: float
    timed_from: tuple[int, float] | None = None

    @property
    def expected(self) -> float:
        """The expected seconds of its training."""
        return sum(share.training for share in self.shares)

    @property
    def per_epoch(self) -> float:
        """The expected seconds of an epoch."""
        return self.expected / self.pack.first.epochs

    @property
    def run_steps(self) -> int:
        """The updates since it started or resumed, in all its runs together."""
        return self.steps * (self.epoch - self.since) * len(self.pack.runs) // max(self.epoch, 1)

    def left(self, pace: float) -> float:
        """Return its remaining seconds, at `pace` times the expected seconds."""
        start = 0.0 if self.doing == TRAINING else sum(share.start for share in self.shares)
        return start + (self.pack.first.epochs - self.epoch) * self.per_epoch * pace


@dataclass
class Work:
    """The finished and remaining work of a plan, in the plan's expected seconds, at the measured pace.

    Attributes:
        clock: returns the time in seconds.
        waiting: by run id, the shares of runs that nobody trains yet.
        going: by pack name, the packs in training.
        spent: seconds that epochs took; `foreseen`: the seconds expected for them.
        end: the expected end time; None until an epoch has shown the pace.
    """

    clock: Callable[[], float] = time.monotonic
    packs: int = 0
    runs: int = 0
    workers: int = 1
    total: float = 0.0
    done: float = 0.0
    may_stop: bool = False
    finished_packs: int = 0
    finished_runs: int = 0
    finished_steps: int = 0
    waiting: dict[str, Share] = field(default_factory=dict)
    going: dict[str, Part] = field(default_factory=dict)
    spent: float = 0.0
    foreseen: float = 0.0
    trained_from: float | None = None
    trained_to: float = 0.0
    end: float | None = None

    def start(self, plan: Plan) -> None:
        """Start counting."""
        self.packs, self.runs, self.may_stop = len(plan.packs), plan.runs, plan.may_stop
        self.workers = max(1, min(plan.workers, len(plan.packs)))
        for pack, expected in zip(plan.packs, plan.forecasts, strict=True):
            n = len(pack.runs)
            share = Share(expected.start / n, expected.training / n)
            self.waiting |= {run.id: share for run in pack.runs}
        self.total = sum(share.training for share in self.waiting.values())

    def update(self, pack: Pack, epoch: int, steps: int, since: int = 0, doing: str = TRAINING) -> bool:
        """Record a pack's progress; return whether it is new."""
        now, before = self.clock(), self.going.get(pack.name)
        if before is None:
            shares = [self._taken(run.id) for run in pack.runs]
            part = self.going[pack.name] = Part(pack, shares, epoch, since, steps, doing, now)
        else:
            part = before
        if doing == TRAINING and part.timed_from is None:
            part.timed_from = epoch, now
            self.trained_from = now if self.trained_from is None else self.trained_from
        if before is not None and (epoch, doing) == (part.epoch, part.doing):
            return False
        part.epoch, part.steps = epoch, steps
        if doing != part.doing:
            part.doing, part.doing_since = doing, now
        self._time(part, epoch, now)
        self._project()
        return True

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        """Record a finished pack; epochs that its runs skipped by stopping early are no longer work."""
        part = self.going.pop(pack.name, None)
        shares = part.shares if part else [self._taken(run.id) for run in pack.runs]
        epochs = sum(len(record.metrics["train_loss"]) for record in records)
        run_epochs = len(pack.runs) * pack.first.epochs
        trained = sum(share.training for share in shares) * epochs / run_epochs
        self.total -= sum(share.training for share in shares) - trained
        self.done += trained
        self.finished_packs += 1
        self.finished_runs += len(records)
        resumed = min(part.since * len(pack.runs), epochs) if part else 0
        self.finished_steps += sum(record.steps for record in records) * (epochs - resumed) // max(epochs, 1)
        if part:
            self._time(part, epochs // len(pack.runs), self.clock())
        self._project()

    def halved(self, parts: int) -> None:
        """Record that a pack became several."""
        self.packs += parts - 1

    def again(self, pack: Pack) -> None:
        """Record that a pack will be retried."""
        if part := self.going.pop(pack.name, None):
            self.waiting |= {run.id: share for run, share in zip(pack.runs, part.shares, strict=True)}
        self._project()

    def found(self, runs: Sequence[Run]) -> None:
        """Record runs that another command has finished: their work is not done here."""
        self.finished_runs += len(runs)
        self._drop(run.id for run in runs)

    def failed(self, pack: Pack) -> None:
        """Record a failed pack: its work will not be done."""
        self.again(pack)
        self._drop(run.id for run in pack.runs)

    @property
    def fraction(self) -> float:
        """The finished share of the work."""
        done = self.done + sum(part.epoch * part.per_epoch for part in self.going.values())
        return min(done / self.total, 1.0) if self.total > 0 else 1.0

    @property
    def steps_per_second(self) -> float | None:
        """Run-steps per second since training began, from finished epochs; None before the first."""
        steps = self.finished_steps + sum(part.run_steps for part in self.going.values())
        if self.trained_from is None or not steps or self.trained_to <= self.trained_from:
            return None
        return steps / (self.trained_to - self.trained_from)

    @property
    def seconds_left(self) -> float | None:
        """The remaining time; decreases with the clock between epochs. None before the first epoch."""
        return None if self.end is None else max(self.end - self.clock(), 0.0)

    def line(self) -> str:
        """Format packs, runs, pace and time left; without a pace, what is done and for how long."""
        words = [f"packs {self.finished_packs}/{self.packs}", f"runs {self.finished_runs}/{self.runs}"]
        if (pace := self.steps_per_second) is not None:
            words.append(f"{pace:,.0f} run-steps/s")
        elif self.going:
            words.append(self.state(next(iter(self.going.values()))))
        if (left := self.seconds_left) is not None:
            words.append(f"{'at most ' if self.may_stop else ''}{clock_time(left)} left")
        return ", ".join(words)

    def state(self, part: Part) -> str:
        """Format a pack's activity and its duration: `compiling 0:42`."""
        return f"{part.doing} {clock_time(self.clock() - part.doing_since)}"

    def _taken(self, run: str) -> Share:
        """Return a run's share and stop waiting for it; runs outside the plan have no expected time."""
        return self.waiting.pop(run, Share(0.0, 0.0))

    def _drop(self, runs: Iterable[str]) -> None:
        self.total -= sum(self._taken(run).training for run in runs)
        self._project()

    def _time(self, part: Part, epoch: int, now: float) -> None:
        """Update the pace from the epochs that a pack has done since it was last timed."""
        if part.timed_from is None or epoch <= part.timed_from[0]:
            return
        before, then = part.timed_from
        self.spent += now - then
        self.foreseen += (epoch - before) * part.per_epoch
        part.timed_from, self.trained_to = (epoch, now), now

    def _project(self) -> None:
        """Recompute the expected end."""
        if self.foreseen <= 0:
            return
        pace = self.spent / self.foreseen
        going = [part.left(pace) for part in self.going.values()]
        waiting = sum(share.start + share.training * pace for share in self.waiting.values())
        self.end = self.clock() + max((sum(going) + waiting) / self.workers, *going, 0.0)


def clock_time(seconds: float) -> str:
    """Format seconds as 0:42, 12:05 or 1:02:03."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
