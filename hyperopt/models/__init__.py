"""The reports' models, as torch modules with torch's default initial weights unless they say otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from hyperopt.models.cnn import cnn
from hyperopt.models.dense import ACTIVATIONS, linear, logistic, mlp
from hyperopt.models.unet import unet
from hyperopt.models.vgg import vgg16

__all__ = [
    "ACTIVATIONS",
    "MODELS",
    "buffers",
    "build",
    "cnn",
    "linear",
    "logistic",
    "mlp",
    "parameters",
    "unet",
    "vgg16",
]

MODELS: dict[str, Callable[..., nn.Module]] = {
    "mlp": mlp,
    "logistic": logistic,
    "linear": linear,
    "cnn": cnn,
    "unet": unet,
    "vgg16": vgg16,
}


def build(model: Mapping[str, Any], shape: Sequence[int], classes: int | None) -> nn.Module:
    """The module of a run's `model`: its name, and the keyword arguments of the function of that name.

    Its outputs are logits, or one number where the targets are numbers and `classes` is None.
    """
    options = {k: v for k, v in model.items() if k != "name"}
    return MODELS[model["name"]](shape, classes or 1, **options)


def parameters(module: nn.Module) -> dict[str, Tensor]:
    """The weights, detached, by name."""
    return {k: p.detach() for k, p in module.named_parameters()}


def buffers(module: nn.Module) -> dict[str, Tensor]:
    """What a module keeps beside its weights (running statistics), detached, by name."""
    return {k: b.detach() for k, b in module.named_buffers()}
