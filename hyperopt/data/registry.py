"""The data sets of the package, and lookup of user-defined ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyperopt.data import synthetic
from hyperopt.data.cifar import Cifar10, Cifar100
from hyperopt.data.dataset import Dataset
from hyperopt.data.height_weight import HeightWeight
from hyperopt.data.horses import Cifar10Horses
from hyperopt.data.iris import Iris
from hyperopt.data.mnist import Mnist
from hyperopt.data.shakespeare import TinyShakespeare
from hyperopt.errors import ConfigError, unknown
from hyperopt.optim.own import WRITTEN, own_class

DATASETS: dict[str, type[Dataset]] = {
    "mnist": Mnist,
    "iris": Iris,
    "cifar10": Cifar10,
    "cifar100": Cifar100,
    "cifar10_horses": Cifar10Horses,
    "height_weight": HeightWeight,
    "tinyshakespeare": TinyShakespeare,
}

NEEDED = ("shape", "classes", "rows")


def find(name: str) -> type[Dataset]:
    """Return the data set called `name`: one of DATASETS, or `package.module:Class` (docs/add_a_data_set.md).

    Raises:
        ConfigError: there is no such data set, or the class lacks required attributes.
    """
    if name in DATASETS:
        return DATASETS[name]
    if ":" not in name:
        raise unknown("data set", name, (*DATASETS, WRITTEN))
    kind = own_class("data set", name, Dataset)
    if missing := [fact for fact in NEEDED if not hasattr(kind, fact)]:
        raise ConfigError(
            f"data set {name!r}: its class does not say {', '.join(missing)}; "
            f"class attributes {', '.join(NEEDED)} are expected."
        )
    return kind


def made(dataset: Mapping[str, Any]) -> Dataset:
    """Return a run's data set, from its `name` and every option."""
    return find(dataset["name"])(**{key: value for key, value in dataset.items() if key != "name"})


def training_rows(dataset: Mapping[str, Any]) -> int:
    """Return the number of training rows for a data set's `name` and options, without reading it."""
    if given := dataset.get("train"):
        return int(given)
    return synthetic.TRAIN if dataset.get("generated") else find(dataset["name"]).rows


def test_rows(dataset: Mapping[str, Any]) -> int:
    """Return the number of test rows for a data set's `name` and options, if it is declared."""
    if isinstance(given := dataset.get("test"), int) and not isinstance(given, bool):
        return given
    if given is False:
        return 0
    kind = find(dataset["name"])
    kept = getattr(kind, "kept", {})
    whole = kept["test_x"].shape[0] if "test_x" in kept else getattr(kind, "held_out", 0)
    return synthetic.TEST if dataset.get("generated") else whole
