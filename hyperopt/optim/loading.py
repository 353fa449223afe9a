"""Saved states: completed when saved, checked as a whole before the loading optimizer changes, and loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any

import torch
from torch import Tensor

from hyperopt.optim import checkpoint, sharding
from hyperopt.optim.assemble import numbers_of
from hyperopt.optim.buckets import COUNTS, fresh
from hyperopt.optim.errors import ConfigError, shortened, shown
from hyperopt.optim.evaluated import TRAINED
from hyperopt.optim.groups import restored
from hyperopt.optim.rate import plain
from hyperopt.optim.rules import RULES
from hyperopt.optim.stack_settings import UNTRACED
from hyperopt.optim.stepping import arithmetic_of

NEEDED = (
    *("params", "stack", "alpha", "tune", "clip", "numbers", "habits", "floor", "multiplicative"),
    *("maximize", "compile", "step", "levels", "lr"),
)
"""The keys that every saved group has."""

OF_PLAN = ("planned", "learned", "peak", "share")
"""The keys that a saved group has all or none of."""

NUMBERS = ("lr", "betas", "momentum", "weight_decay", *OF_PLAN)
"""The keys of a group whose values are one number or two."""

MADE_ALIKE = "load it into an optimizer made like the one that saved it"


def complete(
    saved: dict[str, Any],
    groups: Iterable[Mapping[str, Any]],
    owners: Iterable[Mapping[str, Any]],
    states: Mapping[Tensor, dict[str, Any]],
) -> None:
    """Complete the state of parameters and groups, as torch saves it, with plain containers.

    Args:
        saved: the result of torch's `Optimizer.state_dict`.
        groups: of the optimizer.
        owners: for each group, the group that holds its hyperparameters.
        states: of the parameters that have one.
    """
    for group, own, owner in zip(saved["param_groups"], groups, owners, strict=True):
        arithmetic = arithmetic_of(owner)
        for key, param in zip(group["params"], own["params"], strict=True):
            state = states.get(param) or (fresh(param, arithmetic) if param.requires_grad else {})
            saved["state"][key] = sharding.each(sharding.of_all, param, state)
        levels_now = checkpoint.plain(group["levels"])
        group |= {key: plain(value) for key, value in group.items()} | {"levels": levels_now}


def mapping(state_dict: Any) -> dict[str, Any]:
    """A saved state as a dict that its reader may change."""
    if not isinstance(state_dict, Mapping):
        raise _no_state(shortened(repr(state_dict)))
    return dict(state_dict)


def checked(state_dict: Any, own: Sequence[Mapping[str, Any]], *, shared: bool) -> dict[str, Any]:
    """The saved state if it fits, with the empty containers that torch.distributed drops.

    Args:
        state_dict: as an optimizer's `state_dict` returned it.
        own: the groups of the loading optimizer.
        shared: whether these share hyperparameters.

    Raises:
        ConfigError: the state is of another optimizer or of other stacks, groups or parameters, or something
            is missing; nothing has been changed.
    """
    for part, kind in (("param_groups", list), ("state", dict)):
        if not isinstance(mapping(state_dict).get(part), kind):
            raise _no_state(f"it has no {part}")
    groups = state_dict["param_groups"]
    if len(groups) != len(own):
        differ = f"{len(groups)}, and that of this optimizer is {len(own)}"
        raise ConfigError(f"state_dict: its number of groups is {differ}; {MADE_ALIKE}.")
    groups = checkpoint.filled(groups, [checkpoint.plain(group) for group in own])
    for i, (saved, ours) in enumerate(zip(groups, own, strict=True)):
        _check_group(i, saved, ours, shares=shared and i > 0)
    groups = [UNTRACED | group for group in groups]  # saved without these settings
    for i, (saved, ours) in enumerate(zip(groups, own, strict=True)):
        owner = groups[0] if shared else saved
        for k, (key, param) in enumerate(zip(saved["params"], ours["params"], strict=True)):
            name = f" ({ours['param_names'][k]})" if "param_names" in ours else ""
            of = f"parameter {k}{name} of group {i}"
            _check_state(of, state_dict["state"].get(key, {}), param, owner)
    _check_keys(groups, state_dict["state"], shared=shared)
    _check_written(groups, own, shared=shared)
    return {**state_dict, "param_groups": groups}


def take(
    saved: Mapping[str, Any],
    groups: Iterable[Mapping[str, Any]],
    owners: Iterable[Mapping[str, Any]],
    states: MutableMapping[Tensor, dict[str, Any]],
) -> None:
    """Put the state of each parameter into `states`, from the result of `checked`."""
    for group, own, owner in zip(saved["param_groups"], groups, owners, strict=True):
        for key, param in zip(group["params"], own["params"], strict=True):
            states.pop(param, None)
            if state := _state_of(saved["state"].get(key, {}), param, owner):
                states[param] = state


def _state_of(saved: Mapping[str, Any], param: Tensor, owner: Mapping[str, Any]) -> dict[str, Any]:
    """The saved state of a parameter, copied to its device; {} if it has not moved yet.

    `owner` is the loaded group that holds its hyperparameters.
    """
    if not saved.get("step"):
        return {}
    state = checkpoint.moved(sharding.each(sharding.local_as, param, dict(saved)), param.device, copy=True)
    return checkpoint.of_form(state, arithmetic_of(owner).form, owner["levels"].fixed)


def _check_group(i: int, saved: Any, own: Mapping[str, Any], *, shares: bool) -> None:
    if not isinstance(saved, Mapping) or "levels" not in saved:
        raise ConfigError(
            "state_dict: another optimizer saved it; one that HyperOptimizer saved is expected."
        )
    needed = (*NEEDED, *(OF_PLAN if "planned" in saved else ()))
    if missing := [key for key in needed if key not in saved]:
        raise ConfigError(f"state_dict: group {i} has no {missing[0]}; what state_dict() returned has it.")
    if saved["stack"] != own["stack"]:
        raise ConfigError(
            f"state_dict: a stack {saved['stack']} saved it, but this one is {own['stack']}; {MADE_ALIKE}."
        )
    if len(saved["params"]) != len(own["params"]):
        differ = f"{len(saved['params'])}, and that of this optimizer is {len(own['params'])}"
        raise ConfigError(f"state_dict: the number of parameters of group {i} is {differ}; {MADE_ALIKE}.")
    for key in NUMBERS:
        values = saved[key] if isinstance(saved.get(key), list | tuple) else [saved.get(key, 0.0)]
        if not all(map(_is_number, values)):
            raise _unfit(key, f"group {i}", saved[key], "a number")
    for key in ("step", "rested"):
        _check_count(key, f"group {i}", saved.get(key, 0))
    if i and (saved["levels"] is None) != shares:
        was, is_ = ("apart", "shared=True") if shares else ("with shared=True", "apart")
        raise ConfigError(
            f"state_dict: its groups learned {was}, and those of this optimizer learn {is_}; {MADE_ALIKE}."
        )
    if shares:
        return
    numbers = tuple(
        {name: torch.empty((), device="meta") for name in level}
        for level in numbers_of(saved["stack"].split("/"), saved["alpha"], saved["numbers"])
    )
    clip = tuple(torch.empty((), device="meta") for _ in saved["clip"])
    expected = checkpoint.plain(arithmetic_of(UNTRACED | dict(saved)).init(numbers, clip))
    _check_tree("levels", f"group {i}", saved["levels"], expected)


def _check_tree(name: str, of: str, saved: Any, expected: Any) -> None:
    """Refuse other structures or shapes. Hyperparameters that a rule did not have yet may be missing."""
    if isinstance(expected, dict):
        if not isinstance(saved, Mapping):
            raise _unfit(name, of, saved, "a dict")
        for key, value in expected.items():
            if key in saved or not name.endswith("fixed"):
                _check_tree(f"{name}.{key}", of, saved.get(key), value)
    elif isinstance(expected, list):
        if not isinstance(saved, list | tuple) or len(saved) != len(expected):
            raise _unfit(name, of, saved, f"a list of {len(expected)}")
        for i, pair in enumerate(zip(saved, expected, strict=True)):
            _check_tree(f"{name}.{i}", of, *pair)
    elif not isinstance(saved, Tensor) or saved.shape != expected.shape:
        raise _unfit(name, of, saved, f"a tensor of shape {list(expected.shape)}")


def _check_state(of: str, state: Any, param: Tensor, owner: Mapping[str, Any]) -> None:
    """Refuse a state that belongs to another parameter or is incomplete; {} means no state."""
    if not isinstance(state, Mapping):
        raise _unfit("the state", of, state, "a dict")
    if not state:
        return
    for key in COUNTS:
        _check_count(key, of, state.get(key))
    device = "meta" if owner["stack"].split("/")[0] in RULES else "cpu"  # a user's own rule may read values
    like = torch.empty(param.shape, dtype=param.dtype, device=device)
    expected = fresh(like, arithmetic_of(owner)) | {TRAINED: like}
    for key, value in expected.items():
        if key not in COUNTS and (key in state or (state["step"] and key != TRAINED)):
            _check_tree(key, of, state.get(key), value)


def _check_keys(groups: Sequence[Mapping[str, Any]], states: Mapping[Any, Any], *, shared: bool) -> None:
    """Refuse states without a parameter, as when ids became text, and groups that lost all their states."""
    keys = [set(group["params"]) for group in groups]
    if strays := set(states) - set().union(*keys):
        stray = shortened(repr(min(strays, key=repr)))
        raise ConfigError(f"state_dict: the state of {stray} is of no parameter in its groups.")
    for i, of_group in enumerate([set().union(*keys)] if shared else keys):
        if groups[i]["step"] and not any(states.get(key) for key in of_group):
            raise ConfigError(
                f"state_dict: group {i} has had {groups[i]['step']} steps, and no parameter of it a state; "
                "what state_dict() returned has the state of each that moved."
            )


def _check_written(
    groups: Sequence[Mapping[str, Any]], own: Sequence[Mapping[str, Any]], *, shared: bool
) -> None:
    """Refuse numbers edited in a saved state that a group would refuse."""
    first = None
    for i, (saved, ours) in enumerate(zip(groups, own, strict=True)):
        try:
            group = restored({**saved, "params": ours["params"]}, first if shared else None)
        except ConfigError as error:
            raise ConfigError(f"state_dict: of group {i} {error}") from None
        first = first or group


def _check_count(name: str, of: str, value: Any) -> None:
    if not _is_number(value) or not float(value).is_integer() or value < 0:
        raise _unfit(name, of, value, "a whole number of 0 or more")


def _is_number(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.numel() == 1 and not value.is_complex()
    return isinstance(value, int | float) and not isinstance(value, bool)


def _no_state(found: str) -> ConfigError:
    return ConfigError(f"state_dict: {found}; what state_dict() returned is expected.")


def _unfit(name: str, of: str, value: Any, expected: str) -> ConfigError:
    found = f"of shape {list(value.shape)}" if isinstance(value, Tensor) else shortened(shown(value))
    found = "missing" if value is None else found
    return ConfigError(f"state_dict: {name} of {of} is {found}; {expected} is expected.")
