"""The tensors that training reads: shapes, values, options."""

import numpy as np
import pytest
import torch
from small_data import in_place
from torchvision.transforms import functional

from hyperopt import data
from hyperopt.data import cache
from hyperopt.data.dataset import PARTS
from hyperopt.errors import ConfigError

SHAPES = {"mnist": (1, 28, 28), "cifar10": (3, 32, 32), "cifar100": (3, 32, 32), "iris": (4,)}


def real(name):
    if not cache.is_cached(cache.data_root(), data.DATASETS[name]):  # type: ignore[arg-type]
        pytest.skip(f"{name} is not in the data cache; `hyperopt data {name}` fetches it")
    return data.load(name, train=64)


@pytest.mark.parametrize("name", SHAPES)
def test_generated_data_look_like_the_real_ones(name):
    made = data.generated(name, train=40, test=20)
    assert made.train_x.shape == (40, *SHAPES[name])
    assert made.test_x.shape == (20, *SHAPES[name])
    assert made.train_x.dtype == made.test_x.dtype == torch.float32
    assert made.train_y.dtype == made.test_y.dtype == torch.int64
    assert made.train_y.shape == (40,)
    assert made.train_y.min() >= 0
    assert made.train_y.max() < data.DATASETS[name].classes


@pytest.mark.parametrize("name", SHAPES)
def test_generated_classes_can_be_learned(name):
    made = data.generated(name, train=2000, test=200)
    x, y = made.train_x.flatten(1), made.train_y
    centres = torch.stack([x[y == label].mean(0) for label in range(data.DATASETS[name].classes)])
    guessed = torch.cdist(made.test_x.flatten(1), centres).argmin(1)
    assert (guessed == made.test_y).float().mean() > 0.7


def test_generated_data_depend_on_the_seed_alone():
    first, again, other = (data.generated("mnist", 8, 4, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.train_x, again.train_x)
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_generated_is_an_option_that_reads_no_files(tmp_path):
    made = data.load("cifar10", root=tmp_path, generated=True, train=32, test=16, normalize="channel")
    assert made.train_x.shape == (32, 3, 32, 32)
    assert made.test_x.shape == (16, 3, 32, 32)
    assert made.train_x.min() < 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "normalize", "mean", "deviation"),
    [
        ("mnist", True, [0.1307], [0.3081]),
        ("cifar10", "global", [0.474, 0.473, 0.473], [0.252, 0.252, 0.251]),
        ("cifar10", "channel", [0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]),
        ("cifar100", "global", [0.474, 0.473, 0.473], [0.252, 0.252, 0.251]),
        ("cifar10", "imagenet", [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ("cifar100", "channel", [0.5071, 0.4865, 0.4409], [0.2673, 0.2564, 0.2762]),
    ],
)
def test_normalization_is_torchvisions(name, normalize, mean, deviation):
    plain = data.load(name, generated=True, train=16, test=8)
    normal = data.load(name, generated=True, train=16, test=8, normalize=normalize)
    torch.testing.assert_close(normal.train_x, functional.normalize(plain.train_x, mean, deviation))
    torch.testing.assert_close(normal.test_x, functional.normalize(plain.test_x, mean, deviation))


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_rows_channels_pixels_and_labels_keep_their_order(name, tmp_path, monkeypatch):
    spec, arrays = in_place(name, monkeypatch)
    cache.write(tmp_path, spec, arrays)
    loaded = data.load(name, root=tmp_path)
    for split in ("train", "test"):
        pixels = torch.from_numpy(arrays[f"{split}_x"])
        torch.testing.assert_close(getattr(loaded, f"{split}_x"), pixels / 255)
        assert getattr(loaded, f"{split}_y").tolist() == arrays[f"{split}_y"].tolist()
    assert torch.equal(data.load(name, root=tmp_path, train=5).train_x, loaded.train_x[:5])


def test_pixels_are_scaled_as_by_torchvision():
    made = data.load("mnist", generated=True, train=4, test=1)
    pixels = (255 * made.train_x).round().byte()
    assert len(pixels.unique()) > 200
    assert torch.equal(made.train_x[0], functional.to_tensor(pixels[0].squeeze().numpy()))


def test_iris_is_split_as_in_the_report():
    iris = data.load("iris")
    assert iris.train_x.shape == (30, 4)
    assert iris.test_x.shape == (0, 4)
    assert iris.test_y.shape == (0,)
    with_rest = data.load("iris", test=True)
    assert with_rest.test_x.shape == (120, 4)
    everything = torch.cat([with_rest.train_x, with_rest.test_x])
    assert torch.cat([with_rest.train_y, with_rest.test_y]).bincount().tolist() == [50, 50, 50]
    np.testing.assert_allclose(everything.mean(0), [5.8433, 3.0573, 3.758, 1.1993], atol=1e-4)


def test_pixels_can_be_divided_by_another_number():
    plain = data.load("mnist", generated=True, train=4, test=1)
    other = data.load("mnist", generated=True, train=4, test=1, divisor=252.46)
    torch.testing.assert_close(other.train_x, plain.train_x * (255 / 252.46))
    torch.testing.assert_close(other.test_x, plain.test_x * (255 / 252.46))


def test_height_and_weight_have_the_statistics_of_the_report():
    made = data.load("height_weight")
    x, y = made.train_x.numpy(), made.train_y.numpy()
    assert x.dtype == y.dtype == np.float64
    assert (x.shape, y.shape) == ((10_000, 2), (10_000,))
    assert len(made.test_x) == 0
    np.testing.assert_allclose(x.T @ x / 10_000, np.eye(2), atol=1e-12)
    slope, mean = np.polyfit(x[:, 1], y, 1)
    assert (mean, slope) == pytest.approx((73.29392200, 13.47971243), abs=1e-9)
    assert np.std(y - mean - slope * x[:, 1]) == pytest.approx(5.547231, abs=1e-9)
    assert len(np.unique(y)) == 10_000
    assert data.training_rows({"name": "height_weight", "train": None, "generated": False}) == 10_000
    assert data.training_rows({"name": "iris", "train": None, "generated": False}) == 30


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("mnits", {}, "there is no data set 'mnits'; did you mean mnist?"),
        (
            "mnist",
            {"normalise": True},
            "mnist has no option 'normalise'; did you mean normalize?",
        ),
        ("mnist", {"normalize": "channel"}, "normalize=channel: true or false is expected."),
        (
            "cifar10",
            {"normalize": "all"},
            "normalize=all: one of none, global, channel, imagenet is expected.",
        ),
        ("mnist", {"divisor": 0}, "divisor=0: a number above 0 that float32 can hold"),
        ("mnist", {"train": 0}, "train=0: a whole number of 1 or more is expected."),
        (
            "iris",
            {"normalize": True},
            "iris has no option 'normalize'; known: train, generated, test.",
        ),
    ],
)
def test_bad_input_is_a_sentence(name, options, sentence, tmp_path):
    with pytest.raises(ConfigError) as error:
        data.load(name, root=tmp_path, **options)
    assert sentence in str(error.value)


def test_to_moves_every_tensor():
    moved = data.generated("iris", 4, 2).to("meta")
    assert {getattr(moved, part).device.type for part in PARTS} == {"meta"}


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("mnist", [5, 0, 4, 1, 9, 2, 1, 3]),
        ("cifar10", [6, 9, 9, 4, 1, 1, 2, 7]),
        ("cifar100", [19, 29, 0, 11, 1, 86, 90, 28]),
    ],
)
def test_real_data_are_in_canonical_order(name, labels):
    loaded = real(name)
    assert loaded.train_x.shape == (64, *SHAPES[name])
    assert loaded.test_x.shape == (10_000, *SHAPES[name])
    assert loaded.train_y[:8].tolist() == labels
    assert loaded.train_x.min() == 0
    assert loaded.train_x.max() == 1


@pytest.mark.parametrize(
    ("name", "row", "pixels", "below", "means"),
    [
        ("cifar10", 0, [[59, 43, 50], [62, 46, 48], [63, 45, 43]], [16, 20, 20], [0.4942, 0.4851, 0.4504]),
        (
            "cifar100",
            30,
            [[122, 120, 126], [157, 155, 160], [66, 58, 71]],
            [87, 122, 41],
            [0.5088, 0.4874, 0.4419],
        ),
    ],
)
def test_real_images_have_their_channels_and_pixels_in_order(name, row, pixels, below, means):
    """Red, green, blue of three pixels of the first image, and of one below; means of the test set."""
    loaded = real(name)
    first = (255 * loaded.train_x[0]).round().int()
    assert first[:, row, :3].tolist() == pixels
    assert first[:, row + 1, 0].tolist() == below
    torch.testing.assert_close(loaded.test_x.mean(dim=(0, 2, 3)), torch.tensor(means), rtol=0, atol=2e-4)


def test_real_cifar10_is_normalized_as_the_clipping_report_has_it():
    plain = real("cifar10")
    normal = data.load("cifar10", train=64, normalize="global")
    for channel, (mean, deviation) in enumerate([(0.474, 0.252), (0.473, 0.252), (0.473, 0.251)]):
        expected = (plain.train_x[:, channel] - mean) / deviation
        torch.testing.assert_close(normal.train_x[:, channel], expected)
