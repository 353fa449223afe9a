"""Learnable random data in the shape of a real data set, for tests and dry runs: needs no files."""

from __future__ import annotations

from hyperopt.data.dataset import PARTS, Arrays, Dataset

TRAIN = 512
TEST = 256


def arrays(kind: type[Dataset], train: int, test: int, seed: int) -> Arrays:
    """Return the four arrays with this many training and test rows, as the data set draws them."""
    import numpy as np

    x, y = kind.drawn(train + test, np.random.default_rng(seed))
    return dict(zip(PARTS, (x[:train], y[:train], x[train:], y[train:]), strict=True))
