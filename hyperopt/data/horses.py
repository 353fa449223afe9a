"""Horses to be coloured, made of CIFAR-10: grey pictures in, one of 24 colours per pixel out.

The task is that of docs/reports/adabelief_amsgrad.md, "Horses". What is kept are the horses in colour, uint8
[N, 3, 32, 32], and the class of each pixel, uint8 [N, 32, 32]; the grey inputs follow from the former.
"""

import numpy as np
from numpy.typing import NDArray

from hyperopt.data.colours import COLOURS

HORSE = 7
SEED = 0
SCALE = 256  # the report's code divides by 256, not 255
CHUNK = 20
BLOTCH = 4
NOISE = 0.02

Pixels = NDArray[np.uint8]


def horses_of(cifar10: dict[str, Pixels]) -> dict[str, Pixels]:
    """The horses of CIFAR-10 in the report's order, and their classes.

    One generator shuffles the training horses once, then the test horses; epochs keep that order.
    """
    generator = np.random.RandomState(SEED)
    made = {}
    for part in ("train", "test"):
        horses = cifar10[f"{part}_x"][cifar10[f"{part}_y"] == HORSE]
        made[f"{part}_x"] = horses[generator.permutation(len(horses))]
        made[f"{part}_y"] = classes(made[f"{part}_x"])
    return made


def classes(pixels: Pixels) -> Pixels:
    """The class of each pixel, that of the nearest colour: [N, 3, height, width] to [N, height, width]."""
    colours = np.array(COLOURS)[None, :, :, None, None]
    nearest = np.empty((len(pixels), *pixels.shape[2:]), np.uint8)
    for start in range(0, len(pixels), CHUNK):
        some = pixels[start : start + CHUNK, None] / SCALE
        nearest[start : start + CHUNK] = np.square(some - colours).sum(axis=2).argmin(axis=1)
    return nearest


def grey(pixels: Pixels) -> NDArray[np.float32]:
    """The grey inputs, the mean of red, green and blue: [N, 3, height, width] to [N, 1, height, width]."""
    mean: NDArray[np.float64] = pixels.mean(axis=1, keepdims=True)
    return (mean / SCALE).astype(np.float32)


def blotches(rows: int, generator: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Random pictures of the 24 colours, and their classes, which brightness nearly tells: for tests."""
    coarse = generator.integers(len(COLOURS), size=(rows, 32 // BLOTCH, 32 // BLOTCH))
    fine = coarse.repeat(BLOTCH, axis=1).repeat(BLOTCH, axis=2)
    coloured = np.array(COLOURS)[fine].transpose(0, 3, 1, 2)
    noisy = coloured + NOISE * generator.standard_normal(coloured.shape)
    pixels = np.round(SCALE * noisy).clip(0, 255).astype(np.uint8)
    return pixels, classes(pixels)
