"""Two processes that share their gradients keep equal hyperparameters, and are as one with both halves."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from loops import apart, batches, last, loss_of, net
from torch import distributed, multiprocessing
from torch.nn.parallel import DistributedDataParallel

from hyperopt.optim import HyperOptimizer

STEPS, WORLD = 6, 2


def worker(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=WORLD)
    module = net()
    parallel = DistributedDataParallel(module)
    opt = HyperOptimizer(parallel.parameters(), "adam/sgd", (0.01, 1e-3))
    for x, y in batches(STEPS):
        opt.zero_grad()
        loss_of(parallel, (x[rank::WORLD], y[rank::WORLD])).backward()
        opt.step()
    weights = {k: p.detach() for k, p in module.named_parameters()}
    torch.save({"weights": weights, "hyper": opt.hyperparameters()}, Path(folder) / str(rank))
    distributed.destroy_process_group()


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.skipif(not distributed.is_gloo_available(), reason="torch without gloo")
def test_two_processes_are_one(tmp_path: Path) -> None:
    multiprocessing.start_processes(worker, (str(tmp_path),), nprocs=WORLD, start_method="spawn")
    first, second = (torch.load(tmp_path / str(rank), weights_only=True) for rank in range(WORLD))
    assert first["hyper"] == second["hyper"]
    assert apart(first["weights"], second["weights"]) == 0

    module = net()
    opt = HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-3))
    assert apart(last(module, opt, batches(STEPS)), first["weights"]) < 1e-12
    assert opt.hyperparameters()[0] == pytest.approx(first["hyper"][0], rel=1e-12)
