"""Lightning 2: its loop is the plain one, its logs hold what was learned, it resumes exactly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lightning
import pandas as pd
import pytest
from lightning.pytorch.callbacks import LearningRateMonitor
from lightning.pytorch.loggers import CSVLogger
from loops import apart, batches, loss_of, net
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from hyperopt.optim import HyperOptimizer

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning"),
]

STEPS = 8


class Lit(lightning.LightningModule):
    """A user's module; it notes the learned rate after each batch."""

    def __init__(self, *, schedule: bool = False) -> None:
        super().__init__()
        self.net, self.schedule, self.rates = net(), schedule, list[float]()

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        return loss_of(self.net, batch)

    def configure_optimizers(self) -> Any:
        self.opt = optimizer(self)
        if not self.schedule:
            return self.opt
        warm = LambdaLR(self.opt, lambda t: min(1.0, (t + 1) / 4))
        return {"optimizer": self.opt, "lr_scheduler": {"scheduler": warm, "interval": "step"}}

    def on_train_batch_end(self, *_: Any) -> None:
        self.rates.append(self.opt.hyperparameters()[0]["alpha"])

    def weights(self) -> dict[str, Tensor]:
        return {name: p.detach().clone() for name, p in self.net.named_parameters()}


def optimizer(module: nn.Module) -> HyperOptimizer:
    return HyperOptimizer(module.parameters(), "adam/sgd", (0.01, 1e-3))


def fit(lit: Lit, folder: Path, *, load: str | None = None, **more: Any) -> lightning.Trainer:
    quiet: dict[str, Any] = {
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "log_every_n_steps": 1,
        "logger": False,
        "enable_checkpointing": False,
        "max_epochs": 1,
    }
    trainer = lightning.Trainer(accelerator="cpu", default_root_dir=folder, **quiet | more)
    trainer.fit(lit, DataLoader(batches(STEPS), batch_size=None), ckpt_path=load)  # type: ignore[arg-type]
    return trainer


def plainly(every: int = 1, clip: float | None = None) -> Iterator[dict[str, Tensor]]:
    """What Lightning promises to do, written out: the weights after each step."""
    module = net()
    opt = optimizer(module)
    for t, batch in enumerate(batches(STEPS), start=1):
        (loss_of(module, batch) / every).backward()
        if t % every == 0:
            if clip is not None:
                clip_grad_norm_(module.parameters(), clip)
            opt.step()
            opt.zero_grad()
        yield {name: p.detach().clone() for name, p in module.named_parameters()}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"clip": 0.1}, {"gradient_clip_val": 0.1}),
        ({"every": 2}, {"accumulate_grad_batches": 2}),
    ],
    ids=["", "clipped", "accumulated"],
)
def test_fit_is_the_plain_loop(ours: dict[str, Any], theirs: dict[str, Any], tmp_path: Path) -> None:
    lit = Lit()
    fit(lit, tmp_path, **theirs)
    *_, end = plainly(**ours)
    assert apart(lit.weights(), end) == 0


def test_the_monitors_history_is_what_was_learned(tmp_path: Path) -> None:
    lit = Lit()
    monitor = LearningRateMonitor("step", log_momentum=True, log_weight_decay=True)
    fit(lit, tmp_path, callbacks=[monitor], logger=CSVLogger(tmp_path))
    before = [0.01, *lit.rates[:-1]]
    assert before[-1] != pytest.approx(0.01, rel=0.05)
    [history] = [rates for name, rates in monitor.lrs.items() if name == "lr-HyperOptimizer"]
    assert [float(rate) for rate in history] == pytest.approx(before, rel=1e-7)
    logged = pd.read_csv(tmp_path / "lightning_logs" / "version_0" / "metrics.csv")
    assert logged["lr-HyperOptimizer"].dropna().to_list() == pytest.approx(before, rel=1e-6)


@pytest.mark.parametrize("schedule", [False, True], ids=["", "scheduled"])
def test_a_checkpoint_goes_on_exactly(schedule: bool, tmp_path: Path) -> None:
    uninterrupted, stopped, resumed = (Lit(schedule=schedule) for _ in range(3))
    fit(uninterrupted, tmp_path, max_epochs=2)
    fit(stopped, tmp_path).save_checkpoint(tmp_path / "kept.ckpt")
    fit(resumed, tmp_path, max_epochs=2, load=str(tmp_path / "kept.ckpt"))
    assert resumed.rates == uninterrupted.rates[STEPS:]
    assert apart(resumed.weights(), uninterrupted.weights()) == 0
