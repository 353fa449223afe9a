"""U-nets that train in a fraction of a second on generated pictures."""

from __future__ import annotations

from typing import Any

import torch

from hyperopt.config import Run, resolve
from hyperopt.data import Data, load

TRAIN, TEST, BATCH = 20, 6, 8
SMALL: dict[str, Any] = {
    "dataset": "cifar10_horses",
    "dataset.generated": True,
    "dataset.train": TRAIN,
    "dataset.test": TEST,
    "model": "unet",
    "model.filters": 3,
    "batch_size": BATCH,
    "epochs": 2,
    "shuffle": False,
    "dtype": "float64",
}


def small(**settings: Any) -> Run:
    """Two epochs of minibatches of 8, 8 and 4 pictures, in float64."""
    return resolve({**SMALL, **settings})


def data_of(run: Run) -> Data:
    return load(**run.dataset).to("cpu", torch.float64)
