"""Carrying out a plan: memory, failures, lost workers, several commands at once, kill -9."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from execution import as_plan, at_once, four, is_free, killed_in_the_fifth_epoch, train_with
from forked import forking
from small_runs import EAGER, Watcher, fake_record, measured, mixed_runs, small_run

from hyperopt.engine import execute as engine
from hyperopt.engine.attempt import ran_out_of_memory
from hyperopt.engine.execute import Outcome, execute
from hyperopt.engine.heads import checkpointed_ids
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.plan import plan
from hyperopt.engine.run_claims import RunClaims
from hyperopt.engine.trainer import train_pack
from hyperopt.engine.workers import InThisProcess
from hyperopt.records import Record, Store


def test_records_are_written_and_the_desk_is_cleared(store: Store) -> None:
    watcher, pack = Watcher(), Pack(tuple(mixed_runs()[:2]))
    outcome = execute(as_plan(pack), store, EAGER, watcher)
    expected = {r.id: measured(r) for r in train_pack(pack, EAGER, store.root.parent / "again")}
    assert {k: measured(r) for k, r in outcome.records.items()} == expected
    assert {k: measured(r) for k, r in store.load().items()} == expected
    assert outcome.failures == []
    assert watcher.finished == [pack.name]
    assert watcher.closed
    assert PackFiles(store.root.parent, pack.name).reported() is None
    assert is_free(store, pack)


@pytest.mark.parametrize(
    "message", ["CUDA out of memory. Tried to allocate 2 GiB", "DefaultCPUAllocator: can't allocate memory"]
)
def test_a_pack_that_does_not_fit_is_halved(
    message: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small_packs_only(pack: Pack, options: Options, root: Path) -> list[Record]:
        if len(pack.runs) > 1:
            raise RuntimeError(message)
        return at_once(pack, options, root)

    trained = train_with(small_packs_only, monkeypatch)
    watcher = Watcher()
    outcome = execute(as_plan(Pack(tuple(four()))), store, EAGER, watcher)
    assert trained == [(0, 1, 2, 3), (0, 1), (0,), (1,), (2, 3), (2,), (3,)]
    assert len(watcher.halves) == 3
    assert outcome.failures == []
    assert set(outcome.records) == store.ids() == {run.id for run in four()}


def failing_at(seed: int) -> Callable[[Pack, Options, Path], list[Record]]:
    """Training that fails for a pack whose first run has this seed."""

    def first_fails(pack: Pack, options: Options, root: Path) -> list[Record]:
        if pack.first.seed == seed:
            raise ValueError("the data set is on fire\nand more")
        return at_once(pack, options, root)

    return first_fails


def test_packs_that_finish_at_once_are_kept_in_one_file(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is told of, one that fails hinders none, and one that is written again alone replaces no other."""
    trained, watcher, workers = train_with(failing_at(3), monkeypatch), Watcher(), InThisProcess()
    workers.size, packs = 4, [Pack((run,)) for run in four()]
    outcome = execute(as_plan(*packs), store, EAGER, watcher, workers)
    assert trained == [(0,), (1,), (2,), (3,)]
    assert watcher.finished == [pack.name for pack in packs[:3]]
    assert [pack for pack, _ in outcome.failures] == [packs[3]]
    assert set(outcome.records) == store.ids() == {run.id for run in four()[:3]}
    assert len(list(store.root.rglob("*.parquet"))) == 1
    store.write([fake_record(four()[0])], packs[0].name)
    assert set(store.load()) == {run.id for run in four()[:3]}


def test_a_single_run_that_does_not_fit_is_a_failure(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(pack: Pack, options: Options, root: Path) -> list[Record]:
        raise MemoryError

    trained = train_with(too_large, monkeypatch)
    outcome = execute(as_plan(Pack((small_run(),))), store, EAGER, Watcher())
    assert trained == [(0,)]
    assert [reason.split(" (")[0] for _, reason in outcome.failures] == ["MemoryError: no message"]


def test_what_counts_as_out_of_memory() -> None:
    assert ran_out_of_memory(MemoryError())
    assert ran_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert not ran_out_of_memory(RuntimeError("shapes do not match"))
    assert not ran_out_of_memory(ValueError("out of memory"))


def test_a_failing_pack_is_reported_and_the_others_go_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_with(failing_at(0), monkeypatch)
    watcher, packs = Watcher(), [Pack((run,)) for run in four()]
    outcome = execute(as_plan(*packs), store, EAGER, watcher)
    assert set(outcome.records) == store.ids() == {run.id for run in four()[1:]}
    ((failed, message),) = outcome.failures
    assert failed == packs[0]
    assert message.startswith("ValueError: the data set is on fire (details in ")
    details = Path(message.partition("details in ")[2].rstrip(")"))
    assert "first_fails" in details.read_text(), "no traceback"
    assert watcher.failures == [(packs[0].name, "ValueError: the data set is on fire")]
    assert watcher.finished == [pack.name for pack in packs[1:]]
    assert is_free(store, packs[0])


def test_a_second_command_trains_nothing_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = train_with(at_once, monkeypatch)
    runs = four()
    stale = as_plan(Pack(tuple(runs[:2])), Pack(tuple(runs[2:])))
    store.write([fake_record(run) for run in runs[:3]], "another command's")
    outcome = execute(stale, store, EAGER, Watcher())
    assert trained == [(3,)]
    assert set(outcome.records) == {run.id for run in runs}
    files = len(list(store.root.rglob("*.parquet")))
    assert set(execute(stale, store, EAGER, Watcher()).records) == {run.id for run in runs}
    assert trained == [(3,)]
    assert len(list(store.root.rglob("*.parquet"))) == files


def test_a_run_that_another_command_trains_is_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a pack with others, which are trained meanwhile."""
    trained, watcher, runs = train_with(at_once, monkeypatch), Watcher(), four()
    outcomes: list[Outcome] = []
    with RunClaims(store.root.parent) as another:
        another.take([runs[1].id])
        command = threading.Thread(
            target=lambda: outcomes.append(execute(as_plan(Pack(tuple(runs))), store, EAGER, watcher))
        )
        command.start()
        while command.is_alive() and not watcher.waited_for:
            time.sleep(0.01)
        assert command.is_alive(), "it did not wait"
        assert trained == [(0, 2, 3)]
        store.write([fake_record(runs[1])], "another command's")
    command.join(10)
    assert trained == [(0, 2, 3)]
    assert set(outcomes[0].records) == {run.id for run in runs}
    assert watcher.found_ids == [runs[1].id]
    assert f"(process {os.getpid()})" in watcher.waited_for[0]


def test_a_run_that_another_command_leaves_is_trained(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = train_with(at_once, monkeypatch)
    with RunClaims(store.root.parent) as another:
        another.take([small_run().id])
        command = threading.Thread(
            target=lambda: execute(as_plan(Pack((small_run(),))), store, EAGER, Watcher())
        )
        command.start()
    command.join(10)
    assert trained == [(0,)]


def test_an_interruption_ends_the_command_and_lets_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(pack: Pack, options: Options, root: Path) -> list[Record]:
        raise KeyboardInterrupt

    train_with(interrupted, monkeypatch)
    watcher, pack = Watcher(), Pack((small_run(),))
    with pytest.raises(KeyboardInterrupt) as interruption:
        execute(as_plan(pack), store, EAGER, watcher)
    assert watcher.closed
    assert is_free(store, pack), f"still locked while somebody holds {interruption.value!r}"
    assert store.ids() == set()


def test_progress_is_told_while_a_pack_trains(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pack, told = Pack((small_run(seed=0), small_run(seed=1))), threading.Event()

    class Waiting(Watcher):
        def update(self, pack: Pack, epoch: int, steps: int, since: int = 0, doing: str = "") -> None:
            super().update(pack, epoch, steps, since)
            told.set()

    def slow(pack: Pack, options: Options, root: Path) -> list[Record]:
        PackFiles(root, pack.name).report(2)
        assert told.wait(10)
        return at_once(pack, options, root)

    monkeypatch.setattr(engine, "POLL_SECONDS", 0.01)
    train_with(slow, monkeypatch)
    watcher = Waiting()
    assert execute(as_plan(pack), store, EAGER, watcher).failures == []
    assert watcher.updates[0] == (pack.name, 2, 6)


@pytest.mark.slow
def test_worker_processes_make_the_same_records(store: Store) -> None:
    runs = mixed_runs()
    packs = as_plan(Pack(tuple(runs[:2])), Pack(tuple(runs[2:])))
    outcome = execute(packs, store, Options(device="cpu", workers=2, compile=False), Watcher())
    inline = execute(packs, Store(store.root.parent / "inline" / "records"), EAGER, Watcher())
    assert outcome.failures == []
    assert {k: measured(r) for k, r in outcome.records.items()} == {
        k: measured(r) for k, r in inline.records.items()
    }


@pytest.mark.slow
def test_the_same_command_goes_on_after_kill_9(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the second epoch of the second pack: nothing is lost, doubled or trained again."""
    runs = mixed_runs()
    packs = as_plan(Pack(tuple(runs[:1])), Pack(tuple(runs[1:])))
    killed = forking().Process(target=killed_in_the_fifth_epoch, args=(packs, store))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    assert store.ids() == {runs[0].id}

    again = plan(runs, store.ids(), EAGER, started=checkpointed_ids(store.root.parent))
    assert [run.id for run in again.cached] == [runs[0].id]
    assert again.packs == (Pack(tuple(runs[1:])),)
    trained_from: list[int] = []
    monkeypatch.setattr(PackFiles, "report", lambda self, epoch, since: trained_from.append(epoch))
    outcome = execute(again, store, EAGER, Watcher())
    assert trained_from == [1, 2, 3], "the first epoch was trained again"
    assert outcome.failures == []

    uninterrupted = Store(store.root.parent / "uninterrupted" / "records")
    execute(packs, uninterrupted, EAGER, Watcher())
    expected = {k: measured(r) for k, r in uninterrupted.load().items()}
    assert {k: measured(r) for k, r in store.load().items()} == expected
    assert checkpointed_ids(store.root.parent) == []
    assert not list(store.root.parent.rglob("*.part"))
