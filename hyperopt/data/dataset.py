"""A data set as four tensors: what training reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hyperopt.data import cache, height_weight, horses, iris, preparation, synthetic
from hyperopt.data.fingerprints import Arrays, sha256, short
from hyperopt.data.specs import INPUTS, PARTS, DatasetSpec, spec_of

_Statistics = tuple[tuple[float, ...], tuple[float, ...]]

# Mean and standard deviation per channel of inputs in [0, 1], by data set and value of `normalize`.
# The clipping report's are of all channels, by a slip (docs/reports/clipping.md, "Normalization").
_IMAGENET: _Statistics = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_CLIPPING: _Statistics = ((0.474, 0.473, 0.473), (0.252, 0.252, 0.251))
_STATISTICS: dict[tuple[str, bool | str | None], _Statistics] = {
    ("mnist", True): ((0.1307,), (0.3081,)),
    ("cifar10", "global"): _CLIPPING,
    ("cifar10", "channel"): ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    ("cifar10", "imagenet"): _IMAGENET,
    ("cifar100", "global"): _CLIPPING,
    ("cifar100", "imagenet"): _IMAGENET,
    ("cifar100", "channel"): ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
}


@dataclass(frozen=True, eq=False)
class Data:
    """A data set on one device.

    Attributes:
        train_x: Inputs [N, *shape], floating point.
        train_y: Class indices [N] or [N, ...], int64; numbers [N] where there are no classes.
        test_x: Inputs [M, *shape]; M is 0 where a report has no test set.
        test_y: Targets of the test inputs, as train_y.
        fingerprint: Short hash of the arrays that the tensors were made from; the same for every option.
    """

    name: str
    train_x: Tensor
    train_y: Tensor
    test_x: Tensor
    test_y: Tensor
    fingerprint: str

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> "Data":
        """The same data on another device, its floating point numbers of another dtype where one is given."""
        parts: dict[str, Tensor] = {key: getattr(self, key) for key in PARTS}
        moved: dict[str, Any] = {
            key: part.to(device, dtype if part.is_floating_point() else None) for key, part in parts.items()
        }
        return replace(self, **moved)


def load(name: str, *, root: Path | None = None, **options: Any) -> Data:
    """A data set by name: fetched into the cache if need be, every array checked against its fingerprint.

    Args:
        name: A key of `DATASETS`.
        root: Where data sets lie; by default $HYPEROPT_DATA, else the user's cache folder.
        **options: Those of the data set's spec.

    Raises:
        DataError: Unknown name or option; the data cannot be had or are damaged. A sentence for the user.
    """
    spec = spec_of(name)
    chosen = spec.resolve(options)
    train, test = chosen["train"], chosen.get("test")
    if isinstance(test, bool):
        test = None if test else 0
    if chosen["generated"]:
        train = synthetic.TRAIN if train is None else train
        test = synthetic.TEST if test is None else test
        return _generate(spec, train, test, 0, chosen)
    arrays, fingerprint = _read(spec, root)
    rows = {"train_x": train, "train_y": train, "test_x": test, "test_y": test}
    kept = {part: array[: rows[part]] for part, array in arrays.items()}
    return _as_tensors(spec, kept, fingerprint, chosen)


def black(dataset: Mapping[str, Any]) -> Tensor:
    """Value of a black pixel [channels, 1, 1], by a data set's `name` and options."""
    spec = spec_of(dataset["name"])
    images = _inputs(np.zeros((1, *spec.shape), np.uint8), spec, dataset)
    return images[0, :, :1, :1]


def training_rows(dataset: Mapping[str, Any]) -> int:
    """Rows of the training set that a data set's `name` and options ask for, without reading it."""
    if given := dataset.get("train"):
        return int(given)
    if dataset.get("generated"):
        return synthetic.TRAIN
    spec = spec_of(dataset["name"])
    return spec.arrays["train_y"].shape[0] if spec.has_images else spec.rows


def generated(name: str, train: int = synthetic.TRAIN, test: int = synthetic.TEST, seed: int = 0) -> Data:
    """Random data of a data set's shape and classes that a model can learn; needs no files."""
    return _generate(spec_of(name), train, test, seed, {})


def _read(spec: DatasetSpec, root: Path | None) -> tuple[Arrays, str]:
    """All arrays of a data set, and their fingerprint."""
    if spec.has_images:
        return preparation.read(spec, root or cache.data_root()), short(
            spec.arrays[part].sha256 for part in PARTS
        )
    if spec.name == "iris":
        return iris.split(), short(iris.SHA256.values())
    arrays = height_weight.rows()
    return arrays, short(sha256(array) for array in arrays.values())


def _generate(spec: DatasetSpec, train: int, test: int, seed: int, options: Mapping[str, Any]) -> Data:
    arrays = synthetic.arrays(spec, train, test, seed)
    return _as_tensors(spec, arrays, short(sha256(arrays[part]) for part in PARTS), options)


def _as_tensors(spec: DatasetSpec, arrays: Arrays, fingerprint: str, options: Mapping[str, Any]) -> Data:
    target = np.float64 if spec.classes is None else np.int64
    inputs = {part: horses.grey(arrays[part]) if spec.colours else arrays[part] for part in INPUTS}
    return Data(
        name=spec.name,
        train_x=_inputs(inputs["train_x"], spec, options),
        train_y=torch.from_numpy(arrays["train_y"].astype(target)),
        test_x=_inputs(inputs["test_x"], spec, options),
        test_y=torch.from_numpy(arrays["test_y"].astype(target)),
        fingerprint=fingerprint,
    )


def _inputs(array: NDArray[Any], spec: DatasetSpec, options: Mapping[str, Any]) -> Tensor:
    kind = np.float64 if array.dtype == np.float64 else np.float32
    inputs = torch.from_numpy(array.reshape(-1, *spec.shape).astype(kind))
    if array.dtype == np.uint8:
        inputs.div_(options.get("divisor", 255))
    if statistics := _STATISTICS.get((spec.name, options.get("normalize"))):
        mean, deviation = (torch.tensor(values).view(-1, 1, 1) for values in statistics)
        inputs.sub_(mean).div_(deviation)
    return inputs
