"""The parameters that an optimizer accepts; anything else is refused, with its position."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from hyperopt.optim.errors import ConfigError, shortened

TYPES = (torch.float32, torch.bfloat16, torch.float16, torch.float64)
EXPECTED = "parameters, (name, parameter) pairs or groups of them are expected, such as model.parameters()"


def listed(params: Any) -> list[Any]:
    """The parameters, pairs or groups given to an optimizer, as a list.

    Raises:
        TypeError: it is something else.
        ConfigError: it is empty.
    """
    if isinstance(params, nn.Module):
        raise TypeError(f"params: a module, {type(params).__name__}, is given; {EXPECTED}.")
    if isinstance(params, Mapping):
        hint = "a group is one of a list, [{...}]; " if "params" in params else ""
        raise TypeError(f"params: a dict is given; {hint}{EXPECTED}.")
    given = items("params", params)
    if not given:
        raise ConfigError(
            "params: it is empty, like those of a module without parameters, or an iterator used up before; "
            "at least one parameter is expected."
        )
    return given


def of_group(group: Any, i: int) -> list[Any]:
    """The parameters, or (name, parameter) pairs, of the group with index `i`.

    Raises:
        TypeError: it is not a group, or not a group of parameters.
        ConfigError: a parameter is refused; the message says why.
    """
    if not isinstance(group, Mapping) or "params" not in group:
        found = f"{type(group).__name__} without params" if isinstance(group, Mapping) else _said(group)
        raise TypeError(f'group {i}: {found} is given; a dict such as {{"params": [...]}} is expected.')
    if {"levels", "share"} <= group.keys():  # copies and saved states have them too
        raise ConfigError(
            f"group {i}: it is one of another HyperOptimizer, with its stack and state; its parameters, "
            '{"params": group["params"]}, with the settings that you want are expected.'
        )
    params = group["params"]
    if isinstance(params, nn.Module | Mapping):
        raise TypeError(f"params of group {i}: {type(params).__name__} is given; {EXPECTED}.")
    given = [params] if isinstance(params, Tensor) else items(f"params of group {i}", params)
    for k, item in enumerate(given):
        named = isinstance(item, tuple) and len(item) == 2
        of = f"parameter {k} ({item[0]}) of group {i}" if named else f"parameter {k} of group {i}"
        check(of, item[1] if named else item)
    return given


def items(what: str, params: Any) -> list[Any]:
    """The parameters given, as a list; `what` says where they were given.

    Raises:
        TypeError: it is something else, or has no order.
    """
    if isinstance(params, set):
        raise TypeError(
            f"{what}: a set is given, which has no order that a saved state could go by; {EXPECTED}."
        )
    if isinstance(params, Tensor | str) or not isinstance(params, Iterable):
        hint = "; call it" if callable(params) else ""
        raise TypeError(f"{what}: {_said(params)} is given{hint}; {EXPECTED}.")
    return list(params)


def check(of: str, param: Any) -> None:
    """Refuse anything but an accepted parameter; `of` says which it is.

    Raises:
        TypeError: it is not a tensor.
        ConfigError: it is a tensor of another kind.
    """
    if not isinstance(param, Tensor):
        raise TypeError(f"{of}: {_said(param)} is given; a tensor is expected.")
    if is_lazy(param):
        raise ConfigError(f"{of}: it has no shape yet; call its module once before the optimizer is made.")
    if not param.is_floating_point():
        raise ConfigError(
            f"{of}: it is of type {param.dtype}; parameters of real floating point types are expected."
        )
    if param.dtype not in TYPES:
        types = ", ".join(map(str, TYPES))
        raise ConfigError(f"{of}: it is of type {param.dtype}; one of {types} is expected.")
    if param.layout != torch.strided:
        raise ConfigError(f"{of}: it is {param.layout}; dense parameters are expected.")
    if param.is_meta:
        raise ConfigError(f"{of}: it lies on the meta device; one that has values is expected.")
    if not (param.is_leaf or param.retains_grad):
        raise ConfigError(f"{of}: it is computed of other tensors; those, leaves of the graph, are expected.")


def _said(value: Any) -> str:
    return (
        f"{type(value).__name__} {shortened(repr(value))}" if not isinstance(value, Tensor) else "one tensor"
    )
