"""Horses to be coloured: their order, the class of each pixel, grey inputs, and where they come from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from small_data import kept_of

from hyperopt import data
from hyperopt.data import cache, horses, sources
from hyperopt.data.cifar import Cifar10
from hyperopt.data.colours import COLOURS
from hyperopt.data.errors import DamagedError
from hyperopt.data.horses import Cifar10Horses

NAME = "cifar10_horses"


def cifar10(train: int = 60, test: int = 30) -> dict[str, np.ndarray]:
    """Random photographs, a third of them horses."""
    generator = np.random.default_rng(0)
    made = {}
    for part, rows in {"train": train, "test": test}.items():
        made[f"{part}_x"] = generator.integers(256, size=(rows, 3, 32, 32), dtype=np.uint8)
        made[f"{part}_y"] = generator.choice(np.array([7, 2, 8], np.uint8), size=rows)
    return made


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A small cifar10 and its horses in the place of the real ones; an entry for each fetch of the former."""
    arrays, fetched = cifar10(), []

    def fetch() -> dict[str, np.ndarray]:
        fetched.append(1)
        return arrays

    for kind, kept in ((Cifar10, arrays), (Cifar10Horses, horses.horses_of(arrays))):
        monkeypatch.setattr(kind, "kept", kept_of(kept))
        monkeypatch.setattr(kind, "rows", len(kept["train_y"]))
    monkeypatch.setattr(Cifar10, "sources", lambda root: [sources.Source("fake", fetch)])
    return fetched


def test_horses_are_shuffled_as_the_reports_code_does() -> None:
    """numpy's first generator at seed 0 shuffles the scaled horses in place, train before test."""
    given = cifar10()
    made, generator = horses.horses_of(given), np.random.RandomState(0)
    for part in ("train", "test"):
        scaled = given[f"{part}_x"][np.flatnonzero(given[f"{part}_y"] == 7)] / 256
        assert len(scaled) > 8
        generator.shuffle(scaled)
        assert np.array_equal(made[f"{part}_x"] / 256, scaled)


def test_the_colours_are_the_reports_to_six_decimals() -> None:
    """By their sha256, so that a slip in a digit is noticed where the data set is not cached."""
    written = "; ".join(",".join(f"{part:.6f}" for part in colour) for colour in COLOURS)
    assert written.startswith("0.869303,0.813052,0.711082; 0.146822,0.127641,0.107898; ")
    assert hashlib.sha256(written.encode()).hexdigest()[:16] == "c91d7a42757aa792"


def test_a_pixels_class_is_that_of_the_nearest_colour() -> None:
    pixels = np.random.default_rng(1).integers(256, size=(3, 3, 4, 2), dtype=np.uint8)
    found = horses.classes(pixels)
    assert found.shape == (3, 4, 2)
    for i, row, column in np.ndindex(3, 4, 2):
        red, green, blue = pixels[i, :, row, column] / 256
        apart = [(r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2 for r, g, b in COLOURS]
        assert found[i, row, column] == apart.index(min(apart))


def test_each_colour_has_its_own_class_whose_channels_are_in_order() -> None:
    pixels = np.round(256 * np.array(COLOURS)).astype(np.uint8)[:, :, None, None]
    assert horses.classes(pixels).ravel().tolist() == list(range(24))
    assert (horses.classes(pixels[:, ::-1]).ravel() == np.arange(24)).sum() < 12, "BGR passes for RGB"


def test_grey_is_the_mean_of_the_channels_over_256() -> None:
    pixels = np.array([[255, 0, 3], [10, 20, 31]], np.uint8)[:, :, None, None]
    made = horses.grey(pixels)
    assert made.shape == (2, 1, 1, 1)
    assert made.ravel().tolist() == [np.float32(86 / 256), np.float32(61 / 3 / 256)]


def test_horses_are_made_of_cifar10_once(small: list[int], tmp_path: Path) -> None:
    made = data.load(NAME, root=tmp_path)
    again = data.load(NAME, root=tmp_path, train=5)
    assert len(small) == 1
    assert made.train_x.shape[1:] == (1, 32, 32)
    assert made.train_y.shape == (len(made.train_x), 32, 32)
    assert (made.train_x.dtype, made.train_y.dtype) == (torch.float32, torch.int64)
    assert torch.equal(made.train_y[:5], again.train_y)
    expected = horses.horses_of(cifar10())
    assert np.array_equal(made.test_y.numpy(), expected["test_y"])
    assert np.array_equal(made.test_x.numpy(), horses.grey(expected["test_x"]))
    assert data.describe(NAME, root=tmp_path).state == "verified"


def test_a_damaged_file_is_named_and_replaced_on_request(small: list[int], tmp_path: Path) -> None:
    data.prepare(NAME, root=tmp_path)
    path = cache.folder(tmp_path, Cifar10Horses) / "train_y.u8"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00\x00")
    with pytest.raises(DamagedError, match=rf"train_y\.u8 is damaged.*hyperopt data {NAME} --refetch"):
        data.load(NAME, root=tmp_path)
    data.prepare(NAME, root=tmp_path, refetch=True)
    assert data.describe(NAME, root=tmp_path).state == "verified"
    assert len(small) == 1, "cifar10 was not damaged"


def test_another_order_or_another_class_is_noticed(
    small: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(horses, "SEED", 1)
        with pytest.raises(DamagedError, match=f"{NAME} train_x from cifar10 is damaged"):
            data.load(NAME, root=tmp_path)
    monkeypatch.setattr(horses, "COLOURS", COLOURS[1:] + COLOURS[:1])
    with pytest.raises(DamagedError, match=f"{NAME} train_y from cifar10 is damaged"):
        data.load(NAME, root=tmp_path)


def test_generated_horses_can_be_learned_from_grey() -> None:
    made = data.generated(NAME, train=40, test=20)
    assert made.train_x.shape == (40, 1, 32, 32)
    assert made.test_y.shape == (20, 32, 32)
    brightness = made.train_x[:, 0].flatten()
    means = torch.stack([brightness[made.train_y.flatten() == c].mean() for c in range(24)])
    guessed = (made.test_x[:, 0, ..., None] - means).abs().argmin(-1)
    assert (guessed == made.test_y).float().mean() > 0.4
    assert torch.equal(made.train_y.unique(), torch.arange(24))
    assert torch.equal(data.load(NAME, generated=True, train=40, test=20).train_y, made.train_y)


def test_real_horses_have_the_colours_that_the_report_found() -> None:
    """Its colours are centres of clusters: the mean of the pixels of each class is its colour."""
    if not cache.is_cached(cache.data_root(), Cifar10Horses):
        pytest.skip(f"{NAME} is not in the data cache; `hyperopt data {NAME}` fetches it")
    arrays = Cifar10Horses.read(cache.data_root())
    pixels = arrays["train_x"].transpose(0, 2, 3, 1).reshape(-1, 3) / 256
    found = arrays["train_y"].ravel()
    means = [pixels[found == c].mean(axis=0) for c in range(24)]
    np.testing.assert_allclose(means, COLOURS, atol=0.002)
    loaded = data.load(NAME)
    assert loaded.train_x.shape == (5000, 1, 32, 32)
    assert loaded.test_y.shape == (1000, 32, 32)
    np.testing.assert_allclose(loaded.train_x.flatten(), pixels.mean(axis=1), rtol=1e-6)
