"""The typed schema of conf/: which keys there are, their types and allowed values. Defaults are in conf/."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, make_dataclass
from typing import Any, ClassVar, get_type_hints

from omegaconf import ListConfig

from hyperopt.errors import ConfigError, shown
from hyperopt.optim.assemble import known_habits
from hyperopt.optim.rules import RULES
from hyperopt.optim.stack import SCHEDULES

FORMS = ("reported", "textbook")
GRADIENTS = ("mean", "sum")
DTYPES = ("float32", "float64")
SOFTMAXES = ("stable", "naive")
INITS = ("torch", "normal")
TUNED_AFTER = ("step", "tensor")
ACTIVATIONS = ("tanh", "relu", "sigmoid", "none")


FROM_0, FROM_1 = {"least": 0}, {"least": 1}
A_FORM, AN_ACTIVATION = {"choices": FORMS}, {"choices": ACTIVATIONS}


@dataclass(kw_only=True)
class Dataset:
    """Options of every data set; `train` is how many of the first rows, None for all.

    `side` is the height and width of its images in pixels, None where it has none; `classes_of` what it is
    that has a class.
    """

    side: ClassVar[int | None] = None
    classes_of: ClassVar[str] = "inputs"
    name: str
    train: int | None = field(metadata=FROM_1)
    generated: bool


@dataclass(kw_only=True)
class Mnist(Dataset):
    """Options of mnist; `test` is how many of the first rows, None for all."""

    side: ClassVar[int | None] = 28
    normalize: bool
    divisor: float = field(metadata={"above": 0})
    test: int | None = field(metadata=FROM_1)


@dataclass(kw_only=True)
class Iris(Dataset):
    """Options of iris."""

    test: bool


@dataclass(kw_only=True)
class Cifar(Dataset):
    """Options of cifar10 and cifar100; `test` as of mnist."""

    side: ClassVar[int | None] = 32
    normalize: str = field(metadata={"choices": ("none", "global", "channel", "imagenet")})
    augment: bool
    test: int | None = field(metadata=FROM_1)


@dataclass(kw_only=True)
class Horses(Dataset):
    """Options of cifar10_horses; `test` as of mnist."""

    side: ClassVar[int | None] = 32
    classes_of: ClassVar[str] = "pixels"
    test: int | None = field(metadata=FROM_1)


@dataclass(kw_only=True)
class Mlp:
    """Options of mlp."""

    name: str
    hidden: list[int] = field(metadata=FROM_1)
    activation: str = field(metadata=AN_ACTIVATION)
    output_activation: str = field(metadata=AN_ACTIVATION)
    zero_bias: bool
    init: str = field(metadata={"choices": INITS})


@dataclass(kw_only=True)
class Plain:
    """Options of a model that has none."""

    name: str


@dataclass(kw_only=True)
class Cnn:
    """Options of cnn."""

    name: str
    channels: list[int] = field(metadata=FROM_1)
    hidden: list[int] = field(metadata=FROM_1)
    output_activation: str = field(metadata=AN_ACTIVATION)


@dataclass(kw_only=True)
class Vgg16:
    """Options of vgg16."""

    name: str
    width: int = field(metadata=FROM_1)
    dropout: float


@dataclass(kw_only=True)
class Unet:
    """Options of unet."""

    name: str
    filters: int = field(metadata=FROM_1)


DATASETS: dict[str, type[Dataset]] = {
    "mnist": Mnist,
    "iris": Iris,
    "cifar10": Cifar,
    "cifar100": Cifar,
    "cifar10_horses": Horses,
    "height_weight": Dataset,
}
MODELS: dict[str, type] = {
    "mlp": Mlp,
    "logistic": Plain,
    "linear": Plain,
    "cnn": Cnn,
    "unet": Unet,
    "vgg16": Vgg16,
}


@dataclass(kw_only=True)
class Procedure:
    """How every run trains and is measured, whatever its data set, model and rules.

    A default is not part of a run's id.
    """

    shuffle: bool
    drop_last: bool
    gradient: str = field(metadata={"choices": GRADIENTS})
    l2: float
    l2_biases: bool
    softmax: str = field(metadata={"choices": SOFTMAXES})
    dtype: str = field(metadata={"choices": DTYPES})
    full_loss: bool
    schedule: str = field(metadata={"choices": SCHEDULES})
    tune_after: str = field(metadata={"choices": TUNED_AFTER})
    stop_at_loss: float | None


@dataclass(kw_only=True)
class Settings(Procedure):
    """Settings of every run, whatever its data set, model and rules."""

    stack: Any
    alpha: Any
    tune: Any
    clip: Any
    form: str = field(metadata=A_FORM)
    batch_size: int = field(metadata=FROM_1)
    epochs: int | None = field(metadata=FROM_1)
    seed: int = field(metadata=FROM_0)
    default_epochs: dict[str, int]


def number_names() -> list[str]:
    """Every hyperparameter of some rule except alpha, which has a grammar of its own."""
    return list(
        dict.fromkeys(name for rule in RULES.values() for name in rule.hyperparameters if name != "alpha")
    )


def run_schema(dataset: str, model: str) -> type:
    """The schema of a run's settings; hyperparameters and habits are those of the rules there are."""
    numbers = [(name, float | None, field(default=None)) for name in number_names()]
    kinds = [
        (name, type(textbook) | None, field(default=None)) for name, (textbook, _) in known_habits().items()
    ]
    groups = [("dataset", DATASETS[dataset], field()), ("model", MODELS[model], field())]
    return make_dataclass("Run", [*groups, *numbers, *kinds], bases=(Settings,), kw_only=True)


def check_value(value: Any, spec: Field[Any]) -> str | None:
    """What a well-typed value of a field has to be, where it is something else."""
    if isinstance(value, ListConfig):
        value = list(value)
    least, choices = spec.metadata.get("least"), spec.metadata.get("choices")
    if choices and value not in choices:
        return f"one of {', '.join(choices)}"
    if least is not None and isinstance(value, list) and (not value or min(value) < least):
        return f"a list of whole numbers of {least} or more, at least one"
    if least is not None and isinstance(value, int) and value < least:
        return f"a whole number of {least} or more"
    if "above" in spec.metadata and not (math.isfinite(value) and value > spec.metadata["above"]):
        return f"a number above {spec.metadata['above']}"
    if isinstance(value, float) and not (math.isfinite(value) and value >= 0):
        return "a number of 0 or more"
    return None


def check_fit(dataset: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    """Refuses a model that cannot take the data set's inputs, or finds classes of something else."""
    side = DATASETS[dataset["name"]].side
    has = "no images" if side is None else f"{side} x {side}"
    classes_of = "pixels" if model["name"] == "unet" else "inputs"
    if DATASETS[dataset["name"]].classes_of != classes_of:
        fitting = [name for name, kind in DATASETS.items() if kind.classes_of == classes_of]
        raise ConfigError(
            f"model={model['name']}: it finds classes of {classes_of}, as in dataset={' or '.join(fitting)}; "
            f"dataset={dataset['name']} has classes of {DATASETS[dataset['name']].classes_of}."
        )
    if model["name"] == "cnn":
        least = 2 * len(model["channels"]) + 1
        if side is None or side < least:
            raise ConfigError(
                f"model=cnn: model.channels={shown(model['channels'])} takes images of {least} x {least} "
                f"pixels or more; dataset={dataset['name']} has {has}."
            )
    if model["name"] == "vgg16":
        if side is None or side % 32:
            raise ConfigError(
                f"model=vgg16: takes images of 32 x 32 pixels; dataset={dataset['name']} has {has}."
            )
        if model["dropout"] >= 1:
            raise ConfigError(
                f"model.dropout={shown(model['dropout'])}: a number from 0 up to, but not, 1 is expected."
            )


def spec_of(kind: type, key: str) -> tuple[Field[Any], Any]:
    """Field and type of a key such as `seed` or `model.hidden`."""
    name, _, rest = key.partition(".")
    spec = next(f for f in fields(kind) if f.name == name)
    hint = get_type_hints(kind)[name]
    return spec_of(hint, rest) if rest else (spec, hint)
