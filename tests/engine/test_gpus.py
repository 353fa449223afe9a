"""Several GPUs on one machine, which stand-ins for torch's answers make believe."""

from __future__ import annotations

import os
from pathlib import Path
from subprocess import getoutput

import pytest
import torch
from small_runs import small_run

from hyperopt.config import resolve
from hyperopt.data import generated
from hyperopt.engine import options as options_module
from hyperopt.engine.captured import LARGE, size
from hyperopt.engine.costs import largest_pack
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import plan
from hyperopt.engine.program import initial
from hyperopt.engine.workers import InThisProcess, Processes, visible_gpus
from hyperopt.engine.workers_for import workers_for


@pytest.fixture
def three_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options_module, "sees_a_gpu", lambda: True)
    monkeypatch.setattr("hyperopt.engine.workers.sees_a_gpu", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.parametrize(("said", "names"), [("", ["0", "1", "2"]), ("4,6,7", ["4", "6", "7"])])
def test_gpus_are_named_as_the_system_names_them(
    said: str, names: list[str], three_gpus: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", said)
    assert visible_gpus() == names


def test_packs_are_split_so_that_all_gpus_are_busy(three_gpus: None) -> None:
    long = [small_run(seed=seed, epochs=100_000) for seed in range(64)]
    made = plan(long, set(), Options(device="cuda"))
    assert made.workers == 3
    assert [len(pack.runs) for pack in made.packs] == [22, 21, 21]


@pytest.mark.parametrize(
    ("dataset", "model"), [("cifar10", "cnn"), ("cifar10_horses", "unet"), ("tinyshakespeare", "transformer")]
)
def test_the_largest_pack_of_a_large_net_has_a_state_small_enough_for_captured_steps(
    dataset: str, model: str
) -> None:
    run = resolve({"dataset": dataset, "model": model, "stack": "adam/sgd"})
    _, state = initial(Pack((run,)), generated(dataset, 4, 4), "cpu")
    assert 0 < size(state) * largest_pack(run, "cuda") < LARGE


@pytest.mark.slow
@pytest.mark.usefixtures("forked")
def test_each_worker_sees_a_gpu_of_its_own() -> None:
    """Also one that takes the place of another."""
    workers = Processes(2, ["4", "6"])

    def seen() -> list[str]:
        told = [workers.submit(getoutput, "sleep 0.5; echo $CUDA_VISIBLE_DEVICES") for _ in range(2)]
        return sorted(each.result(120) for each in told)

    try:
        assert seen() == ["4", "6"]
        workers.submit(os.abort).exception(120)
        assert seen() == ["4", "6"]
    finally:
        workers.close()


def test_gpus_are_shared_out_among_workers(three_gpus: None, tmp_path: Path) -> None:
    workers = workers_for(Options(device="cuda"), 10, tmp_path)
    assert isinstance(workers, Processes)
    assert (workers.size, workers.gpus) == (3, ["0", "1", "2"])
    workers.close()


def test_one_pack_needs_no_worker_process(three_gpus: None, tmp_path: Path) -> None:
    assert isinstance(workers_for(Options(device="cuda"), 1, tmp_path), InThisProcess)
