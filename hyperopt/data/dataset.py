"""The interface of data sets: options, facts, and loading of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from hyperopt.data.fingerprints import sha256, short
from hyperopt.options import Declared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PARTS = ("train_x", "train_y", "test_x", "test_y")
NOISE = 0.25

Arrays: TypeAlias = "dict[str, NDArray[Any]]"
"""The four arrays of a data set, by the names in `PARTS`."""

Statistics = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and standard deviation per channel."""


@dataclass(frozen=True, kw_only=True)
class Dataset(Declared):
    """A data set: its fields are options of a run, its class attributes are facts.

    Increase `version` when the resulting tensors change.

    Attributes:
        shape: the shape of one input.
        classes: the number of classes; None for regression.
        classes_of: what has a class: "inputs", their "pixels" or "characters".
        colours: red, green and blue in [0, 1] of each class, if pixels have classes.
        rows: the number of rows in the whole training set.
        pixels: whether inputs are stored as bytes, uint8 from 0 to 255.
        default_epochs: default epochs by the rule of level 0, and for every "other" rule.
        batch_size: the default batch size.
        train: the number of first rows to train on; None is all.
        generated: whether to use random data of the same shapes, for tests and dry runs.
    """

    group: ClassVar[str] = "dataset"
    shape: ClassVar[tuple[int, ...]]
    classes: ClassVar[int | None]
    classes_of: ClassVar[str] = "inputs"
    colours: ClassVar[tuple[tuple[float, float, float], ...]] = ()
    rows: ClassVar[int]
    pixels: ClassVar[bool] = False
    default_epochs: ClassVar[Mapping[str, int]] = {"other": 10}
    batch_size: ClassVar[int] = 256

    train: int | None = field(default=None, metadata={"least": 1})
    generated: bool = False

    @classmethod
    def side(cls) -> int | None:
        """The height and width of its images in pixels; None without images."""
        return cls.shape[1] if len(cls.shape) == 3 else None

    def arrays(self, root: Path) -> Arrays:
        """Return all rows, by the names in `PARTS`: inputs [rows, *shape], classes or numbers [rows].

        Args:
            root: the folder of data sets, for those that store files.

        Raises:
            DataError: the data are unavailable.
        """
        raise NotImplementedError

    def fingerprint(self, arrays: Arrays) -> str:
        """Return a short hash of the arrays; it does not depend on options."""
        return short(sha256(arrays[part]) for part in PARTS)

    def test_rows(self) -> int | None:
        """The number of first test rows to use; None is all."""
        return getattr(self, "test", None)

    def features(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """Return the model's inputs, computed from those of `arrays` before pixels are scaled."""
        return inputs

    def scale(self) -> float:
        """The divisor of pixels."""
        return 255

    def statistics(self) -> Statistics | None:
        """The statistics used to normalize inputs after that; None skips it."""
        return None

    @classmethod
    def prepare(cls, root: Path, *, refetch: bool = False) -> None:
        """Fetch the files of the data set, if it has any, into `root`."""

    @classmethod
    def drawn(cls, rows: int, generator: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return random inputs around one random point per class in [0, 1], and targets, as in `arrays`.

        Without classes, the target is the sum of the input.
        """
        import numpy as np

        centres = generator.random((cls.classes or 1, *cls.shape))
        labels = generator.integers(cls.classes or 1, size=rows)
        inputs = centres[labels] + NOISE * generator.standard_normal((rows, *cls.shape))
        targets = labels if cls.classes else inputs.reshape(rows, -1).sum(axis=1)
        if cls.pixels:
            return np.round(255 * inputs.clip(0, 1)).astype(np.uint8), targets
        return inputs.astype(np.float32), targets
