import io
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from hyperopt.cli.progress import Bars, Plain, telling, watch
from hyperopt.cli.work import Work, clock_time
from hyperopt.engine.costs import Forecast


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def pack(name: str, runs: int, epochs: int) -> Any:
    ids = tuple(SimpleNamespace(id=f"{name}{i}", epochs=epochs) for i in range(runs))
    return SimpleNamespace(name=name, runs=ids, first=SimpleNamespace(epochs=epochs, stack=("adam", "sgd")))


def record(epochs: int, steps: int) -> Any:
    return SimpleNamespace(metrics={"train_loss": [1.0] * epochs}, steps=steps)


A, B = pack("a", 4, 5), pack("b", 2, 30)
PLAN: Any = SimpleNamespace(
    packs=(A, B), forecasts=(Forecast(2.0, 20.0), Forecast(2.0, 60.0)), runs=6, workers=1, may_stop=False
)


def begun(clock: Clock) -> Work:
    """The work of a plan of 20 + 60 run-epochs, each expected to take a second."""
    work = Work(clock)
    work.start(PLAN)
    return work


def test_pace_and_time_left_follow_from_the_work() -> None:
    clock = Clock()
    work = begun(clock)
    assert work.update(A, 0, 0, doing="compiling")
    clock.now = 42.0
    assert work.line() == "packs 0/2, runs 0/6, compiling 0:42", "no pace, and no time left, is known yet"
    assert work.update(A, 0, 0)
    clock.now = 50.0
    assert work.update(A, 2, 470)
    assert not work.update(A, 2, 470), "no news"
    assert work.fraction == pytest.approx(8 / 80)
    assert work.steps_per_second == pytest.approx(470 * 4 / 8), "compiling is no part of the pace"
    assert work.seconds_left == pytest.approx(12 + 2 + 60)
    clock.now = 57.0
    assert work.seconds_left == pytest.approx(67), "it falls with the clock"
    clock.now = 62.0
    work.finish(A, [record(5, 1175)] * 4)
    assert work.fraction == pytest.approx(20 / 80)
    assert work.line() == "packs 1/2, runs 4/6, 235 run-steps/s, 1:02 left"


def test_the_time_left_follows_the_pace_that_was_measured_and_never_turns_negative() -> None:
    clock = Clock()
    work = begun(clock)
    work.update(A, 0, 0)
    clock.now = 12.0
    work.update(A, 1, 235)
    assert work.seconds_left == pytest.approx(3 * 16 + 2 + 3 * 60), "three times as slow as expected"
    clock.now = 1000.0
    assert work.seconds_left == 0.0


def test_packs_that_train_at_once_share_the_time_left() -> None:
    clock = Clock()
    work = Work(clock)
    two: Any = SimpleNamespace(**{**vars(PLAN), "workers": 2})
    work.start(two)
    for each in (A, B):
        work.update(each, 0, 0)
    clock.now = 4.0
    work.update(A, 1, 235)
    assert work.seconds_left == pytest.approx(60), "the longer pack is the last"


def test_what_a_checkpoint_held_counts_as_done_but_not_in_the_pace() -> None:
    clock = Clock(10.0)
    work = begun(clock)
    work.update(B, 20, 4700, 20)
    assert work.fraction == pytest.approx(40 / 80)
    assert (work.seconds_left, work.steps_per_second) == (None, None)
    clock.now = 20.0
    work.update(B, 25, 5875, 20)
    assert work.seconds_left == pytest.approx(10 + 2 + 20), "ten run-epochs took ten seconds"
    assert work.steps_per_second == pytest.approx(235)
    clock.now = 30.0
    work.finish(B, [record(30, 7050)] * 2)
    assert work.seconds_left == pytest.approx(22)
    assert work.steps_per_second == pytest.approx(235)


def test_a_failed_pack_is_no_work_any_more_and_one_tried_again_is() -> None:
    work = begun(Clock())
    work.update(B, 1, 235)
    work.again(B)
    assert work.fraction == 0.0
    work.update(B, 1, 235)
    work.failed(B)
    work.finish(A, [record(5, 1175)] * 4)
    assert work.fraction == 1.0


def test_what_runs_stopped_before_is_no_work_any_more() -> None:
    clock = Clock()
    work = Work(clock)
    stopping: Any = SimpleNamespace(**{**vars(PLAN), "may_stop": True})
    work.start(stopping)
    work.update(B, 0, 0)
    clock.now = 10.0
    work.finish(B, [record(4, 940), record(6, 1410)])
    assert work.fraction == pytest.approx(10 / 30)
    assert work.line() == "packs 1/2, runs 2/6, 235 run-steps/s, at most 0:22 left"


def test_halves_of_a_pack_have_their_shares_of_its_work() -> None:
    work = begun(Clock())
    half: Any = SimpleNamespace(name="half", runs=A.runs[:2], first=A.first)
    work.update(half, 5, 1175)
    assert work.fraction == pytest.approx(10 / 80)


def test_a_compiling_pack_has_a_line_when_it_begins_and_when_it_is_done() -> None:
    lines: list[str] = []
    clock = Clock()
    progress = Plain(lines.append, clock)
    progress.start(PLAN)
    for now, doing in ((1.0, "compiling"), (9.0, "compiling"), (21.0, "training"), (22.0, "training")):
        clock.now = now
        progress.update(A, 0, 0, doing=doing)
    assert lines == ["adam/sgd x 4: compiling", "adam/sgd x 4: training, after compiling 0:20"]
    bars = Bars(Console(file=io.StringIO(), force_terminal=True, width=120), clock)
    bars.start(PLAN)
    bars.update(A, 0, 0, doing="compiling")
    clock.now = 64.0
    screen = Console(file=io.StringIO(), width=120)
    screen.print(bars.render())
    bars.close()
    assert "compiling 0:42, 4 runs" in screen.file.getvalue()


def test_plain_lines() -> None:
    lines: list[str] = []
    clock = Clock(1.0)
    progress = Plain(lines.append, clock)
    progress.start(PLAN)
    for epoch in (0, 1, 1, 2):
        progress.update(A, epoch, 235 * epoch)
        clock.now += 10.0
    progress.failed(B, "out of memory")
    progress.finish(A, [record(5, 1175)] * 4)
    progress.close()
    assert [line.partition(";")[0] for line in lines] == [
        "adam/sgd x 4: epoch 1/5",
        "adam/sgd x 4: epoch 2/5",
        "adam/sgd (pack b) failed: out of memory",
        "adam/sgd x 4: done",
    ]


def test_of_many_quick_epochs_one_in_ten_seconds_and_the_last_have_lines() -> None:
    """A thousand epochs of a twentieth of a second each; the runs stop before the last epoch."""
    lines: list[str] = []
    clock = Clock()
    progress = Plain(lines.append, clock)
    progress.start(PLAN)
    quick = pack("quick", 2, 2000)
    for epoch in range(1, 1001):
        clock.now = 0.05 * epoch
        progress.numbers(quick, epoch, {"train_loss": [1 / epoch]})
        progress.update(quick, epoch, 235 * epoch)
    progress.finish(quick, [record(1000, 235_000)] * 2)
    epochs = [line.split("epoch ")[1].partition("/")[0] for line in lines[:-1]]
    assert epochs == ["1", "201", "401", "601", "801", "1000"]
    assert lines[-2] == "adam/sgd x 2: epoch 1000/2000: train_loss 0.001"
    assert lines[-1].startswith("adam/sgd x 2: done; ")


def test_what_another_command_left_of_a_pack_has_its_name() -> None:
    lines: list[str] = []
    progress = Plain(lines.append, Clock(1.0))
    progress.start(PLAN)
    left = pack("half of a", 2, 5)
    progress.update(left, 1, 235)
    progress.halved(left, 2)
    progress.again(left, "its worker was lost")
    progress.fewer(1)
    progress.finish(left, [record(5, 1175)] * 2)
    assert [line.partition(";")[0] for line in lines] == [
        "adam/sgd x 2: epoch 1/5",
        "adam/sgd: in 2 packs: together they did not fit into memory, or were killed",
        "adam/sgd (pack half of a) is tried again: its worker was lost",
        "a run did not fit into memory beside others: 1 pack at once from here on",
        "adam/sgd x 2: done",
    ]


def test_a_command_that_waits_says_for_whom_and_counts_what_others_do() -> None:
    lines: list[str] = []
    plain, bars = Plain(lines.append), Bars(Console(file=io.StringIO(), force_terminal=True, width=120))
    for progress in (plain, bars):
        progress.start(PLAN)
        for runs in (3, 2):
            progress.waits(runs, ["hyperopt run -m seed=0,1 (process 7)"])
        progress.found(A.runs)
        assert progress.work.finished_runs == 4
        assert progress.work.total == 60
    assert lines == ["3 runs are trained elsewhere: hyperopt run -m seed=0,1 (process 7)"]
    screen = Console(file=io.StringIO(), width=120)
    screen.print(bars.render())
    assert "2 runs are trained elsewhere: hyperopt" in screen.file.getvalue()
    bars.waits(0, [])
    assert not bars.waiting
    bars.close()


def test_bars_show_packs_in_training_and_say_failures_at_once() -> None:
    screen = io.StringIO()
    progress = Bars(Console(file=screen, force_terminal=True, width=120), Clock(1.0))
    progress.start(PLAN)
    progress.update(A, 2, 470)
    shown = Console(file=io.StringIO(), width=120)
    shown.print(progress.render())
    progress.failed(B, "out of memory")
    progress.close()
    assert "epoch 2/5, 4 runs" in shown.file.getvalue()
    assert "failed: out of memory" in screen.getvalue()


def test_recorded_steps_are_shown_as_they_come_and_in_lines_only_some() -> None:
    lines: list[str] = []
    clock = Clock()
    plain, bars = Plain(lines.append, clock), Bars(Console(file=io.StringIO(), force_terminal=True), clock)
    for progress in (plain, bars):
        progress.start(PLAN)
        progress.update(A, 0, 0)
    for now, step in ((0.0, 50), (9.0, 100), (10.0, 150)):
        clock.now = now
        for progress in (plain, bars):
            progress.step(A, step, A.runs[:2], {"train_loss": [1 / step, 3 / step], "0.alpha": [0.1, 0.1]})
    assert lines == [
        "adam/sgd x 2: step 50: train_loss 0.04, alpha 0.1",
        "adam/sgd x 2: step 150: train_loss 0.01333, alpha 0.1",
    ]
    screen = Console(file=io.StringIO(), width=120)
    screen.print(bars.render())
    bars.finish(A, [record(5, 1175)] * 4)
    assert not bars.steps
    bars.close()
    assert "█▃▁" in screen.file.getvalue()
    assert "step 150, train_loss 0.01333, alpha 0.1" in screen.file.getvalue()


def test_a_terminal_gets_bars_and_a_file_gets_lines() -> None:
    assert isinstance(watch(Console(file=io.StringIO(), force_terminal=True)), Bars)
    assert isinstance(watch(Console(file=io.StringIO())), Plain)


def test_a_terminal_is_told_which_page_is_made_and_a_file_nothing() -> None:
    terminal, file = io.StringIO(), io.StringIO()
    for console in (Console(file=terminal, force_terminal=True, width=40), Console(file=file)):
        with telling(console) as tell:
            tell("writing page 3 of 61")
    assert "writing page 3 of 61" in terminal.getvalue()
    assert file.getvalue() == ""


def test_clock_time() -> None:
    assert [clock_time(s) for s in (9.4, 75, 3725)] == ["0:09", "1:15", "1:02:05"]
