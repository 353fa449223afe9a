"""Notes of packs that a killed command leaves, and what a later command makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from execution import Trained, as_plan, at_once, four, train_with
from small_runs import EAGER, Watcher

from hyperopt.engine import begun
from hyperopt.engine.begun import Room
from hyperopt.engine.execute import execute
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.plan import plan
from hyperopt.records import Record, Store


@pytest.mark.parametrize(
    ("never_ended", "expected"),
    [
        ([(0, 1, 2, 3)], [(0, 1), (2, 3)]),
        ([(0, 1, 2, 3), (0, 1)], [(0,), (1,), (2, 3)]),
        ([(0, 1, 2, 3), (2, 3)], [(0, 1), (2,), (3,)]),
        ([(0,)], [(0, 1, 2, 3)]),
    ],
)
def test_a_pack_that_never_ended_is_begun_in_halves(
    never_ended: Trained, expected: Trained, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leaves its note where the command itself is killed, start after start."""
    trained, watcher, runs = train_with(at_once, monkeypatch), Watcher(), four()
    for seeds in never_ended:
        note = Room().note_of(Pack(tuple(runs[seed] for seed in seeds)), 1, here=False)
        begun.keep(store.root.parent, note)
    execute(plan(runs, store.ids(), EAGER), store, EAGER, watcher)
    assert trained == expected
    assert len(watcher.halves) == (len(expected) > 1)
    assert begun.notes(store.root.parent) == [], "it would be remembered for ever"


@pytest.mark.parametrize(
    ("mark", "now", "expected"),
    [
        ("start 7", "start 7", [(0, 1, 2, 3)]),
        ("start 7", "start 8", [(0, 1), (2, 3)]),
        ("start 7", "other start 7", [(0, 1), (2, 3)]),
        ("", "", [(0, 1), (2, 3)]),
    ],
)
def test_a_pack_killed_with_its_command_is_retried_whole_once_if_no_process_was_ended_for_memory(
    mark: str, now: str, expected: Trained, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, pack, known = store.root.parent, Pack(tuple(four())), list[bool]()

    def training(pack: Pack, options: Options, root: Path) -> list[Record]:
        known.extend(note.again for note in begun.notes(root) if note.name == pack.name)
        return at_once(pack, options, root)

    monkeypatch.setattr(begun, "memory_mark", lambda: mark)
    begun.keep(root, Room().note_of(pack, 1, here=True))
    monkeypatch.setattr(begun, "memory_mark", lambda: now)
    trained = train_with(training, monkeypatch)
    execute(as_plan(pack), store, EAGER, Watcher())
    assert trained == expected
    assert {*known} == {True}
    begun.keep(root, Room(again={run.id for run in pack.runs}).note_of(pack, 1, here=True))
    room = Room()
    room.recall(root, ())
    assert room.together == {run.id: 2 for run in pack.runs}, "the second time it is halved"


def test_a_pack_that_was_killed_after_an_epoch_goes_on_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, pack = train_with(at_once, monkeypatch), Pack(tuple(four()))
    begun.keep(store.root.parent, Room().note_of(pack, 1, here=False))
    PackFiles(store.root.parent, pack.name).report(1)
    execute(as_plan(pack), store, EAGER, Watcher())
    assert trained == [(0, 1, 2, 3)]


def test_a_pack_that_was_interrupted_goes_on_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(pack: Pack, options: Options, root: Path) -> list[Record]:
        raise KeyboardInterrupt

    trained, runs = train_with(interrupted, monkeypatch), four()
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            execute(as_plan(Pack(tuple(runs))), store, EAGER, Watcher())
    assert trained == [(0, 1, 2, 3)] * 2
