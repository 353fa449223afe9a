"""The clock of the benchmark on simulated machines whose noise and drift are known: what it tells is true."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markdown_cells import cells

from benchmarks import machine, rounds
from benchmarks.counters import counted, counter_section, read
from benchmarks.goals import Goal
from benchmarks.machine import Stolen
from benchmarks.results import Counts, Results, Series, narrow, ratios
from benchmarks.roofline import SPEEDS, roof_section, work_of
from benchmarks.rounds import Rounds, Timed, in_turn
from benchmarks.steps import series_of
from benchmarks.subjects import Subject, runs_of
from benchmarks.workers import Sample

GENERATED: dict[str, object] = {"dataset": "mnist", "dataset.generated": True}
BOUND = 1.4
"""At least so many times faster than ours the peer should be, in all simulated benches."""


class Machine:
    """A processor that drifts, is at times half as fast for a while, and at times is taken away."""

    def __init__(self, seed: int, noise: float) -> None:
        self._draw, self._noise = random.Random(seed), noise
        self._now, self._slow = 0.0, 0

    def takes(self, ms: float, steps: int) -> Sample:
        """A sample of a subject whose step takes so long on a quiet machine."""
        drift = 1 + 0.3 * math.sin(self._now / 20) + self._now / 200
        self._slow = self._slow - 1 if self._slow else (self._draw.random() < 0.02) * self._draw.randint(1, 9)
        busy = steps * ms / 1e3 * drift * (2 if self._slow else 1)
        busy *= math.exp(self._draw.gauss(0, self._noise))
        wall = busy * (1 + self._draw.expovariate(1) * (self._draw.random() < 0.3))
        self._now += wall
        return Sample(steps, wall, busy, 0)


class Simulated:
    """A subject on such a machine; it answers as a `Worker` does."""

    def __init__(self, on: Machine, ms: float) -> None:
        self._on, self._ms, self._steps = on, ms, 0

    def ask(self, steps: int) -> None:
        self._steps = steps

    def answer(self) -> Sample:
        return self._on.takes(self._ms, self._steps)


SUBJECT = Subject("", "", runs_of("adam/sgd", 1, GENERATED), "cpu", None)  # type: ignore[arg-type]


def of_peer(timed: Sequence[Timed]) -> list[float]:
    """The peer's time over ours, by round."""
    ours, peer = (series_of("step", "adam/sgd", SUBJECT, [[s] for s in own.samples]) for own in timed)
    return ratios(peer, ours)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, int, float], list[float]]:
    """What a bench of ours and a peer that takes `ratio` times as long measures."""

    @contextmanager
    def simulated(subjects: Sequence[Any], *, inline: bool) -> Iterator[Sequence[Any]]:
        yield subjects

    monkeypatch.setattr(rounds, "workers_for", simulated)

    def measured(ratio: float, seed: int, noise: float) -> list[float]:
        on = Machine(seed, noise)
        subjects: list[Any] = [Simulated(on, 2.0), Simulated(on, 2.0 * ratio)]
        how, silent = Rounds(15, 0.4, most=60.0), lambda _: None
        return of_peer(in_turn("", subjects, how, silent, enough=lambda timed: narrow(of_peer(timed))))

    return measured


def verdicts(bench: Callable[[float, int, float], list[float]], ratio: float, noise: float) -> Counter[str]:
    """Of a hundred benches."""
    return Counter(Goal("", BOUND, 9, bench(ratio, seed, noise)).verdict() for seed in range(100))


@pytest.mark.parametrize(("ratio", "true"), [(BOUND * 1.05, "met"), (BOUND / 1.05, "missed")])
@pytest.mark.parametrize("noise", [0.01, 0.03])
def test_a_ratio_a_twentieth_from_its_mark_is_told_right(
    bench: Callable[[float, int, float], list[float]], ratio: float, true: str, noise: float
) -> None:
    found = verdicts(bench, ratio, noise)
    assert set(found) <= {true, "cannot be told here"}
    assert found[true] >= 95


def test_a_ratio_at_its_mark_cannot_be_told_nineteen_times_in_twenty(
    bench: Callable[[float, int, float], list[float]],
) -> None:
    found = verdicts(bench, BOUND, 0.03)
    assert found["cannot be told here"] >= 89  # a right clock has fewer in one of 200 tries


def test_a_wild_machine_tells_nothing_rather_than_something_wrong(
    bench: Callable[[float, int, float], list[float]],
) -> None:
    found = verdicts(bench, BOUND / 1.03, 0.5)
    assert found["met"] <= 5
    assert found["cannot be told here"] >= 50


def test_rounds_end_when_ratios_are_narrow_and_else_with_the_time(
    bench: Callable[[float, int, float], list[float]],
) -> None:
    assert len(bench(2.0, 0, 0.001)) == 15
    known, wild = bench(2.0, 0, 0.03), bench(2.0, 0, 0.5)
    assert narrow(known)
    assert 15 <= len(known) < len(wild)
    assert not narrow(wild)


def test_few_rounds_tell_nothing_and_bounds_count_for_the_side_they_are_on() -> None:
    assert Goal("", 1, 2, [5.0] * 5).verdict() == "cannot be told here"
    assert Goal("", 1, 2, [5.0] * 6).verdict() == "goal reached"
    assert Goal("", 5, 6, [5.0] * 6).verdict() == "met"
    assert Goal("", 5, 4, [5.0] * 6, upper=True).verdict() == "met"
    assert Goal("", 4, 3, [5.0] * 6, upper=True).verdict() == "missed"


def test_what_others_take_of_a_core_changes_no_ratio_on_a_cpu() -> None:
    alone = series_of("step", "adam/sgd", SUBJECT, [[Sample(10, 1.0, 1.0, 0)]])
    shared = series_of("step", "adam/sgd", SUBJECT, [[Sample(10, 3.0, 1.0, 0)]])
    assert ratios(shared, alone) == [pytest.approx(1)]
    on_gpu = replace(shared, device="cuda"), replace(alone, device="cuda")
    assert ratios(*on_gpu) == [pytest.approx(3)]


SAID = "2000,,instructions:u,100,100.00,,\n{misses},,cache-misses:u,100,100.00,,\n"


def test_counters_are_read_by_step_or_are_not_here() -> None:
    assert read(SAID.format(misses=30), 10) == Counts(200, 3)
    assert read(SAID.format(misses="<not supported>"), 10) is None
    assert read("Error: no permission", 10) is None


def test_without_perf_nothing_is_counted_and_nothing_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert counted(None, 3) is None  # type: ignore[arg-type]
    with_none = results(measured("ours", 2.0))
    assert list(counter_section(with_none))[1].startswith("Not available")
    counts = Counts(8e6, 4e3)
    assert " 2.00 |" in list(counter_section(results(measured("ours", 2.0, counts=counts))))[1]


def test_a_roof_is_what_the_machine_needs_for_the_operations_and_bytes_of_a_step() -> None:
    [run] = runs_of("adam/sgd", 1, GENERATED)
    work = work_of(run, "adam/sgd")
    assert work.operations == 2 * 256 * 128 * (2 * 784 + 3 * 10)
    weights = 4 * (784 * 128 + 128 + 128 * 10 + 10)
    assert work.moved == 13 * weights
    assert work_of(runs_of("sgd", 1, GENERATED)[0], "sgd").moved == 5 * weights
    speeds = [
        measured(role, 1e3 * amount / rate, section="machine")
        for (role, amount), rate in zip(SPEEDS.items(), (1e11, 2e10), strict=True)
    ]
    table = list(roof_section(replace(results(measured("ours", 2.0), *speeds), work=(work,))))[1]
    arithmetic, moving = work.operations / 1e8, work.moved / 2e7
    _, operations, moved, *times, share, _, both = cells(table, "adam/sgd")
    assert [operations, moved] == ["104.7", "5.29"]
    assert times == [f"{arithmetic:.3f}", f"{moving:.3f}", "2.000"]
    assert share.startswith(f"{arithmetic / 2:.2f} (")
    assert both.startswith(f"{(arithmetic + moving) / 2:.2f} (")


def measured(role: str, ms: float, section: str = "step", counts: Counts | None = None) -> Series:
    """A subject that takes so long in each of six rounds."""
    runs = 4 if role == "ours" else 1
    six = (1.0,) * 6
    return Series(section, "adam/sgd", role, role, "cpu", runs, 1, 1, (ms,) * 6, six, (0,) * 6, counts)


def results(*series: Series) -> Results:
    """Of these subjects alone."""
    return Results((), "generated", False, series, (), ())


def test_stolen_time_is_a_share_of_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    monkeypatch.setattr(machine, "Path", lambda _: stat)
    stat.write_text("cpu  100 0 0 0 0 0 0 0 0 0\n")
    stolen = Stolen()
    stat.write_text("cpu  130 0 10 50 0 0 0 10 0 0\n")
    assert stolen.share() == pytest.approx(0.1)
    stat.unlink()
    assert stolen.share() is None
