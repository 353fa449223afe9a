"""CIFAR-10 as PNG sheets.

Each row of a 1024-pixel-wide RGB picture is one image, in raster order; labels are JSON lists.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hyperopt.data.dataset import Arrays

_TRAIN = tuple(f"data_batch_{i}.png" for i in range(1, 6))


def read(folder: Path) -> Arrays:
    """Read the four arrays of CIFAR-10, images [N, 3, 32, 32], unverified."""
    return {
        "train_x": np.concatenate([_sheet(folder / name) for name in _TRAIN]),
        "train_y": _labels(folder / "train_lables.json"),
        "test_x": _sheet(folder / "test_batch.png"),
        "test_y": _labels(folder / "test_lables.json"),
    }


def _sheet(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        rows = np.asarray(picture.convert("RGB"))  # [N, 1024, 3]
    return np.ascontiguousarray(rows.transpose(0, 2, 1).reshape(-1, 3, 32, 32))


def _labels(path: Path) -> NDArray[np.uint8]:
    return np.array(json.loads(path.read_text()), dtype=np.uint8)
