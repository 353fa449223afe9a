"""Packs on real clusters of Dask: the same numbers as here, whatever becomes of workers and schedulers."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed")

from attempts import alone, held, hungry
from dask_clusters import kill, local_cluster, own_pid, scheduler_and_worker, until
from distributed import Client, LocalCluster
from small_runs import EAGER, Watcher, a_plan, measured, mixed_runs, small_run

from hyperopt.config import Run
from hyperopt.engine import dask_cluster, dask_workers
from hyperopt.engine import execute as execution
from hyperopt.engine.dask_cluster import connect
from hyperopt.engine.dask_workers import DaskWorkers
from hyperopt.engine.execute import Outcome, execute
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.workers import ClusterLostError
from hyperopt.errors import ConfigError
from hyperopt.records import Store


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with local_cluster(2) as made:
        yield made


class Told(Watcher):
    """Progress that also remembers from which epoch packs went on."""

    def __init__(self) -> None:
        super().__init__()
        self.since: list[int] = []

    def update(self, pack: Pack, epoch: int, steps: int, since: int = 0, doing: str = "") -> None:
        super().update(pack, epoch, steps, since, doing)
        self.since.append(since)


def packs_of_two(runs: Sequence[Run]) -> list[Pack]:
    return [Pack(tuple(runs[i : i + 2])) for i in range(0, len(runs), 2)]


def packs_of_one(count: int = 1) -> list[Pack]:
    return [Pack((small_run(seed=seed),)) for seed in range(count)]


def go_once_resumed(watcher: Told, go: Path) -> None:
    """Let a pack train past the epoch of its checkpoint once its progress says that it went on from there."""
    try:
        until(lambda: any(watcher.since))
    finally:
        go.touch()


def on(cluster: Any, store: Store, packs: Sequence[Pack], watcher: Watcher) -> Outcome:
    workers = DaskWorkers(Client(cluster, set_as_default=False), store.root.parent)
    return execute(a_plan(*packs), store, EAGER, watcher, workers)


def numbers(outcome: Outcome) -> dict[str, Any]:
    assert outcome.failures == []
    return {id_: measured(record) for id_, record in outcome.records.items()}


def here(packs: Sequence[Pack], folder: Path) -> dict[str, Any]:
    return numbers(execute(a_plan(*packs), Store(folder / "here" / "records"), EAGER, Watcher()))


def trained_by(task: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "attempt", task)


def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers find no note of the command's: they train as on a host of their own."""
    errand = dask_workers.Errand
    monkeypatch.setattr(dask_workers, "Errand", lambda root, stamp, *rest: errand(root, stamp + 1, *rest))


def checkpointed(store: Store, packs: Sequence[Pack]) -> bool:
    return all(PackFiles(store.root.parent, pack.name).checkpoint.exists() for pack in packs)


@pytest.mark.slow
def test_a_sweep_has_the_numbers_that_it_has_here(
    cluster: LocalCluster, store: Store, tmp_path: Path
) -> None:
    packs = packs_of_two([*mixed_runs(), *(small_run(seed=seed, epochs=2) for seed in range(4))])
    outcome = on(cluster, store, packs, watcher := Watcher())
    assert numbers(outcome) == here(packs, tmp_path)
    assert store.ids() == {run.id for pack in packs for run in pack.runs}
    assert sorted(watcher.finished) == sorted(pack.name for pack in packs)
    assert {record.made["command"] for record in outcome.records.values()} == {dask_workers.command()}


@pytest.mark.slow
@pytest.mark.parametrize("shared", [True, False])
def test_a_pack_whose_worker_is_killed_goes_on_elsewhere_from_its_checkpoint(
    shared: bool, cluster: LocalCluster, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packs, watcher, go = packs_of_one(), Told(), tmp_path / "go"
    expected = here(packs, tmp_path)
    if not shared:
        hidden(monkeypatch)
    trained_by(partial(held if shared else alone, go=go), monkeypatch)

    def kill_its_worker() -> None:
        until(lambda: checkpointed(store, packs))
        with Client(cluster, set_as_default=False) as client:
            (at,) = (worker for worker, keys in client.processing().items() if keys)
            (pid,) = client.run(own_pid, workers=[at]).values()
        kill(pid)
        go_once_resumed(watcher, go)

    killer = threading.Thread(target=kill_its_worker)
    killer.start()
    outcome = on(cluster, store, packs, watcher)
    killer.join()
    assert [name for name, _ in watcher.agains] == [packs[0].name]
    assert max(watcher.since) > 0, "it began anew"
    assert watcher.halves == []
    assert numbers(outcome) == expected


@pytest.mark.slow
def test_packs_follow_a_cluster_that_grows_and_shrinks(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packs, watcher, go, going = packs_of_one(3), Told(), tmp_path / "go", []
    expected = here(packs, tmp_path)
    trained_by(partial(held, go=go), monkeypatch)

    def at_once() -> int:
        going.append(sum(PackFiles(store.root.parent, pack.name).checkpoint.exists() for pack in packs))
        return going[-1]

    with local_cluster(1) as small, ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(on, small, store, packs, watcher)
        until(lambda: at_once() == 1)
        small.scale(2)
        until(lambda: at_once() == 2)
        small.scale(1)
        until(lambda: watcher.agains)
        go.touch()
        outcome.result(180)
    assert max(going) == 2
    assert watcher.halves == [], "a worker that was sent away says nothing of memory"
    assert numbers(outcome.result()) == expected


@pytest.mark.slow
def test_a_pack_too_large_for_the_memory_of_a_worker_is_halved(
    cluster: LocalCluster, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained_by(hungry, monkeypatch)
    pack = Pack(tuple(small_run(seed=seed, epochs=1) for seed in range(4)))
    outcome = on(cluster, store, [pack], watcher := Watcher())
    assert outcome.failures == []
    assert outcome.records.keys() == {run.id for run in pack.runs}
    assert watcher.halves == [Pack(pack.runs[:2]).name]
    assert "as it had filled its memory" in watcher.agains[0][1]


def interrupted_once_checkpointed(
    packs: list[Pack], store: Store, options: Options, workers: DaskWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Execute packs until they have a checkpoint; then comes Ctrl-C."""
    submit = workers.submit

    def interrupted(*arguments: Any) -> Any:
        submit(*arguments)
        until(lambda: checkpointed(store, packs))
        raise KeyboardInterrupt

    monkeypatch.setattr(workers, "submit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        execute(a_plan(*packs), store, options, Watcher(), workers)


@pytest.mark.slow
def test_what_is_cancelled_ends_on_the_worker_at_once(
    cluster: LocalCluster, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained_by(partial(held, go=store.root / "never"), monkeypatch)
    packs = packs_of_one()

    workers = DaskWorkers(Client(cluster, set_as_default=False), store.root.parent)
    interrupted_once_checkpointed(packs, store, EAGER, workers, monkeypatch)
    with Client(cluster, set_as_default=False) as client:
        until(lambda: not any(client.run(executing).values()))


@pytest.mark.slow
def test_a_cluster_of_its_own_ends_with_the_command_in_silence(
    store: Store, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its workers too, which are in the middle of a pack and are not waited for."""
    trained_by(partial(held, go=store.root / "never"), monkeypatch)
    packs, options = packs_of_one(), Options("cpu", workers=1, compile=False, engine="dask")
    workers = dask_cluster.start(options, 1, store.root.parent)
    (pid,) = workers._client.run(own_pid).values()
    interrupted_once_checkpointed(packs, store, options, workers, monkeypatch)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert capfd.readouterr() == ("", "")


def executing(dask_worker: Any) -> int:
    return len(dask_worker.state.executing)


@pytest.mark.slow
def test_a_scheduler_that_is_killed_costs_the_command_but_no_work(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Also without a folder in common, and Dask is silent; the same plan goes on with another scheduler."""
    monkeypatch.setattr(dask_cluster, "PATIENCE_SECONDS", 2.0)
    monkeypatch.setattr(logging.getLogger("distributed.client"), "handlers", [caplog.handler])
    packs, watcher, file = packs_of_one(), Told(), tmp_path / "scheduler.json"
    expected = here(packs, tmp_path)
    hidden(monkeypatch)
    go = tmp_path / "go"
    trained_by(partial(alone, go=go), monkeypatch)

    def attempt() -> Outcome:
        workers = DaskWorkers(connect(str(file)), store.root.parent)
        return execute(a_plan(*packs), store, EAGER, watcher, workers)

    processes = [*scheduler_and_worker(str(file))]
    try:
        with ThreadPoolExecutor(1) as pool:
            lost = pool.submit(attempt)
            until(lambda: checkpointed(store, packs))
            processes[0].kill()
            file.unlink()
            with pytest.raises(ClusterLostError, match="the same command resumes from the last checkpoints"):
                lost.result(180)
            assert caplog.messages == []
            assert checkpointed(store, packs)
            processes += scheduler_and_worker(str(file))
            resumed = pool.submit(attempt)
            go_once_resumed(watcher, go)
            outcome = resumed.result(180)
    finally:
        for process in processes:
            process.kill()
            process.join()
    assert max(watcher.since) > 0, "it began anew"
    assert numbers(outcome) == expected


def test_a_scheduler_that_does_not_answer_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "PATIENCE_SECONDS", 0.5)
    with pytest.raises(ClusterLostError, match=r"scheduler=tcp://127\.0\.0\.1:9: no scheduler answers there"):
        connect("tcp://127.0.0.1:9")
    with pytest.raises(ConfigError, match=r"scheduler=.*none.json: there is no such file; .* is expected\."):
        connect(str(tmp_path / "none.json"))
    (tmp_path / "other.json").write_text('{"a": 1}')
    with pytest.raises(ClusterLostError, match=r"other\.json: no scheduler answers there"):
        connect(str(tmp_path / "other.json"))
    assert Options(engine="dask").on_a_worker() == Options()
