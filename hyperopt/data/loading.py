"""A data set as four tensors for training."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hyperopt.data import cache, synthetic
from hyperopt.data.dataset import PARTS, Arrays, Dataset
from hyperopt.data.errors import DataError
from hyperopt.data.fingerprints import sha256, short
from hyperopt.data.registry import find, made
from hyperopt.options import completed


@dataclass(frozen=True, eq=False)
class Data:
    """A data set on one device.

    Attributes:
        train_x: Inputs [N, *shape], floating point.
        train_y: Class indices [N] or [N, ...], int64; numbers [N] for regression.
        test_x: Inputs [M, *shape]; M is 0 if a report has no test set.
        test_y: Targets of the test inputs, as train_y.
        fingerprint: Short hash of the arrays behind the tensors; does not depend on options.
    """

    name: str
    train_x: Tensor
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor
    fingerprint: str

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> "Data":
        """Return the data on another device, floating-point tensors in `dtype` if given."""
        parts: dict[str, Tensor] = {key: getattr(self, key) for key in PARTS}
        moved: dict[str, Any] = {
            key: part.to(device, dtype if part.is_floating_point() else None) for key, part in parts.items()
        }
        return replace(self, **moved)


def load(name: str, *, root: Path | None = None, **options: Any) -> Data:
    """Load a data set by name: cached if need be, with every array verified against its fingerprint.

    Args:
        name: A key of `DATASETS`, or `package.module:Class`.
        root: The folder of data sets; by default $HYPEROPT_DATA, else the user's cache folder.
        **options: Options of the data set.

    Raises:
        ConfigError: Unknown name or option, or an invalid value.
        DataError: The data are unavailable or damaged. A sentence for the user.
    """
    kind = find(name)
    chosen = kind(**completed(kind, options))
    train, test = chosen.train, chosen.test_rows()
    if chosen.generated:
        train = synthetic.TRAIN if train is None else train
        test = synthetic.TEST if test is None else test
        arrays = synthetic.arrays(kind, train, test, 0)
        return _as_tensors(name, chosen, arrays, short(sha256(arrays[part]) for part in PARTS))
    arrays = chosen.arrays(root or cache.data_root())
    _check(name, kind, arrays)
    fingerprint = chosen.fingerprint(arrays)
    rows = {"train_x": train, "train_y": train, "test_x": test, "test_y": test}
    kept = {part: arrays[part][: rows[part]] for part in PARTS}
    return _as_tensors(name, chosen, kept, fingerprint)


def black(dataset: Mapping[str, Any]) -> Tensor:
    """Return the value of a black pixel [channels, 1, 1] for a data set's `name` and options."""
    chosen = made(dataset)
    images = _inputs(np.zeros((1, *chosen.shape), np.uint8), chosen)
    return images[0, :, :1, :1]


def generated(name: str, train: int = synthetic.TRAIN, test: int = synthetic.TEST, seed: int = 0) -> Data:
    """Return learnable random data with a data set's shape and classes; needs no files."""
    kind = find(name)
    chosen, arrays = kind(**completed(kind, {})), synthetic.arrays(kind, train, test, seed)
    return _as_tensors(name, chosen, arrays, short(sha256(arrays[part]) for part in PARTS))


def _check(name: str, kind: type[Dataset], arrays: Arrays) -> None:
    """Reject arrays that differ from their data set's declaration."""
    if missing := [part for part in PARTS if part not in arrays]:
        raise DataError(f"{name}: its arrays lack {', '.join(missing)}; {', '.join(PARTS)} are expected.")
    rows = {part: len(array) for part, array in arrays.items()}
    if rows["train_x"] != kind.rows or rows["train_y"] != kind.rows or rows["test_x"] != rows["test_y"]:
        found = ", ".join(f"{rows[part]} of {part}" for part in PARTS)
        raise DataError(f"{name}: it has {found} rows; {kind.rows} to train on are expected.")
    for part in ("train_y", "test_y"):
        labels = arrays[part]
        if kind.classes is not None and labels.size and not 0 <= labels.min() <= labels.max() < kind.classes:
            raise DataError(
                f"{name}: {part} has classes from {labels.min()} to {labels.max()}; "
                f"from 0 to {kind.classes - 1} are expected."
            )


def _as_tensors(name: str, chosen: Dataset, arrays: Arrays, fingerprint: str) -> Data:
    target = np.float64 if chosen.classes is None else np.int64
    return Data(
        name=name,
        train_x=_inputs(chosen.features(arrays["train_x"]), chosen),
        train_y=torch.from_numpy(arrays["train_y"].astype(target)),
        test_x=_inputs(chosen.features(arrays["test_x"]), chosen),
        test_y=torch.from_numpy(arrays["test_y"].astype(target)),
        fingerprint=fingerprint,
    )


def _inputs(array: NDArray[Any], chosen: Dataset) -> Tensor:
    if array.size != len(array) * math.prod(chosen.shape):
        raise DataError(
            f"{chosen.name}: its inputs have shape {array.shape[1:]}; {chosen.shape} is expected."
        )
    kind = np.float64 if array.dtype == np.float64 else np.float32
    inputs = torch.from_numpy(array.reshape(-1, *chosen.shape).astype(kind))
    if array.dtype == np.uint8:
        inputs.div_(chosen.scale())
    if statistics := chosen.statistics():
        mean, deviation = (torch.tensor(values).view(-1, 1, 1) for values in statistics)
        inputs.sub_(mean).div_(deviation)
    return inputs
