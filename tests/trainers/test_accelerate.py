"""accelerate: prepared, accumulated or in bf16, training is the plain loop's; saved, it goes on exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from loops import apart, batches, loss_of, net
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import ExponentialLR

from hyperopt.optim import HyperOptimizer

STEPS, NORM = 8, 1.0
Data = list[tuple[Tensor, Tensor]]


def made() -> tuple[nn.Module, HyperOptimizer, ExponentialLR]:
    module = net()
    opt = HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-3))
    return module, opt, ExponentialLR(opt, 0.9)


class Prepared:
    """A training by an accelerator."""

    def __init__(self, **settings: Any) -> None:
        self.accelerator = Accelerator(cpu=True, **settings)
        self.module, self.opt, self.by = self.accelerator.prepare(*made())

    def train(self, data: Data) -> Prepared:
        for batch in data:
            with self.accelerator.accumulate(self.module):
                self.opt.train()
                self.accelerator.backward(loss_of(self.module, batch))
                self.accelerator.clip_grad_norm_(self.module.parameters(), NORM)
                self.opt.step()
                self.by.step()
                self.opt.zero_grad()
                self.opt.eval()
        return self

    def ends(self) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
        return weights(self.accelerator.unwrap_model(self.module)), self.opt.optimizer.hyperparameters()


def weights(module: nn.Module) -> dict[str, Tensor]:
    return {name: p.detach().clone() for name, p in module.named_parameters()}


@pytest.mark.parametrize("every", [1, 2], ids=["", "accumulated"])
@pytest.mark.parametrize("precision", ["no", "bf16"])
def test_it_is_the_plain_loop(every: int, precision: str) -> None:
    by_accelerate = Prepared(gradient_accumulation_steps=every, mixed_precision=precision).train(
        batches(STEPS)
    )
    module, opt, by = made()
    for t, batch in enumerate(batches(STEPS), start=1):
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            loss = loss_of(module, batch)
        (loss / every).backward()
        if t % every == 0:
            clip_grad_norm_(module.parameters(), NORM)
            opt.step()
            by.step()
            opt.zero_grad()
    found, hyper = by_accelerate.ends()
    assert apart(found, weights(module)) == 0
    assert hyper == opt.hyperparameters()


def test_a_saved_state_goes_on_exactly(tmp_path: Path) -> None:
    first, second = batches(STEPS), batches(STEPS, seed=2)
    saved = Prepared().train(first)
    saved.accelerator.save_state(str(tmp_path))
    uninterrupted, hyper = saved.train(second).ends()
    loaded = Prepared()
    loaded.accelerator.load_state(str(tmp_path))
    resumed, hyper_resumed = loaded.train(second).ends()
    assert apart(resumed, uninterrupted) == 0
    assert hyper_resumed == hyper
