"""Live progress of long work: packs, runs, run-steps per second, time left."""

from __future__ import annotations

import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.live import Live
from rich.table import Table
from rich.text import Text

from hyperopt.cli.epoch_results import WIDTH, in_words, main_metric, means, sparkline
from hyperopt.cli.work import TRAINING, Work
from hyperopt.wording import counted, untold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import Console

    from hyperopt.config import Run
    from hyperopt.engine.pack import Pack
    from hyperopt.engine.plan import Plan
    from hyperopt.engine.progress import Progress
    from hyperopt.records import Record
    from hyperopt.wording import Tell

BAR = 24
SECONDS = 10.0
"""Minimum seconds between lines about a pack's epochs, and about its recorded steps; records have all."""


class Plain:
    """Lines for output that is not a terminal: one per event, but only some of the epochs and steps.

    A pack's last epoch always has a line: one that was left out is printed when the pack is finished.
    """

    def __init__(self, write: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        self.write = write
        self.work = Work(clock)
        self.waited_for: Sequence[str] = ()
        self.told: dict[str, int] = {}
        self.left_out: dict[str, str] = {}
        self.told_at: dict[tuple[str, str], float] = {}

    def start(self, plan: Plan) -> None:
        """Start counting; the plan has already been printed."""
        self.work.start(plan)

    def update(self, pack: Pack, epoch: int, steps: int, since: int = 0, doing: str = TRAINING) -> None:
        """Print a line when a pack compiles, when it has compiled, and for some epochs."""
        before = self.work.going.get(pack.name)
        compiled = self.work.state(before) if before and before.doing != doing == TRAINING else ""
        if not self.work.update(pack, epoch, steps, since, doing):
            return
        name, epochs = f"{label(pack)} x {len(pack.runs)}", pack.first.epochs
        if doing != TRAINING:
            self.write(f"{name}: {doing}")
        elif compiled:
            self.write(f"{name}: {TRAINING}, after {compiled}")
        elif 0 < epoch < epochs and epoch > self.told.get(pack.name, 0) and self._is_due(pack, "epoch"):
            self.write(f"{name}: epoch {epoch}/{epochs}; {self.work.line()}")

    def numbers(self, pack: Pack, epoch: int, values: Mapping[str, Sequence[float]]) -> None:
        """Print a line for some epochs: loss, error and learned rates, as means over the runs."""
        self.told[pack.name] = epoch
        epochs = pack.first.epochs
        name = f"{label(pack)} x {len(pack.runs)}"
        self.left_out[pack.name] = f"{name}: epoch {epoch}/{epochs}: {in_words(means(values))}"
        if self._is_due(pack, "epoch"):
            self.write(self.left_out.pop(pack.name))

    def step(self, pack: Pack, step: int, runs: Sequence[Run], values: Mapping[str, Sequence[float]]) -> None:
        """Print a line for some of the recorded steps: loss and learned rates."""
        if self._is_due(pack, "step"):
            self.write(f"{label(pack)} x {len(runs)}: step {step}: {in_words(means(values))}")

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        """One line per pack, after that of its last epoch."""
        self.work.finish(pack, records)
        if line := self.left_out.pop(pack.name, None):
            self.write(line)
        self.write(f"{label(pack)} x {len(records)}: done; {self.work.line()}")

    def halved(self, pack: Pack, parts: int) -> None:
        """One line for it."""
        self.work.halved(parts)
        self.write(halved_line(pack, parts))

    def again(self, pack: Pack, reason: str) -> None:
        """One line for it."""
        self.work.again(pack)
        self.write(again_line(pack, reason))

    def fewer(self, workers: int) -> None:
        """One line for it."""
        self.write(fewer_line(workers))

    def waits(self, runs: int, commands: Sequence[str]) -> None:
        """Print a line whenever it waits for other commands than before."""
        if runs and self.waited_for != commands:
            self.write(waiting_line(runs, commands))
        self.waited_for = commands

    def found(self, runs: Sequence[Run]) -> None:
        """No line for it."""
        self.work.found(runs)

    def failed(self, pack: Pack, message: str) -> None:
        """One line per failure."""
        self.work.failed(pack)
        self.write(f"{label(pack)} (pack {pack.name}) failed: {message}")

    def close(self) -> None:
        """Every line is out already."""

    def _is_due(self, pack: Pack, what: str) -> bool:
        """Return whether SECONDS have passed since the last line about this of a pack, and count from now."""
        now = self.work.clock()
        if now - self.told_at.get((pack.name, what), -SECONDS) < SECONDS:
            return False
        self.told_at[pack.name, what] = now
        return True


class Bars:
    """A live display: one line in total, and one bar per pack in training."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.console = console
        self.work = Work(clock)
        self.waiting = ""
        self.series: dict[str, list[dict[str, float]]] = {}
        self.steps: dict[str, deque[tuple[int, dict[str, float]]]] = {}
        self.live = Live(console=console, get_renderable=self.render, transient=True, refresh_per_second=4)

    def start(self, plan: Plan) -> None:
        """Show the display."""
        self.work.start(plan)
        self.live.start()

    def update(self, pack: Pack, epoch: int, steps: int, since: int = 0, doing: str = TRAINING) -> None:
        """Move a pack's bar."""
        self.work.update(pack, epoch, steps, since, doing)

    def numbers(self, pack: Pack, epoch: int, values: Mapping[str, Sequence[float]]) -> None:
        """Show them beside a pack's bar."""
        del epoch  # its bar shows it
        self.series.setdefault(pack.name, []).append(means(values))

    def step(self, pack: Pack, step: int, runs: Sequence[Run], values: Mapping[str, Sequence[float]]) -> None:
        """Show the last recorded steps below."""
        del runs
        self.steps.setdefault(pack.name, deque(maxlen=WIDTH)).append((step, means(values)))

    def finish(self, pack: Pack, records: Sequence[Record]) -> None:
        """Remove a pack's bar."""
        self.series.pop(pack.name, None)
        self.steps.pop(pack.name, None)
        self.work.finish(pack, records)

    def halved(self, pack: Pack, parts: int) -> None:
        """Say so."""
        self.work.halved(parts)
        self.say(halved_line(pack, parts))

    def again(self, pack: Pack, reason: str) -> None:
        """Remove its bar, and say why."""
        self.work.again(pack)
        self.say(again_line(pack, reason))

    def fewer(self, workers: int) -> None:
        """Say so."""
        self.say(fewer_line(workers))

    def waits(self, runs: int, commands: Sequence[str]) -> None:
        """Show which commands it waits for."""
        self.waiting = waiting_line(runs, commands) if runs else ""

    def found(self, runs: Sequence[Run]) -> None:
        """Count them."""
        self.work.found(runs)

    def failed(self, pack: Pack, message: str) -> None:
        """Report at once that a pack failed."""
        self.work.failed(pack)
        self.say(f"{label(pack)} (pack {pack.name}) failed: {message}", style="red")

    def say(self, line: str, style: str | None = None) -> None:
        """Print a line above the display."""
        self.console.print(line, style=style, markup=False, highlight=False)

    def close(self) -> None:
        """Remove the display."""
        self.live.stop()

    def render(self) -> Table:
        """Return the current display."""
        rows = Table.grid(padding=(0, 2))
        rows.add_row("all", bar(self.work.fraction), self.work.line())
        for part in list(self.work.going.values()):
            epochs, runs = part.pack.first.epochs, counted(len(part.pack.runs), "run")
            where = f"epoch {part.epoch}/{epochs}" if part.doing == TRAINING else self.work.state(part)
            rows.add_row(label(part.pack), bar(part.epoch / epochs), f"{where}, {runs}")
            if told := self.series.get(part.pack.name):
                rows.add_row("", sparkline([of[main_metric(of)] for of in told]), in_words(told[-1]))
            if steps := self.steps.get(part.pack.name):
                last, numbers = steps[-1]
                losses = sparkline([of["train_loss"] for _, of in steps])
                rows.add_row("", losses, f"step {last}, {in_words(numbers)}")
        if self.waiting:
            rows.add_row("", "", self.waiting)
        return rows


def halved_line(pack: Pack, parts: int) -> str:
    """Describe that a pack is trained in parts."""
    return f"{label(pack)}: in {parts} packs: together they did not fit into memory, or were killed"


def again_line(pack: Pack, reason: str) -> str:
    """Describe that a pack is retried."""
    return f"{label(pack)} (pack {pack.name}) is tried again: {reason}"


def fewer_line(workers: int) -> str:
    """Describe that fewer packs train at once."""
    return f"a run did not fit into memory beside others: {counted(workers, 'pack')} at once from here on"


def waiting_line(runs: int, commands: Sequence[str]) -> str:
    """Describe which commands a command waits for."""
    return f"{counted(runs, 'run')} {'is' if runs == 1 else 'are'} trained elsewhere: {'; '.join(commands)}"


def label(pack: Pack) -> str:
    """Describe what a pack's runs have in common: their stack."""
    return "/".join(pack.first.stack)


def watch(console: Console) -> Progress:
    """Return bars if the console is a terminal, else plain lines."""
    if console.is_terminal:
        return Bars(console)
    return Plain(lambda text: console.print(text, soft_wrap=True, markup=False, highlight=False))


@contextmanager
def telling(console: Console) -> Iterator[Tell]:
    """Yield a function that shows a line on a terminal until the next one; elsewhere it does nothing."""
    if not console.is_terminal:
        yield untold
        return
    with console.status("") as status:
        yield lambda line: status.update(Text(line))


def bar(fraction: float) -> str:
    """Draw a bar as text, such as ━━━━━━──────."""
    full = round(fraction * BAR)
    return "━" * full + "─" * (BAR - full)
