"""The reports' models: layers, shapes, number of weights."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from hyperopt import models
from hyperopt.config import resolve

CNN = resolve({"dataset": "cifar10", "model": "cnn"}).model


def test_cnn_has_the_clipping_reports_layers() -> None:
    """Two convolutions of 16 filters without padding, 12 544 features, 128 and 10 units (SPEC.md 1.1)."""
    module = models.build(CNN, (3, 32, 32), 10)
    shapes = [tuple(p.shape) for p in module.parameters()]
    assert shapes == [(16, 3, 3, 3), (16,), (16, 16, 3, 3), (16,), (128, 12544), (128,), (10, 128), (10,)]
    assert sum(p.numel() for p in module.parameters()) == 1_609_818


def test_cnn_computes_what_the_report_writes() -> None:
    module = models.build(CNN, (3, 32, 32), 10)
    w1, b1, w2, b2, w3, b3, w4, b4 = module.parameters()
    x = torch.randn(5, 3, 32, 32)
    maps = F.relu(F.conv2d(F.relu(F.conv2d(x, w1, b1)), w2, b2))
    assert maps.shape == (5, 16, 28, 28)
    hidden = torch.tanh(F.linear(maps.flatten(1), w3, b3))
    torch.testing.assert_close(module(x), torch.tanh(F.linear(hidden, w4, b4)))


def test_cnn_takes_other_images_and_widths() -> None:
    model = resolve(
        {"dataset": "mnist", "model": "cnn", "model.channels": [2, 3, 4], "model.hidden": [5]}
    ).model
    module = models.build({**model, "output_activation": "none"}, (1, 28, 28), 7)
    assert module(torch.randn(2, 1, 28, 28)).shape == (2, 7)
    assert [tuple(p.shape) for p in module.parameters()][6] == (5, 4 * 22 * 22)


def test_initial_weights_are_torchs_own() -> None:
    """Uniform with bound 1 / sqrt(fan in), for weights and biases alike."""
    torch.manual_seed(0)
    conv = next(iter(models.build(CNN, (3, 32, 32), 10).parameters()))
    bound = 27**-0.5
    assert conv.abs().max() <= bound
    assert conv.abs().max() > 0.95 * bound


def test_zero_bias_changes_the_biases_alone() -> None:
    drawn = []
    for zero_bias in (False, True):
        torch.manual_seed(0)
        settings = resolve({"dataset": "iris", "model.hidden": [8], "model.zero_bias": zero_bias})
        drawn.append(models.parameters(models.build(settings.model, (4,), 3)))
    usual, zeroed = drawn
    for name, values in zeroed.items():
        assert torch.equal(values, torch.zeros_like(values) if name.endswith("bias") else usual[name])
    assert any(values.any() for name, values in usual.items() if name.endswith("bias"))
