"""Packs as jobs of Slurm, which submitit's own mock stands for: it runs a job when the test says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("submitit")

from small_runs import EAGER, Watcher, a_plan, measured, small_run
from submitit.core import submission
from submitit.slurm.test_slurm import mocked_slurm

from hyperopt.engine import slurm
from hyperopt.engine.execute import Outcome, execute
from hyperopt.engine.handed_out import handed_out
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import plan
from hyperopt.engine.workers import ClusterLostError
from hyperopt.records import Store

ASKED = Options(
    engine="slurm", workers=3, compile=False, partition="short", time=5400.0, memory=900, detach=True
)


@pytest.fixture
def mock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Slurm whose jobs run when they are told to, and are in the queue until the test says otherwise."""

    def in_queue() -> set[str]:
        lines = [line.split("|") for told in mocked.job_sacct.values() for line in told.splitlines()]
        return {job for job, state in lines if state == "RUNNING"}

    monkeypatch.setattr(slurm, "in_queue", in_queue)
    monkeypatch.setattr(slurm, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(slurm, "GRACE_SECONDS", 0.0)
    with mocked_slurm() as mocked:
        yield mocked


def packs(count: int) -> list[Pack]:
    return [Pack((small_run(seed=seed, epochs=1),)) for seed in range(count)]


def run_jobs(mock: Any, store: Store, *jobs: str) -> None:
    """What Slurm would do: carry out jobs that were handed out."""
    for job in jobs:
        with mock.job_context(job):
            submission.process_job(store.root.parent / "slurm")


def command(store: Store, asked: Sequence[Pack], watcher: Watcher | None = None) -> Outcome:
    """What one command does that is detached, or collects."""
    missing = [pack for pack in asked if pack.first.id not in store.ids()]
    return execute(a_plan(*missing), store, ASKED, watcher or Watcher())


def test_packs_go_out_as_one_array_and_are_collected_later(mock: Any, store: Store, tmp_path: Path) -> None:
    asked = packs(3)
    first = command(store, asked)
    assert (first.records, first.failures, first.left) == ({}, [], asked)
    assert sorted(each.job for each in handed_out(store.root.parent).values()) == ["12_0", "12_1", "12_2"]

    run_jobs(mock, store, "12_0", "12_2")
    second = command(store, asked)
    assert second.records.keys() == {asked[0].first.id, asked[2].first.id}
    assert second.left == [asked[1]]
    assert mock.job_count == 13, "what is on its way is not handed out again"

    run_jobs(mock, store, "12_1")
    assert command(store, asked).left == []
    here = execute(a_plan(*asked), Store(tmp_path / "here" / "records"), EAGER, Watcher())
    found = store.load()
    assert {id_: measured(record) for id_, record in found.items()} == {
        id_: measured(record) for id_, record in here.records.items()
    }
    assert not (store.root.parent / "slurm").exists()


def test_an_array_asks_for_what_the_keys_say(mock: Any, store: Store) -> None:
    command(store, packs(4))
    (sheet,) = (store.root.parent / "slurm").glob("12_submission.sh")
    asked = {line.removeprefix("#SBATCH ") for line in sheet.read_text().splitlines()}
    assert {"--array=0-3%3", "--partition=short", "--time=90", "--mem=900M", "--cpus-per-task=1"} <= asked


@pytest.mark.parametrize(("state", "halved"), [("NODE_FAIL", False), ("OUT_OF_MEMORY", True)])
def test_a_job_that_is_lost_is_handed_out_again(state: str, halved: bool, mock: Any, store: Store) -> None:
    pack = Pack(tuple(small_run(seed=seed, epochs=1) for seed in range(2)))
    command(store, [pack])
    mock.set_job_state("12", state)
    second = command(store, [pack], watcher := Watcher())
    assert [reason for _, reason in watcher.agains] == [f"its job 12 is gone: {state}"]
    assert [len(left.runs) for left in second.left] == ([1, 1] if halved else [2])
    mock.set_job_state("13", "RUNNING", 2 if halved else 0)
    run_jobs(mock, store, *(["13_0", "13_1"] if halved else ["13"]))
    assert command(store, second.left).left == []
    assert store.ids() == {run.id for run in pack.runs}


def test_a_command_that_waits_collects_and_one_that_is_stopped_cancels(mock: Any, store: Store) -> None:
    attached = Options(engine="slurm", compile=False)
    asked, outcomes = packs(2), []
    waits = threading.Thread(
        target=lambda: outcomes.append(execute(a_plan(*asked), store, attached, Watcher()))
    )
    waits.start()
    while len(handed_out(store.root.parent)) < 2:
        assert waits.is_alive()
    run_jobs(mock, store, "12_0", "12_1")
    waits.join(60)
    assert outcomes[0].records.keys() == {pack.first.id for pack in asked}

    workers = slurm.start(attached, 1, store.root.parent)
    workers.submit(len, Pack((small_run(seed=9),)), attached, store.root.parent)
    while not handed_out(store.root.parent):
        pass
    workers.close()
    assert handed_out(store.root.parent) == {}, "a job that was cancelled is waited for"


def test_a_later_command_plans_what_is_on_its_way_as_it_went_out(mock: Any, store: Store) -> None:
    runs = [run for pack in packs(4) for run in pack.runs]
    out = [Pack((runs[2], runs[0]))]
    command(store, out)
    ids = [each.ids for each in handed_out(store.root.parent).values()]
    assert plan(runs, set(), ASKED, started=ids).packs[0] == out[0]


def test_what_sbatch_refuses_ends_the_command_with_its_words(
    mock: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_: Any) -> str:
        raise slurm.FailedJobError("sbatch: error: invalid partition specified: nowhere")

    monkeypatch.setattr(mock, "sbatch", refusing)
    for asked in (ASKED, Options(engine="slurm", compile=False)):
        with pytest.raises(ClusterLostError, match="invalid partition specified: nowhere"):
            execute(a_plan(*packs(1)), store, asked, Watcher())
