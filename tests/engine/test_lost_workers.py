"""Packs that do not fit into memory, workers that are lost, and what is tried after that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import torch
from execution import Trained, as_plan, at_once, four, is_free, train_with
from small_runs import EAGER, Watcher, small_run

from hyperopt.engine import begun
from hyperopt.engine.begun import Room
from hyperopt.engine.execute import execute
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.workers import Blame, ClusterLostError, InThisProcess, Processes, WorkerLostError
from hyperopt.engine.workers_for import workers_for
from hyperopt.errors import ConfigError
from hyperopt.records import Record, Store

TESTS = Path(__file__).parents[1]


class Losing(InThisProcess):
    """A worker that is lost at some of the packs it is given, counted from 1."""

    def __init__(
        self, *at: int, size: int = 1, after_an_epoch: bool = False, blame: Blame = "likely"
    ) -> None:
        self.at, self.size, self.after_an_epoch, self.blame = at, size, after_an_epoch, blame
        self.given = 0

    def submit(self, task: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        self.given += 1
        if self.given not in self.at:
            return super().submit(task, *arguments)
        if self.after_an_epoch:
            PackFiles(arguments[2], arguments[0].name).report(2, since=1)
        future: Future[object] = Future()
        future.set_exception(WorkerLostError("its worker process was ended by SIGKILL", self.blame))
        return future

    def shrink(self, size: int) -> None:
        self.size = size


def test_a_pack_whose_worker_was_lost_goes_on_as_it_was_if_it_had_done_an_epoch(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, watcher = train_with(at_once, monkeypatch), Watcher()
    pack = Pack(tuple(four()))
    outcome = execute(as_plan(pack), store, EAGER, watcher, Losing(1, after_an_epoch=True))
    assert trained == [(0, 1, 2, 3)]
    assert outcome.failures == []
    assert watcher.agains == [(pack.name, "its worker process was ended by SIGKILL")]
    assert watcher.halves == []


def test_a_pack_whose_worker_was_lost_in_its_first_epoch_is_halved(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, watcher = train_with(at_once, monkeypatch), Watcher()
    outcome = execute(as_plan(Pack(tuple(four()))), store, EAGER, watcher, Losing(1, 2))
    assert trained == [(0,), (1,), (2, 3)]
    assert outcome.failures == []
    assert len(watcher.halves) == 2


@pytest.mark.parametrize(
    ("blame", "losses", "expected"),
    [
        ("none", 5, [(0, 1, 2, 3)]),
        ("perhaps", 1, [(0, 1, 2, 3)]),
        ("perhaps", 2, [(0, 1), (2, 3)]),
        ("likely", 1, [(0, 1), (2, 3)]),
    ],
)
def test_a_pack_is_halved_only_where_its_memory_may_have_cost_its_worker(
    blame: Blame, losses: int, expected: Trained, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = train_with(at_once, monkeypatch)
    workers = Losing(*range(1, losses + 1), blame=blame)
    outcome = execute(as_plan(Pack(tuple(four()))), store, EAGER, Watcher(), workers)
    assert trained == expected
    assert outcome.failures == []


def test_a_pack_whose_worker_ends_by_itself_is_tried_again_and_then_a_failure_not_one_of_memory(
    store: Store,
) -> None:
    watcher, pack = Watcher(), Pack(tuple(four()))
    outcome = execute(as_plan(pack), store, EAGER, watcher, Losing(1, 2, blame="other"))
    assert len(watcher.agains) == 1
    assert watcher.halves == []
    ((failed, _),) = outcome.failures
    assert failed == pack
    assert begun.notes(store.root.parent) == [], "it would be begun in halves"


def test_a_cluster_that_is_gone_ends_the_command(store: Store) -> None:
    class Gone(InThisProcess):
        def submit(self, task: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
            future: Future[object] = Future()
            future.set_exception(ClusterLostError("the scheduler is gone"))
            return future

    pack = Pack(tuple(four()))
    with pytest.raises(ClusterLostError, match="the scheduler is gone"):
        execute(as_plan(pack), store, EAGER, Watcher(), Gone())
    assert begun.notes(store.root.parent) == [], "it would be begun in halves"
    assert is_free(store, pack)


def test_a_library_that_an_engine_needs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(ConfigError, match=r"engine=slurm: submitit is not installed; pip install"):
        workers_for(Options(engine="slurm"), 1, tmp_path)


def test_a_run_whose_worker_was_lost_beside_others_is_tried_beside_fewer_then_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, watcher = train_with(at_once, monkeypatch), Watcher()
    outcome = execute(as_plan(Pack((small_run(),))), store, EAGER, watcher, Losing(1, 2, 3, size=4))
    assert trained == [(0,)]
    assert outcome.failures == []
    assert watcher.workers == [2, 1]


def test_a_run_whose_worker_is_lost_twice_though_it_was_alone_is_a_failure(store: Store) -> None:
    outcome = execute(as_plan(Pack((small_run(),))), store, EAGER, Watcher(), Losing(1, 2))
    ((_, reason),) = outcome.failures
    assert reason.startswith("its worker process was ended by SIGKILL (details in ")


def test_a_run_that_never_ended_beside_others_is_begun_beside_fewer(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_with(at_once, monkeypatch)
    pack, watcher = Pack((small_run(),)), Watcher()
    begun.keep(store.root.parent, Room().note_of(pack, 4, here=False))
    execute(as_plan(pack), store, EAGER, watcher, Losing(size=4))
    assert watcher.workers == [2]


def test_what_a_pack_held_in_memory_is_free_before_its_halves_train(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[weakref.ref[torch.Tensor]] = []

    def too_large(pack: Pack, options: Options, root: Path) -> list[Record]:
        assert all(tensor() is None for tensor in held), "a pack that failed is still in memory"
        if len(pack.runs) > 1:
            state = torch.zeros(10)
            held.append(weakref.ref(state))
            raise MemoryError
        return at_once(pack, options, root)

    train_with(too_large, monkeypatch)
    assert execute(as_plan(Pack(tuple(four()))), store, EAGER, Watcher()).failures == []
    assert len(held) == 3


@pytest.mark.slow
@pytest.mark.usefixtures("forked")
def test_one_worker_that_is_killed_harms_no_other() -> None:
    """Each of two processes carries out a task; one is killed, and the task of the other comes to its end."""
    workers = Processes(2)
    try:
        killed, other = workers.submit(os.kill, 0, 0), workers.submit(os.getpid)
        assert killed.result(60) is None
        pid = other.result(60)
        lost = workers.submit(signal.raise_signal, signal.SIGKILL)
        with pytest.raises(WorkerLostError, match=r"^its worker process was ended by SIGKILL"):
            lost.result(60)
        assert {workers.submit(os.getpid).result(60) for _ in range(3)} == {pid} or pid != 0
    finally:
        workers.close()


@pytest.mark.usefixtures("forked")
def test_a_worker_that_ends_by_itself_is_not_said_to_lack_memory() -> None:
    workers = Processes(1)
    try:
        lost = workers.submit(os._exit, 1).exception(60)
    finally:
        workers.close()
    assert isinstance(lost, WorkerLostError)
    assert str(lost) == "its worker process ended with exit code 1; its output, if any, is above"
    assert lost.blame == "other"


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(
    ("ended_for_memory", "told", "blame"),
    [
        (0, "its worker process was ended by SIGKILL", "perhaps"),
        (1, "its worker process was ended by SIGKILL, as memory ran out", "likely"),
    ],
)
def test_memory_is_named_only_where_the_system_has_ended_a_process_for_it(
    ended_for_memory: int, told: str, blame: Blame, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = iter(("start 7", f"start {7 + ended_for_memory}"))
    monkeypatch.setattr("hyperopt.engine.workers.memory_mark", lambda: next(marks))
    workers = Processes(1)
    try:
        lost = workers.submit(signal.raise_signal, signal.SIGKILL).exception(60)
    finally:
        workers.close()
    assert isinstance(lost, WorkerLostError)
    assert (str(lost), lost.blame) == (told, blame)


def test_an_interrupt_while_a_worker_begins_is_left_to_its_parent() -> None:
    workers = Processes(1)
    try:
        result = workers.submit(abs, -1)
        os.kill(workers._all[0]._process.pid, signal.SIGINT)
        assert result.result() == 1
    finally:
        workers.close()


SHOW_PROGRESS = "from tqdm import tqdm; [*tqdm([1], disable=True)]"
"""As the compiler does where its code has many operations."""


def test_a_worker_that_is_ended_leaves_no_semaphore() -> None:
    """Of which Python would warn at the end of the command, once for each worker."""
    code = (
        "from hyperopt.engine.workers import Processes\n"
        "if __name__ == '__main__':\n"
        "    workers = Processes(1)\n"
        f"    workers.submit(exec, {SHOW_PROGRESS!r}).result()\n"
        "    workers.close()"
    )
    environment = {**os.environ, "PYTHONPATH": str(TESTS.parent)}
    command = [sys.executable, "-W", "default", "-c", code]
    ran = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert ran.stderr.decode() == ""
