"""The reports' models, each declared in a module of its own; torch modules are built when one is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hyperopt.errors import ConfigError
from hyperopt.models.model import CPU, CUDA, Cost, Model
from hyperopt.models.registry import MODELS, find, made

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["CPU", "CUDA", "MODELS", "Cost", "Model", "buffers", "build", "find", "made", "parameters"]


def build(model: Mapping[str, Any], shape: Sequence[int], classes: int | None) -> nn.Module:
    """The module of a run's `model`, by its name and options.

    Its outputs are logits, or one number where the targets are numbers and `classes` is None.

    Raises:
        ConfigError: it has torch's own dropout, or an option `dropout` without the attribute `dropped`.
    """
    module = made(model).build(shape, classes or 1)
    _check_dropout(model, module)
    return module


def parameters(module: nn.Module) -> dict[str, Tensor]:
    """The weights, detached, by name."""
    return {k: p.detach() for k, p in module.named_parameters()}


def buffers(module: nn.Module) -> dict[str, Tensor]:
    """What a module keeps beside its weights (running statistics), detached, by name."""
    return {k: b.detach() for k, b in module.named_buffers()}


def _check_dropout(model: Mapping[str, Any], module: nn.Module) -> None:
    from torch import nn

    torchs = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)
    for name, part in module.named_modules():
        if isinstance(part, torchs):
            raise ConfigError(
                f"model={model['name']}: {name} is a {type(part).__name__}, whose draws would depend on the "
                "pack; a module with dropout takes its masks as `kept` (see hyperopt.models.Model)."
            )
    if bool(model.get("dropout")) > bool(getattr(module, "dropped", ())):
        raise ConfigError(
            f"model.dropout={model['dropout']}: the module of {model['name']} does not say `dropped`, "
            "the units of each layer that has dropout (see hyperopt.models.Model)."
        )
