"""The models by name, and the import of a user's own model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyperopt.errors import ConfigError, typed, unknown
from hyperopt.models.cnn import Cnn
from hyperopt.models.linear import Linear
from hyperopt.models.logistic import Logistic
from hyperopt.models.mlp import Mlp
from hyperopt.models.model import Model
from hyperopt.models.transformer import Transformer
from hyperopt.models.unet import Unet
from hyperopt.models.vgg16 import Vgg16
from hyperopt.optim.own import WRITTEN, own_class

MODELS: dict[str, type[Model]] = {
    "mlp": Mlp,
    "logistic": Logistic,
    "linear": Linear,
    "cnn": Cnn,
    "unet": Unet,
    "vgg16": Vgg16,
    "transformer": Transformer,
}


def find(name: str) -> type[Model]:
    """Return the class of a model: one of MODELS, or `package.module:Class` (docs/add_a_model.md).

    Raises:
        ConfigError: there is no such model, or its class does not define `build`.
    """
    if name in MODELS:
        return MODELS[name]
    if ":" not in name:
        raise unknown("model", name, (*MODELS, WRITTEN))
    kind = own_class("model", name, Model)
    if kind.build is Model.build:
        raise ConfigError(
            f"model {name!r}: its class has no build(self, shape, classes), which every model needs."
        )
    return kind


def made(model: Mapping[str, Any]) -> Model:
    """Return the model of a run, from its name and all its options.

    Raises:
        ConfigError: there is no such model, or its dropout is not in [0, 1).
    """
    chosen = find(model["name"])(**{key: value for key, value in model.items() if key != "name"})
    dropout = getattr(chosen, "dropout", 0.0)
    if not 0 <= dropout < 1:
        raise ConfigError(
            f"{typed('model.dropout', dropout)}: a number of at least 0 and below 1 is expected."
        )
    return chosen
