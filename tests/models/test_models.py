"""The reports' models: layers, shapes, number of weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from hyperopt import models
from hyperopt.config import ConfigError, resolve

CNN = resolve({"dataset": "cifar10", "model": "cnn"}).model
UNET = resolve({"dataset": "cifar10_horses", "model": "unet"}).model


def test_cnn_has_the_clipping_reports_layers() -> None:
    """Two convolutions, 12 544 features, 128 and 10 units (docs/reports/clipping.md, "The CIFAR-10 net")."""
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


def test_unet_has_the_reports_layers() -> None:
    """Five convolutions, all but the last normalized (docs/reports/adabelief_amsgrad.md, "The U-net")."""
    module = models.build(UNET, (1, 32, 32), 24)
    shapes = {name: tuple(p.shape) for name, p in module.named_parameters() if p.ndim > 1}
    assert list(shapes.values()) == [
        (32, 1, 3, 3),
        (64, 32, 3, 3),
        (64, 32, 3, 3),
        (64, 24, 3, 3),
        (24, 25, 3, 3),
    ]
    assert [len(b) for name, b in module.named_buffers() if name.endswith("var")] == [32, 64, 32, 24]
    assert sum(p.numel() for p in module.parameters()) == 56_856


def test_unet_computes_what_the_report_writes() -> None:
    """In training mode, each map normalized by its own minibatch, whose statistics it keeps a tenth of."""
    module = models.build(UNET, (1, 32, 32), 24)
    for name, p in module.named_parameters():
        if name.endswith("1.weight"):
            nn.init.uniform_(p, 0.5, 2.0)
    w = dict(module.named_parameters())
    kept = {name: b.clone() for name, b in module.named_buffers()}

    def normal(name: str, maps: torch.Tensor) -> torch.Tensor:
        mean, var = maps.mean((0, 2, 3)), maps.var((0, 2, 3), unbiased=True)
        kept[f"{name}.1.running_mean"] = 0.9 * kept[f"{name}.1.running_mean"] + 0.1 * mean
        kept[f"{name}.1.running_var"] = 0.9 * kept[f"{name}.1.running_var"] + 0.1 * var
        kept[f"{name}.1.num_batches_tracked"] += 1
        biased = maps.var((0, 2, 3), unbiased=False)
        centred = (maps - mean[:, None, None]) / (biased[:, None, None] + 1e-5).sqrt()
        return F.relu(centred * w[f"{name}.1.weight"][:, None, None] + w[f"{name}.1.bias"][:, None, None])

    def half(name: str, x: torch.Tensor) -> torch.Tensor:
        return normal(name, F.conv2d(x, w[f"{name}.0.weight"], w[f"{name}.0.bias"], stride=2, padding=1))

    def double(name: str, x: torch.Tensor) -> torch.Tensor:
        weight, bias = w[f"{name}.0.weight"], w[f"{name}.0.bias"]
        return normal(name, F.conv_transpose2d(x, weight, bias, stride=2, padding=1, output_padding=1))

    x = torch.randn(5, 1, 32, 32)
    a = half("a", x)
    b = half("b", a)
    c = double("c", b)
    d = double("d", torch.cat([a, c], dim=1))
    assert [tuple(maps.shape[1:]) for maps in (a, b, c, d)] == [
        (32, 16, 16),
        (64, 8, 8),
        (32, 16, 16),
        (24, 32, 32),
    ]
    logits = F.conv2d(torch.cat([x, d], dim=1), w["e.weight"], w["e.bias"], padding=1)
    torch.testing.assert_close(module(x), logits)
    for name, buffer in module.named_buffers():
        torch.testing.assert_close(buffer, kept[name])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"dataset": "mnist", "model": "unet"}, "unet: it finds classes of pixels.*dataset=cifar10_horses"),
        ({"dataset": "cifar10_horses", "model": "mlp"}, "mlp: it finds classes of inputs.*classes of pixels"),
    ],
)
def test_a_model_that_finds_other_classes_is_refused(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        resolve(settings)
