"""Height and weight: rows made here, with the statistics of those of the hyper-regularization report.

Gradient descent on all rows sees no more of them than these (docs/reports/hyper_regularization.md, "Linear
regression"). The report's own rows are in a course's file that no package has.
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
"""The mean weight in kilograms; its slope against standardised height; the deviation of the residuals."""
STRIDE = 3_333
"""Has no divisor in common with ROWS, so that it takes residuals through all quantiles in another order."""


@dataclass(frozen=True, kw_only=True)
class HeightWeight(Dataset):
    """10 000 rows of one and standardised height, to which weight is fitted."""

    name: ClassVar[str] = "height_weight"
    shape: ClassVar[tuple[int, ...]] = (2,)
    classes: ClassVar[int | None] = None
    rows: ClassVar[int] = ROWS
    default_epochs: ClassVar[Mapping[str, int]] = {"other": 100}
    batch_size: ClassVar[int] = ROWS

    def arrays(self, root: Path) -> Arrays:
        """The rows, made here."""
        return rows()


def rows() -> Arrays:
    """Features [10000, 2], one and standardised height, and weights [10000], float64; all to train on.

    Heights and residuals are quantiles of the normal distribution, centred, made orthogonal and scaled. There
    are no random numbers, which another version of a library might draw otherwise.
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
    """The values shifted and scaled to mean 0 and standard deviation 1 over the rows."""
    import numpy as np

    centred = values - values.mean()
    scaled: NDArray[np.float64] = centred / np.sqrt(np.mean(centred**2))
    return scaled
