"""VGG-16, and the random input to its training: augmentation and dropout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from small_runs import EAGER
from torch import nn
from torch.nn import functional as F
from torchvision.models import vgg16_bn
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as transforms

from hyperopt import models
from hyperopt.config import resolve
from hyperopt.data import black, load
from hyperopt.engine.batches import epoch_batches
from hyperopt.engine.draws import PADDING, augmented, epoch_draws
from hyperopt.engine.pack import Pack
from hyperopt.engine.program import initial, pack_step
from hyperopt.engine.trainer import train_epoch, train_pack

SETTINGS: dict[str, Any] = {
    "dataset": "cifar10",
    "dataset.generated": True,
    "dataset.train": 32,
    "dataset.test": 16,
    "dataset.augment": True,
    "dataset.normalize": "imagenet",
    "model": "vgg16",
    "model.width": 2,
    "stack": "sgd/sgd",
    "alpha": "0.1/1e-4",
    "batch_size": 16,
    "epochs": 2,
}


def test_features_are_torchvisions() -> None:
    """Configuration D with batch normalisation: the same layers, the same function of the same weights."""
    ours: Any = models.build({"name": "vgg16", "width": 64, "dropout": 0.5}, (3, 32, 32), 10)
    theirs: Any = vgg16_bn().features
    assert [type(layer) for layer in ours.features[:-1]] == [type(layer) for layer in theirs]
    theirs.load_state_dict(ours.features.state_dict())
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(ours.eval().features(x), theirs.eval()(x).flatten(1))
    assert [m.out_features for m in ours.modules() if isinstance(m, nn.Linear)] == [512, 512, 10]


def test_initial_weights_are_the_reports() -> None:
    torch.manual_seed(0)
    model = models.build({"name": "vgg16", "width": 64, "dropout": 0.5}, (3, 32, 32), 10)
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            assert layer.weight.std().item() == pytest.approx((2 / (9 * layer.out_channels)) ** 0.5, rel=0.05)
            assert not layer.bias.any()


def test_dropped_inputs_are_zero_and_the_others_doubled() -> None:
    model: Any = models.build({"name": "vgg16", "width": 2, "dropout": 0.5}, (3, 32, 32), 10).eval()
    x = torch.randn(4, 3, 32, 32)
    kept = tuple(torch.rand(4, units) < 0.5 for units in model.dropped)
    h = (model.features(x) * kept[0] * 2) @ model.linear1.weight.t() + model.linear1.bias
    h = (h.relu() * kept[1] * 2) @ model.linear2.weight.t() + model.linear2.bias
    assert torch.allclose(model(x, kept), model.head(h.relu()), atol=1e-6)
    assert not torch.allclose(model(x), model(x, kept))


def test_images_are_flipped_and_cropped_as_torchvision_does() -> None:
    images = torch.rand(12, 3, 32, 32)
    draws = {k: v[0] for k, v in epoch_draws(0, 0, 1, 12, augment=True, dropped=(), dropout=0.0).items()}
    assert 0 < draws["flip"].sum() < 12
    assert len(set(draws["top"].tolist())) > 3
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    normalize = v2.Normalize(mean, deviation)
    edge = black(resolve({"dataset": "cifar10", "dataset.normalize": "imagenet"}).dataset)
    ours = augmented(normalize(images), draws, edge)
    for i, image in enumerate(images):
        flipped = transforms.horizontal_flip(image) if draws["flip"][i] else image
        framed = transforms.pad(flipped, [PADDING])
        cropped = transforms.crop(framed, int(draws["top"][i]), int(draws["left"][i]), 32, 32)
        assert torch.allclose(ours[i], normalize(cropped), atol=1e-6)


def test_what_is_drawn_depends_on_seed_and_step_only() -> None:
    def drawn(*seeds: int) -> dict[str, torch.Tensor]:
        pack = Pack(tuple(resolve(SETTINGS | {"seed": seed}) for seed in seeds))
        return epoch_batches(pack, 1, 32, "cpu", (2, 16)).draws

    alone, both = drawn(3), drawn(1, 3)
    assert set(alone) == {"flip", "top", "left", "kept.0", "kept.1"}
    for name, draw in alone.items():
        assert torch.equal(both[name][:, 1], draw)
        assert not torch.equal(both[name][:, 0], draw)
        assert not torch.equal(draw[0], draw[1])
    plain = resolve(SETTINGS | {"dataset.augment": False, "model.dropout": 0})
    assert epoch_batches(Pack((plain,)), 0, 32, "cpu", (2, 16)).draws == {}


def test_a_pack_trains_each_run_as_alone(tmp_path: Path) -> None:
    runs = [
        resolve(SETTINGS | {"seed": seed, "alpha": alpha}) for seed, alpha in ((0, 0.1), (0, 0.2), (1, 0.1))
    ]
    together = train_pack(Pack(tuple(runs)), EAGER, tmp_path / "together")
    for run, packed in zip(runs, together, strict=True):
        [alone] = train_pack(Pack((run,)), EAGER, tmp_path / run.id)
        assert packed.metrics["train_loss"] == pytest.approx(alone.metrics["train_loss"], rel=1e-3)
        assert packed.metrics["test_error"] == alone.metrics["test_error"]
    assert together[0].metrics["train_loss"] != together[2].metrics["train_loss"]


def test_hypergradient_descent_at_full_width_equals_a_plain_loop() -> None:
    """Augmentation, dropout, batch normalisation and L2 together, in float64; the update of alpha by hand."""
    beta, l2 = 1e-5, 1e-4
    hd = {"stack": "sgd_hd", "alpha": f"0.01/{beta}", "l2": l2, "model.width": 64, "dtype": "float64"}
    run = resolve(SETTINGS | hd | {"batch_size": 4, "dataset.train": 12, "epochs": 1})
    pack, data = Pack((run,)), load(**run.dataset).to("cpu", torch.float64)
    training, state = initial(pack, data, "cpu")
    model = models.build(run.model, (3, 32, 32), 10).double()
    model.load_state_dict({name: tensor[0] for name, tensor in (state.params | state.buffers).items()})
    batches = epoch_batches(pack, 0, len(data.train_x), "cpu", training.dropped)
    state, _ = train_epoch(training, pack_step(pack, training, data, compiled=False), state, batches)

    alpha, before = 0.01, None
    for step in range(3):
        now = batches.part(step)
        x = augmented(data.train_x[now.rows], now.draws, black(run.dataset).double())
        logits = model(x, (now.draws["kept.0"], now.draws["kept.1"]))
        loss = F.cross_entropy(logits, data.train_y[now.rows])
        weights = list(model.parameters())
        gradients = torch.autograd.grad(loss, weights)
        gradients = tuple(g + l2 * w.detach() for g, w in zip(gradients, weights, strict=True))
        if before is not None:
            alpha += beta * sum(float((g * b).sum()) for g, b in zip(gradients, before, strict=True))
        with torch.no_grad():
            for w, g in zip(weights, gradients, strict=True):
                w.sub_(alpha * g)
        before = gradients

    [hyperparameters] = training.stack.hyperparameters(state.stack)[:1]
    assert hyperparameters["alpha"].item() == pytest.approx(alpha, rel=1e-9)
    assert alpha != pytest.approx(0.01, rel=1e-4), "the test proves little"
    for name, value in model.state_dict().items():
        torch.testing.assert_close((state.params | state.buffers)[name][0], value, rtol=1e-8, atol=1e-10)
