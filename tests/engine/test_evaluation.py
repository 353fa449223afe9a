"""The net of the hyper-regularization report trained by hand, in numpy, and what is recorded of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from small_runs import BATCH, EAGER, TEST, TRAIN, small_run

from hyperopt import models
from hyperopt.config import resolve
from hyperopt.data import generated
from hyperopt.engine.draws import batch_order, stream
from hyperopt.engine.pack import Pack
from hyperopt.engine.trainer import train_pack
from hyperopt.findings.measurements import series, value

Array = NDArray[np.float64]

REPORT = {
    "dataset.divisor": 252.46,
    "model.hidden": [6],
    "model.activation": "sigmoid",
    "model.output_activation": "none",
    "model.init": "normal",
    "drop_last": True,
    "gradient": "sum",
    "l2": 0.003,
    "l2_biases": False,
    "dtype": "float64",
    "softmax": "naive",
    "full_loss": True,
    "epochs": 2,
}


class ReportsNet:
    """docs/reports/hyper_regularization.md, "MNIST", in plain numpy: RKL1 without growth clipping."""

    def __init__(self, weights: list[Array], beta0: float) -> None:
        self.weights = weights
        self.betas = [np.full_like(w, beta0) for w in weights]
        self.steps = 0

    def forward(self, x: Array) -> tuple[Array, Array]:
        w1, b1, w2, b2 = self.weights
        hidden = 1 / (1 + np.exp(-(x @ w1.T + b1)))
        exponentials = np.exp(hidden @ w2.T + b2)
        return hidden, exponentials / exponentials.sum(axis=1, keepdims=True)

    def loss(self, x: Array, y: Array) -> float:
        return float(-np.log(self.forward(x)[1][np.arange(len(y)), y]).mean())

    def step(self, x: Array, y: Array, l2: float) -> None:
        w1, _, w2, _ = self.weights
        hidden, p = self.forward(x)
        d2 = p - np.eye(10)[y]
        d1 = d2 @ w2 * hidden * (1 - hidden)
        grads = [d1.T @ x + l2 * w1, d1.sum(axis=0), d2.T @ hidden + l2 * w2, d2.sum(axis=0)]
        for i, g in enumerate(grads):
            b = self.betas[i]
            if self.steps > 0:
                self.betas[i] = b = (b + np.sqrt(b**2 + 4 * g**2)) / 2
            self.weights[i] = self.weights[i] - g / b
        self.steps += 1


def test_the_reports_net_by_hand(tmp_path: Path) -> None:
    run = small_run(stack="rkl1", alpha=0.05, growth_clip=False, seed=2, **REPORT)
    (record,) = train_pack(Pack((run,)), EAGER, tmp_path)
    data = generated("mnist", TRAIN, TEST)
    x = data.train_x.double().numpy().reshape(TRAIN, -1) * 255 / 252.46
    y = data.train_y.numpy()
    torch.manual_seed(stream(2, "weights"))
    module = models.build(run.model, (1, 28, 28), 10)
    net = ReportsNet([p.double().numpy().copy() for p in models.parameters(module).values()], 20.0)
    for epoch in range(2):
        order = batch_order(2, epoch, TRAIN).numpy()
        for rows in order[: 2 * BATCH].reshape(2, BATCH):
            net.step(x[rows], y[rows], 0.003)
        full, squares = net.loss(x, y), sum((w**2).sum() for w in net.weights[::2])
        assert record.metrics["train_loss_full"][epoch] == pytest.approx(full, rel=1e-6)
        assert record.metrics["squared_weights"][epoch] == pytest.approx(squares, rel=1e-6)
        ratios = np.concatenate([b.ravel() for b in net.betas]) / 20
        assert record.metrics["beta_mean"][epoch] == pytest.approx(ratios.mean(), rel=1e-6)
        assert record.metrics["beta_max"][epoch] == pytest.approx(ratios.max(), rel=1e-6)
        assert record.metrics["beta_median"][epoch] == pytest.approx(np.sort(ratios)[(len(ratios) - 1) // 2])
    assert record.steps == 4
    assert ratios.max() > 1.1, "beta did not move"
    assert record.final["train_loss_full"] == record.metrics["train_loss_full"][-1]
    plotted = full + 1e-4 / 120_000 * squares
    assert value(record, "train_loss_l2") == pytest.approx(plotted, rel=1e-6)
    assert (
        value(record, "train_loss_l2", 2)
        == series(record, "train_loss_l2")[1]
        == value(record, "train_loss_l2")
    )
    assert value(record, "train_loss_full", 1) == record.metrics["train_loss_full"][0]
    assert value(record, "diverged") == 0


def test_the_loss_over_the_training_set_is_measured_only_when_asked(tmp_path: Path) -> None:
    run = small_run(stack="sgd")
    (record,) = train_pack(Pack((run,)), EAGER, tmp_path)
    assert "train_loss_full" not in record.metrics
    assert value(record, "train_loss_full", 1) is None
    assert value(record, "train_loss_full") == record.final["train_loss_full"] > 0
    assert small_run(stack="sgd", full_loss=True).id != run.id


def test_rates_warm_starts_and_seeds_of_one_rule_are_one_pack(tmp_path: Path) -> None:
    settings = {"stack": "rkl2", "growth_clip": False, **REPORT}
    runs = [
        small_run(**settings, alpha=0.01, seed=0),
        small_run(**settings, alpha=10, seed=1),
        small_run(**settings, alpha=1, seed=0, warm_steps=2),
    ]
    together = train_pack(Pack(tuple(runs)), EAGER, tmp_path)
    for run, packed in zip(runs, together, strict=True):
        (alone,) = train_pack(Pack((run,)), EAGER, tmp_path / "alone")
        for name, curve in alone.metrics.items():
            assert packed.metrics[name] == pytest.approx(curve, rel=1e-9, nan_ok=True), name
    assert [r.metrics["negative_betas"][-1] > 0 for r in together] == [False, True, True]
    assert together[1].metrics["negative_from"] == [2, 2]
    assert together[2].metrics["negative_from"] == [4, 4] or together[2].metrics["negative_from"] == [0, 4]


def test_a_linear_regression_leaves_its_weights_in_the_record(tmp_path: Path) -> None:
    """Gradient descent sees the rows' statistics alone: its gradient is w - w_best.

    The statistics are those of docs/reports/hyper_regularization.md, "Linear regression".
    """
    settings = {"dataset": "height_weight", "model": "linear", "dtype": "float64", "epochs": 12}
    runs = [
        resolve({**settings, "stack": "sgd", "alpha": 0.7}),
        resolve({**settings, "stack": "hellinger1", "alpha": 0.01}),
    ]
    gd, h1 = (train_pack(Pack((run,)), EAGER, tmp_path)[0] for run in runs)
    assert gd.steps == 12
    best = np.array([73.29392200, 13.47971243])
    for epoch in range(12):
        found = [gd.metrics["w0"][epoch], gd.metrics["w1"][epoch]]
        assert found == pytest.approx(best * (1 - 0.3 ** (epoch + 1)), abs=1e-9)
    assert h1.metrics["w0"][9] == pytest.approx(3.05753, abs=5e-6)
    assert h1.metrics["w1"][9] == pytest.approx(1.14585, abs=5e-6)
    assert "train_error" not in gd.metrics
    assert not any(
        name.startswith("w") for name in train_pack(Pack((small_run(),)), EAGER, tmp_path)[0].metrics
    )
