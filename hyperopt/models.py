"""The reports' models, as torch modules with torch's default initial weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from hyperopt.unet import unet
from hyperopt.vgg import vgg16

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "none": nn.Identity,
}


def mlp(
    shape: Sequence[int],
    classes: int,
    *,
    hidden: Sequence[int],
    activation: str,
    output_activation: str,
    zero_bias: bool = False,
    init: str = "torch",
) -> nn.Module:
    """A fully connected net; the reports' has 128 tanh units, and a tanh on the logits (SPEC.md 0.1).

    Args:
        shape: of one input; flattened.
        classes: number of logits.
        hidden: widths, at least one.
        activation: after each hidden layer.
        output_activation: on the logits, before the softmax of the loss.
        zero_bias: biases start at 0 rather than as torch draws them; the weights are the same.
        init: "torch", or "normal": weights and biases are N(0, 1) draws, whatever the widths.
    """
    widths = [math.prod(shape), *hidden]
    layers: list[nn.Module] = [nn.Flatten()]
    for fan_in, fan_out in pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out), ACTIVATIONS[activation]()]
    layers += [nn.Linear(widths[-1], classes), ACTIVATIONS[output_activation]()]
    for layer in layers:
        if not isinstance(layer, nn.Linear):
            continue
        if init == "normal":
            nn.init.normal_(layer.weight)
            nn.init.normal_(layer.bias)
        if zero_bias:
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


def logistic(shape: Sequence[int], classes: int) -> nn.Module:
    """Multinomial logistic regression."""
    return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), classes))


def linear(shape: Sequence[int], classes: int) -> nn.Module:
    """A linear map without a bias, from weights of 0."""
    layer = nn.Linear(math.prod(shape), classes, bias=False)
    nn.init.zeros_(layer.weight)
    return nn.Sequential(nn.Flatten(), layer)


def cnn(
    shape: Sequence[int],
    classes: int,
    *,
    channels: Sequence[int],
    hidden: Sequence[int],
    output_activation: str,
) -> nn.Module:
    """3 x 3 convolutions with ReLU, then an `mlp` with tanh; the clipping report's net (SPEC.md 1.1).

    Args:
        shape: of one input: channels, height, width; each convolution takes two pixels off both sides.
        classes: number of logits.
        channels: of each convolution.
        hidden: widths of the layers after them, at least one.
        output_activation: on the logits, before the softmax of the loss.
    """
    planes, height, width = shape
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise([planes, *channels]):
        layers += [nn.Conv2d(fan_in, fan_out, kernel_size=3), nn.ReLU()]
    lost = 2 * len(channels)
    maps = (channels[-1], height - lost, width - lost)
    head = mlp(maps, classes, hidden=hidden, activation="tanh", output_activation=output_activation)
    return nn.Sequential(*layers, head)


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
