"""Live progress of long work: packs, runs, run-steps per second, time left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.live import Live
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from hyperopt.engine.pack import Pack
    from hyperopt.engine.plan import Plan
    from hyperopt.engine.progress import Progress
    from hyperopt.records import Record

BAR = 24


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

    def halved(self, pack: Pack) -> None:
        """Take note of a pack that was halved: one more to do."""
        self.going.pop(pack.name, None)
        self.packs += 1

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


class Plain:
    """A line per event, for output that is no terminal."""

    def __init__(self, write: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        self.write = write
        self.tally = Tally(clock)

    def start(self, plan: Plan) -> None:
        """Say what will be trained."""
        self.tally.start(plan)
        self.write(plan.describe())

    def update(self, pack: Pack, epoch: int, steps: int, since: int = 0) -> None:
        """One line per epoch of a pack."""
        if self.tally.update(pack, epoch, steps, since) and 0 < epoch < pack.first.epochs:
            self.write(
                f"{label(pack)} x {len(pack.runs)}: epoch {epoch}/{pack.first.epochs}; {self.tally.line()}"
            )

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        """One line per pack."""
        self.tally.finish(pack, records)
        self.write(f"{label(pack)} x {len(records)}: done; {self.tally.line()}")

    def halved(self, pack: Pack) -> None:
        """One line for it."""
        self.tally.halved(pack)
        self.write(f"{label(pack)} (pack {pack.name}) did not fit into memory: halved")

    def failed(self, pack: Pack, message: str) -> None:
        """One line per failure."""
        self.tally.failed(pack)
        self.write(f"{label(pack)} (pack {pack.name}) failed: {message}")

    def close(self) -> None:
        """Every line is out already."""


class Bars:
    """A live display: a line for all, and a bar per pack in training."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.console = console
        self.tally = Tally(clock)
        self.live = Live(console=console, get_renderable=self.render, transient=True, refresh_per_second=4)

    def start(self, plan: Plan) -> None:
        """Show the display."""
        self.tally.start(plan)
        self.console.print(plan.describe(), highlight=False)
        self.live.start()

    def update(self, pack: Pack, epoch: int, steps: int, since: int = 0) -> None:
        """Move a pack's bar."""
        self.tally.update(pack, epoch, steps, since)

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        """Take a pack's bar away."""
        self.tally.finish(pack, records)

    def halved(self, pack: Pack) -> None:
        """Take its bar away."""
        self.tally.halved(pack)

    def failed(self, pack: Pack, message: str) -> None:
        """Say at once that a pack failed."""
        self.tally.failed(pack)
        self.console.print(
            f"{label(pack)} (pack {pack.name}) failed: {message}", style="red", markup=False, highlight=False
        )

    def close(self) -> None:
        """Take the display away."""
        self.live.stop()

    def render(self) -> Table:
        """The display as of now."""
        rows = Table.grid(padding=(0, 2))
        rows.add_row("all", bar(self.tally.fraction), self.tally.line())
        for part in list(self.tally.going.values()):
            epochs, runs = part.pack.first.epochs, len(part.pack.runs)
            rows.add_row(
                label(part.pack), bar(part.epoch / epochs), f"epoch {part.epoch}/{epochs}, {runs} runs"
            )
        return rows


def label(pack: Pack) -> str:
    """What the runs of a pack have in common, in short: their stack."""
    return "/".join(pack.first.stack)


def work(pack: Pack) -> int:
    """Epochs of a pack, of all its runs together."""
    return len(pack.runs) * pack.first.epochs


def watch(console: Console) -> Progress:
    """Bars where the console is a terminal, else plain lines."""
    if console.is_terminal:
        return Bars(console)
    return Plain(lambda text: console.print(text, soft_wrap=True, markup=False, highlight=False))


def bar(fraction: float) -> str:
    """A bar as text, such as ━━━━━━──────."""
    full = round(fraction * BAR)
    return "━" * full + "─" * (BAR - full)


def clock_time(seconds: float) -> str:
    """Seconds as 0:42, 12:05 or 1:02:03."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
