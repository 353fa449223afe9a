"""Iris as docs/reports/steroids.md, "Iris", splits it: 30 rows to train on, no scaling."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from hyperopt.data.dataset import Arrays, Dataset
from hyperopt.data.errors import DamagedError
from hyperopt.data.fingerprints import sha256, short

TRAIN = 30
SHA256 = {
    "features": "012f498fe9c8b3b34212c3c5d98e1f03f2f79931cd49349beb1bad64dcf164a7",  # float64 [150, 4]
    "labels": "7ba64c221a0a07e8a91f5c36d9f046565bb0dc1f9f5473a924f65122b6c8a412",  # uint8 [150]
}


@dataclass(frozen=True, kw_only=True)
class Iris(Dataset):
    """30 training rows of four measurements of three kinds of iris.

    Attributes:
        test: whether to use the 120 rows that the report sets aside as the test set; otherwise it is empty.
    """

    name: ClassVar[str] = "iris"
    shape: ClassVar[tuple[int, ...]] = (4,)
    classes: ClassVar[int | None] = 3
    rows: ClassVar[int] = TRAIN
    held_out: ClassVar[int] = 150 - TRAIN
    batch_size: ClassVar[int] = 16

    test: bool

    def test_rows(self) -> int | None:
        """All test rows, or none."""
        return None if self.test else 0

    def arrays(self, root: Path) -> Arrays:
        """Return the verified arrays of scikit-learn's copy."""
        return split()

    def fingerprint(self, arrays: Arrays) -> str:
        """Return a short hash of scikit-learn's expected arrays."""
        return short(SHA256.values())


def split() -> Arrays:
    """Return training features [30, 4] float32 and labels [30]; as test rows the report's 120 unused ones.

    Raises:
        DamagedError: scikit-learn's copy differs from the one used for the results.
    """
    import numpy as np
    from sklearn.datasets import load_iris  # takes half a second, which only Iris needs
    from sklearn.model_selection import train_test_split

    features, labels = load_iris(return_X_y=True)
    for name, array in (("features", features), ("labels", labels.astype(np.uint8))):
        if (found := sha256(array)) != SHA256[name]:
            raise DamagedError(
                f"scikit-learn's iris {name} are changed: expected sha256 {SHA256[name]}, found {found}."
            )
    train_x, test_x, train_y, test_y = train_test_split(features, labels, train_size=TRAIN, random_state=42)
    return {
        "train_x": train_x.astype(np.float32),
        "train_y": train_y,
        "test_x": test_x.astype(np.float32),
        "test_y": test_y,
    }
