"""Data sets: one module for each; loaded as tensors, downloaded once and verified at every read.

Importing this package imports neither torch nor numpy, which most commands do not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperopt.data.dataset import Dataset
from hyperopt.data.errors import DataError
from hyperopt.data.registry import DATASETS, find, made, test_rows, training_rows

if TYPE_CHECKING:
    from hyperopt.data.loading import Data, black, generated, load
    from hyperopt.data.preparation import Status, describe, prepare

__all__ = [
    "DATASETS",
    "Data",
    "DataError",
    "Dataset",
    "Status",
    "black",
    "describe",
    "find",
    "generated",
    "load",
    "made",
    "prepare",
    "test_rows",
    "training_rows",
]


def __getattr__(name: str) -> Any:
    """Import what downloads data or makes tensors on first access."""
    if name in ("Status", "describe", "prepare"):
        from hyperopt.data import preparation

        return getattr(preparation, name)
    if name in __all__:
        from hyperopt.data import loading

        return getattr(loading, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
