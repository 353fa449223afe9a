"""Data sets: what each is, in a module of its own; and as tensors, fetched once and checked every time.

Importing this does not import torch: `load` and what it returns do when they are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperopt.data.dataset import Dataset
from hyperopt.data.errors import DataError
from hyperopt.data.preparation import Status, describe, prepare
from hyperopt.data.registry import DATASETS, find, made

if TYPE_CHECKING:
    from hyperopt.data.loading import Data, black, generated, load, test_rows, training_rows

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
    """Import what is made of tensors, and torch with it, only when it is asked for."""
    if name in __all__:
        from hyperopt.data import loading

        return getattr(loading, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
