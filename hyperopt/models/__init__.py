"""The models. Each has its own file; a model's torch module is built only when a run trains."""

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
    """Return the torch module of a run's model.

    Args:
        model: the name and options of the model.
        shape: the shape of one input.
        classes: the number of logits; None for regression, where the module has one output.

    Raises:
        ConfigError: the module uses torch's own dropout, or the model has an option `dropout` but the
            module has no attribute `dropped`.
    """
    module = made(model).build(shape, classes or 1)
    _check_dropout(model, module)
    return module


def parameters(module: nn.Module) -> dict[str, Tensor]:
    """Return a module's parameters by name, detached."""
    return {k: p.detach() for k, p in module.named_parameters()}


def buffers(module: nn.Module) -> dict[str, Tensor]:
    """Return a module's buffers, such as running statistics, by name, detached."""
    return {k: b.detach() for k, b in module.named_buffers()}


def _check_dropout(model: Mapping[str, Any], module: nn.Module) -> None:
    from torch import nn

    torchs = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)
    for name, part in module.named_modules():
        if isinstance(part, torchs):
            raise ConfigError(
                f"model={model['name']}: {name} is a {type(part).__name__}, whose masks would depend on the "
                "pack. A module with dropout takes its masks as `kept` (see hyperopt.models.Model)."
            )
    if bool(model.get("dropout")) > bool(getattr(module, "dropped", ())):
        raise ConfigError(
            f"model.dropout={model['dropout']}: the module of {model['name']} has no attribute `dropped`, "
            "the number of units of each layer with dropout (see hyperopt.models.Model)."
        )
