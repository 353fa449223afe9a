"""Data sets as tensors: fetched once, checked every time, kept on the device."""

from hyperopt.data.dataset import Data, generated, load, training_rows
from hyperopt.data.errors import DataError
from hyperopt.data.preparation import Status, describe, prepare
from hyperopt.data.specs import DATASETS, DatasetSpec

__all__ = [
    "DATASETS",
    "Data",
    "DataError",
    "DatasetSpec",
    "Status",
    "describe",
    "generated",
    "load",
    "prepare",
    "training_rows",
]
