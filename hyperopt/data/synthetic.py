"""Random data of a real data set's shape that a model can learn, for tests and dry runs: needs no files."""

import numpy as np

from hyperopt.data import horses
from hyperopt.data.fingerprints import Arrays
from hyperopt.data.specs import PARTS, DatasetSpec

TRAIN = 512
TEST = 256
NOISE = 0.25


def arrays(spec: DatasetSpec, train: int, test: int, seed: int) -> Arrays:
    """The four arrays of a data set: inputs around one random point per class in [0, 1], and their labels.

    Inputs are pixels (uint8) where the data set has images, else float32. Where it is pixels that have
    classes, both are blotches of their colours.
    """
    generator = np.random.default_rng(seed)
    if spec.colours:
        pixels, found = horses.blotches(train + test, generator)
        parts = pixels[:train], found[:train], pixels[train:], found[train:]
        return dict(zip(PARTS, parts, strict=True))
    classes = spec.classes or 1
    centres = generator.random((classes, *spec.shape))
    labels = generator.integers(classes, size=train + test)
    inputs = centres[labels] + NOISE * generator.standard_normal((train + test, *spec.shape))
    x = np.round(255 * inputs.clip(0, 1)).astype(np.uint8) if spec.has_images else inputs.astype(np.float32)
    y = labels if spec.classes else inputs.reshape(len(inputs), -1).sum(axis=1)
    return {"train_x": x[:train], "train_y": y[:train], "test_x": x[train:], "test_y": y[train:]}
