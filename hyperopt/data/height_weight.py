"""Height and weight: synthetic rows with the statistics of the hyper-regularization report's rows.

Full-batch gradient descent depends on the rows only through these statistics
(docs/reports/hyper_regularization.md, "Linear regression"). The report's own rows are in a course's file that
no package has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, ClassVar

from hyperopt.data.dataset import Arrays, Dataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS = 10_000
MEAN_WEIGHT, SLOPE, RESIDUAL_SD = 73.29392200, 13.47971243, 5.547231
"""Mean weight in kilograms; its slope against standardized height; the residuals' deviation."""
STRIDE = 3_333
"""Coprime to ROWS, so that it visits all residual quantiles in another order."""


@dataclass(frozen=True, kw_only=True)
class HeightWeight(Dataset):
    """10 000 rows of a constant 1 and standardized height, for predicting weight."""

    name: ClassVar[str] = "height_weight"
    shape: ClassVar[tuple[int, ...]] = (2,)
    classes: ClassVar[int | None] = None
    rows: ClassVar[int] = ROWS
    default_epochs: ClassVar[Mapping[str, int]] = {"other": 100}
    batch_size: ClassVar[int] = ROWS

    def arrays(self, root: Path) -> Arrays:
        """Return the generated rows."""
        return rows()


def rows() -> Arrays:
    """Return features [10000, 2], 1 and standardized height, and weights [10000], float64; all for training.

    Heights and residuals are quantiles of the normal distribution, centred, orthogonalized and scaled. There
    are no random numbers, which could differ between library versions.
    """
    import numpy as np

    normal = NormalDist()
    quantiles = np.array([normal.inv_cdf((i + 0.5) / ROWS) for i in range(ROWS)])
    height = _standardised(quantiles)
    residual = _standardised(quantiles[STRIDE * np.arange(ROWS) % ROWS])
    residual = _standardised(residual - height * (height @ residual) / ROWS)
    weight = MEAN_WEIGHT + SLOPE * height + RESIDUAL_SD * residual
    features = np.stack([np.ones(ROWS), height], axis=1)
    return {"train_x": features, "train_y": weight, "test_x": features[:0], "test_y": weight[:0]}


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values shifted and scaled to mean 0 and standard deviation 1 over the rows."""
    import numpy as np

    centred = values - values.mean()
    scaled: NDArray[np.float64] = centred / np.sqrt(np.mean(centred**2))
    return scaled
