"""The data sets the reports use: shapes, options, and the fingerprints of their arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hyperopt.data.colours import COLOURS
from hyperopt.data.errors import DataError
from hyperopt.errors import shown, unknown

INPUTS = ("train_x", "test_x")
PARTS = ("train_x", "train_y", "test_x", "test_y")


@dataclass(frozen=True)
class ArraySpec:
    """One uint8 array of a data set in canonical order, and the sha256 of its bytes (C order, no header)."""

    shape: tuple[int, ...]
    sha256: str


@dataclass(frozen=True)
class DatasetSpec:
    """What a data set is, before any of it is read.

    Attributes:
        name: The key in `DATASETS`.
        classes: Number of classes; None where targets are numbers.
        shape: Shape of one input.
        arrays: The four arrays named in `PARTS`; empty where the data ship with a library or are made here.
        options: Default of every option of `load`. `train` and `test` take only the first rows, `generated`
            replaces the data by random ones of the same shape: both for tests and dry runs. `test` of Iris
            says whether its 120 other rows are the test set. `augment` is for the engine: `load` returns the
            same.
        choices: The values allowed for options that take one of a few.
        rows: Of the training set where there are no `arrays`.
        made_of: The data set that this one is made of; None where it has sources of its own.
        colours: Red, green and blue in [0, 1] of each class, where it is pixels that have classes.
        version: Raised when the tensors that `load` returns change, so that older records go stale.
    """

    name: str
    classes: int | None
    shape: tuple[int, ...]
    arrays: Mapping[str, ArraySpec]
    options: Mapping[str, Any]
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    rows: int = 0
    made_of: str | None = None
    colours: tuple[tuple[float, float, float], ...] = ()
    version: int = 1

    @property
    def has_images(self) -> bool:
        """Whether inputs are pixels, read from files."""
        return bool(self.arrays)

    def resolve(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Every option with its value.

        Raises:
            DataError: An option that the data set does not have, or a value that is not allowed.
        """
        for key, value in options.items():
            if key not in self.options:
                raise DataError(str(unknown(f"option of {self.name}", key, self.options)))
            _check_value(self, key, value)
        return {**self.options, **options}


def _check_value(spec: DatasetSpec, key: str, value: Any) -> None:
    default = spec.options[key]
    if key in spec.choices:
        valid = value in spec.choices[key]
        allowed = f"one of {', '.join(map(str, spec.choices[key]))}"
    elif isinstance(default, bool):
        valid, allowed = isinstance(value, bool), "true or false"
    elif isinstance(default, float):
        valid, allowed = isinstance(value, int | float) and value > 0, "a number above 0"
    else:
        valid = value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0)
        allowed = "a whole number above 0, or null for all rows"
    if not valid:
        raise DataError(f"{spec.name}: {key}={shown(value)} is not allowed; it is {allowed}.")


def _images(
    name: str,
    classes: int,
    shape: tuple[int, ...],
    rows: tuple[int, int],
    sha256: tuple[str, str, str, str],
    normalize: bool | str,
    choices: tuple[str, ...] = (),
    more: Mapping[str, Any] = MappingProxyType({}),
) -> DatasetSpec:
    stored = shape[1:] if shape[0] == 1 else shape
    shapes = ((rows[0], *stored), rows[:1], (rows[1], *stored), rows[1:])
    return DatasetSpec(
        name=name,
        classes=classes,
        shape=shape,
        arrays={part: ArraySpec(s, h) for part, s, h in zip(PARTS, shapes, sha256, strict=True)},
        options={
            "normalize": normalize,
            **({"augment": False} if shape[0] == 3 else {}),
            "train": None,
            "test": None,
            "generated": False,
            **more,
        },
        choices={"normalize": choices} if choices else {},
    )


DATASETS: dict[str, DatasetSpec] = {
    "mnist": _images(
        "mnist",
        10,
        (1, 28, 28),
        (60_000, 10_000),
        (
            "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
            "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
            "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
            "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
        ),
        normalize=False,
        more={"divisor": 255.0},
    ),
    "cifar10": _images(
        "cifar10",
        10,
        (3, 32, 32),
        (50_000, 10_000),
        (
            "9d5c2eddadb0deff02c14c350c0385aab7b1d5ff1edfeb4997c8dc8644960111",
            "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
            "177777c33ba79825320efa646ad04a94bdc3c80e4ebe3bd21724f8cdfd4b9d56",
            "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
        ),
        normalize="none",
        choices=("none", "global", "channel", "imagenet"),
    ),
    "cifar100": _images(
        "cifar100",
        100,
        (3, 32, 32),
        (50_000, 10_000),
        (
            "de64658905c6b161606e3649ddafce7cf86c7634a0cf9116d518e64ef46a33c5",
            "9f11b9f97aad759ba6df0a33e3218b01d8deaf4ed3a14aa1185d69b9ad7ebcb3",
            "83c56492b2c11211ad1bb2dbd4f2eef4170a0441e41a41f3039c3144b1f5a511",
            "4dad7d09c7c97d33f6cb928d705cf4196221316fd6e31bdd978a08ed9103ee0b",
        ),
        normalize="none",
        choices=("none", "global", "channel", "imagenet"),
    ),
    "cifar10_horses": DatasetSpec(
        name="cifar10_horses",
        classes=len(COLOURS),
        shape=(1, 32, 32),
        arrays={
            "train_x": ArraySpec(
                (5000, 3, 32, 32), "4bce579f207f3b98b7477ad9fcd9b7e1365ae1ef960710fc529196335d40de25"
            ),
            "train_y": ArraySpec(
                (5000, 32, 32), "226c5deb45c76ba94fa1261d7002beb413bcac125b78bfca43fbebadc21110bf"
            ),
            "test_x": ArraySpec(
                (1000, 3, 32, 32), "2f6e1e7afbcc238d132cee9a2062f18b72818d9f05106acaad6ceb42cd6a6d94"
            ),
            "test_y": ArraySpec(
                (1000, 32, 32), "613c81d628fee76c78cdab06a69db2658dd36854c9ce36c7d994e95d18dffc31"
            ),
        },
        options={"train": None, "test": None, "generated": False},
        made_of="cifar10",
        colours=COLOURS,
    ),
    "iris": DatasetSpec("iris", 3, (4,), {}, {"test": False, "train": None, "generated": False}, rows=30),
    "height_weight": DatasetSpec(
        "height_weight", None, (2,), {}, {"train": None, "generated": False}, rows=10_000
    ),
}


def spec_of(name: str) -> DatasetSpec:
    """The spec of a data set by name.

    Raises:
        DataError: There is no data set of that name.
    """
    if name not in DATASETS:
        raise DataError(str(unknown("data set", name, DATASETS)))
    return DATASETS[name]
