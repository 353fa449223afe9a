"""The optimizer on a GPU: as on the CPU, and without waiting for the device."""

from __future__ import annotations

import pytest
import torch
from loops import apart, batches, last, loss_of, net

from hyperopt.optim import HyperOptimizer

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]


def test_cuda_is_cpu() -> None:
    ends = []
    for device in ("cpu", "cuda"):
        module = net().to(device, torch.float64)
        opt = HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-3), clip=True)
        data = [(x.to(device, torch.float64), y.to(device)) for x, y in batches(20)]
        ends.append({k: p.cpu() for k, p in last(module, opt, data).items()})
    assert apart(*ends) < 1e-9


def test_moved_after_the_optimizer_was_made() -> None:
    module = net()
    opt = HyperOptimizer(module.parameters(), "adam/sgd")
    module.cuda()
    last(module, opt, [(x.cuda(), y.cuda()) for x, y in batches(2)])
    assert opt.param_groups[0]["lr"].is_cuda


@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype")
def test_a_step_asks_the_device_for_nothing() -> None:
    module = net().cuda()
    opt = HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-3), compile=False)
    x, y = batches(1)[0]
    x, y = x.cuda(), y.cuda()
    for guarded in (False, False, True):
        opt.zero_grad()
        loss_of(module, (x, y)).backward()
        torch.cuda.set_sync_debug_mode("error" if guarded else "default")
        try:
            opt.step()
        finally:
            torch.cuda.set_sync_debug_mode("default")
