"""The workloads by which the optimizer's defaults are chosen: data, models, numbers of steps.

Their data are parts of well-known data sets, in small compressed files that `prepare` writes.
"""

from __future__ import annotations

import gzip
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

TEXT_URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
TEXT_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
CHARACTERS, BLOCK = 65, 64

Arrays = dict[str, NDArray[Any]]


class Transformer(nn.Module):
    """A pre-norm decoder over characters; with five layers of width 128 it has 1.02 M parameters."""

    def __init__(self, width: int = 128, layers: int = 5) -> None:
        super().__init__()
        self.embed, self.place = nn.Embedding(CHARACTERS, width), nn.Embedding(BLOCK, width)
        layer = nn.TransformerEncoderLayer(
            width, 4, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.head = nn.Linear(width, CHARACTERS)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(BLOCK))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of the next characters, [batch, characters, block]."""
        places = torch.arange(x.shape[1], device=x.device)
        logits: Tensor = self.head(
            self.layers(self.embed(x) + self.place(places), mask=self.mask, is_causal=True)
        )
        return logits.movedim(-1, 1)


def mlp() -> nn.Module:
    """Return an MLP 784-128-10 with tanh."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.Tanh(), nn.Linear(128, 10))


def logistic() -> nn.Module:
    """Return logistic regression, 784-10."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def cnn() -> nn.Module:
    """Return the clipping report's CNN without its last tanh: two convolutions of 16 channels, 128 units."""
    maps = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU())
    return nn.Sequential(maps, nn.Flatten(), nn.Linear(16 * 28 * 28, 128), nn.Tanh(), nn.Linear(128, 10))


def unet() -> nn.Module:
    """Return the U-net of the AdaBelief/AMSGrad report."""
    from hyperopt.models.unet_module import UnetModule

    return UnetModule(1, 24, 32)


@dataclass(frozen=True)
class Workload:
    """A workload on which optimizers are compared.

    Attributes:
        title: its title in tables.
        file: the name of its data file without the ending.
        build: builds the model.
        steps: the number of steps of a training.
        batch: the number of rows of a minibatch.
        on_gpu: whether a GPU trains it faster than a core.
    """

    title: str
    file: str
    build: Callable[[], nn.Module]
    steps: int
    batch: int
    on_gpu: bool


WORKLOADS = {
    "logistic": Workload("logistic regression, MNIST", "mnist", logistic, 1000, 64, on_gpu=False),
    "mlp": Workload("MLP 784-128-10, MNIST", "mnist", mlp, 1000, 64, on_gpu=False),
    "cnn": Workload("CNN, CIFAR-10", "cifar10", cnn, 600, 64, on_gpu=True),
    "unet": Workload("U-net, grey horses", "horses", unet, 400, 32, on_gpu=True),
    "transformer": Workload("transformer, characters", "text", Transformer, 600, 32, on_gpu=True),
}


@dataclass(frozen=True)
class Task:
    """Data on a device: training rows and held-out rows."""

    train_x: Tensor
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor


def loss_of(outputs: Tensor, y: Tensor) -> Tensor:
    """Return the mean cross-entropy; classes are the second dimension of the outputs."""
    return F.cross_entropy(outputs, y)


def prepare(folder: Path, text: Path | None, rows: dict[str, tuple[int, int]] | None = None) -> None:
    """Write the data files of all workloads.

    Args:
        folder: the folder to write to.
        text: the file of tinyshakespeare, plain or gzipped; None downloads it.
        rows: the numbers of training and test rows, by file.
    """
    chosen = {"mnist": (10_000, 2_000), "cifar10": (6_000, 1_000), "horses": (2_000, 400)} | (rows or {})
    folder.mkdir(parents=True, exist_ok=True)
    made = {name: partial(_images, name, *counts) for name, counts in chosen.items()}
    for name, make in {**made, "text": partial(_text, text)}.items():
        np.savez_compressed(folder / f"{name}.npz", allow_pickle=False, **make())


def _images(name: str, train: int, test: int) -> Arrays:
    from hyperopt.data import find
    from hyperopt.data.cache import data_root
    from hyperopt.data.stored import Stored

    kind = find("cifar10_horses" if name == "horses" else name)
    assert issubclass(kind, Stored)
    arrays = kind.read(data_root())
    return {part: array[: train if part.startswith("train") else test] for part, array in arrays.items()}


def _text(path: Path | None) -> Arrays:
    if path is None:
        with urllib.request.urlopen(TEXT_URL, timeout=10) as response:
            data = response.read()
    else:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
    if (found := sha256(data).hexdigest()) != TEXT_SHA256:
        raise ValueError(f"{path or TEXT_URL}: sha256 {found}; {TEXT_SHA256} is expected.")
    return {"characters": np.frombuffer(data, np.uint8)}


def load(name: str, folder: Path, device: str) -> Task:
    """Return the data of a workload on a device, with scaled inputs."""
    with np.load(folder / f"{WORKLOADS[name].file}.npz") as arrays:
        tensors = {part: torch.from_numpy(array).to(device) for part, array in arrays.items()}
    if name == "transformer":
        return _blocks(tensors["characters"])
    x = {part: tensors[f"{part}_x"].float() / 256 for part in ("train", "test")}
    if name == "unet":
        x = {part: colours.mean(1, keepdim=True) for part, colours in x.items()}
    else:
        mean, sd = x["train"].mean(), x["train"].std()
        x = {part: (pixels - mean) / sd for part, pixels in x.items()}
    return Task(x["train"], tensors["train_y"].long(), x["test"], tensors["test_y"].long())


def _blocks(characters: Tensor) -> Task:
    """Return rows of BLOCK characters: 90 % of a text to train on, and 256 held-out rows of the rest."""
    codes = torch.unique(characters, return_inverse=True)[1]
    cut = len(codes) * 9 // 10

    def rows(part: Tensor) -> tuple[Tensor, Tensor]:
        count = (len(part) - 1) // BLOCK
        x, y = part[: count * BLOCK], part[1 : count * BLOCK + 1]
        return x.view(count, BLOCK), y.view(count, BLOCK)

    train, (test_x, test_y) = rows(codes[:cut]), rows(codes[cut:])
    return Task(*train, test_x[:256], test_y[:256])
