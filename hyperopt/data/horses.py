"""Colouring of horses from CIFAR-10: grey pictures in, one of 24 colours per pixel out.

The task is that of docs/reports/adabelief_amsgrad.md, "Horses". The cache stores the horses in colour, uint8
[N, 3, 32, 32], and the class of each pixel, uint8 [N, 32, 32]; the grey inputs are computed from the former.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from hyperopt.data.cifar import Cifar10
from hyperopt.data.colours import COLOURS
from hyperopt.data.dataset import Arrays
from hyperopt.data.fingerprints import ArraySpec, check_all
from hyperopt.data.stored import Stored

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HORSE = 7
SEED = 0
SCALE = 256  # the report's code divides by 256, not 255
CHUNK = 20
BLOTCH = 4
NOISE = 0.02

Pixels: TypeAlias = "NDArray[np.uint8]"


@dataclass(frozen=True, kw_only=True)
class Cifar10Horses(Stored):
    """5000 training and 1000 test horses, 1 x 32 x 32, in the report's order, shuffled once.

    Attributes:
        test: the number of first test rows to use; None is all.
    """

    name: ClassVar[str] = "cifar10_horses"
    shape: ClassVar[tuple[int, ...]] = (1, 32, 32)
    classes: ClassVar[int | None] = len(COLOURS)
    classes_of: ClassVar[str] = "pixels"
    colours: ClassVar[tuple[tuple[float, float, float], ...]] = COLOURS
    rows: ClassVar[int] = 5000
    default_epochs: ClassVar[Mapping[str, int]] = {"other": 50}
    batch_size: ClassVar[int] = 100
    kept: ClassVar[Mapping[str, ArraySpec]] = {
        "train_x": ArraySpec(
            (5000, 3, 32, 32), "4bce579f207f3b98b7477ad9fcd9b7e1365ae1ef960710fc529196335d40de25"
        ),
        "train_y": ArraySpec(
            (5000, 32, 32), "226c5deb45c76ba94fa1261d7002beb413bcac125b78bfca43fbebadc21110bf"
        ),
        "test_x": ArraySpec(
            (1000, 3, 32, 32), "2f6e1e7afbcc238d132cee9a2062f18b72818d9f05106acaad6ceb42cd6a6d94"
        ),
        "test_y": ArraySpec(
            (1000, 32, 32), "613c81d628fee76c78cdab06a69db2658dd36854c9ce36c7d994e95d18dffc31"
        ),
    }

    test: int | None = field(metadata={"least": 1})

    def features(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """Convert colour pictures to grey."""
        return grey(inputs)

    @classmethod
    def drawn(cls, rows: int, generator: np.random.Generator) -> tuple[Pixels, Pixels]:
        """Return blotches of the colours, and their classes."""
        return blotches(rows, generator)

    @classmethod
    def fetch(cls, root: Path, *, refetch: bool = False) -> Arrays:
        """Return the four verified arrays, computed from CIFAR-10; `refetch` does not refetch CIFAR-10."""
        return check_all(cls.name, Cifar10.name, horses_of(Cifar10.read(root)), cls.kept)


def horses_of(cifar10: dict[str, Pixels]) -> dict[str, Pixels]:
    """Return the horses of CIFAR-10 in the report's order, and their classes.

    One generator shuffles the training horses once, then the test horses; all epochs use that order.
    """
    import numpy as np

    generator = np.random.RandomState(SEED)
    made = {}
    for part in ("train", "test"):
        horses = cifar10[f"{part}_x"][cifar10[f"{part}_y"] == HORSE]
        made[f"{part}_x"] = horses[generator.permutation(len(horses))]
        made[f"{part}_y"] = classes(made[f"{part}_x"])
    return made


def classes(pixels: Pixels) -> Pixels:
    """Return each pixel's class, its nearest colour: [N, 3, height, width] to [N, height, width]."""
    import numpy as np

    colours = np.array(COLOURS)[None, :, :, None, None]
    nearest = np.empty((len(pixels), *pixels.shape[2:]), np.uint8)
    for start in range(0, len(pixels), CHUNK):
        some = pixels[start : start + CHUNK, None] / SCALE
        nearest[start : start + CHUNK] = np.square(some - colours).sum(axis=2).argmin(axis=1)
    return nearest


def grey(pixels: Pixels) -> NDArray[np.float32]:
    """Return grey inputs, the mean of red, green and blue: [N, 3, height, width] to [N, 1, height, width]."""
    import numpy as np

    mean: NDArray[np.float64] = pixels.mean(axis=1, keepdims=True)
    return (mean / SCALE).astype(np.float32)


def blotches(rows: int, generator: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Return random pictures of the 24 colours with classes nearly determined by brightness; for tests."""
    import numpy as np

    coarse = generator.integers(len(COLOURS), size=(rows, 32 // BLOTCH, 32 // BLOTCH))
    fine = coarse.repeat(BLOTCH, axis=1).repeat(BLOTCH, axis=2)
    coloured = np.array(COLOURS)[fine].transpose(0, 3, 1, 2)
    noisy = coloured + NOISE * generator.standard_normal(coloured.shape)
    pixels = np.round(SCALE * noisy).clip(0, 255).astype(np.uint8)
    return pixels, classes(pixels)
