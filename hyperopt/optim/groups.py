"""A parameter group: what it shows of the hyperparameters of now, and what is written to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Self

import torch
from torch import Tensor

from hyperopt.optim import settings, sharding, torch_names, writing
from hyperopt.optim.assemble import numbers_of
from hyperopt.optim.checkpoint import above, moved
from hyperopt.optim.errors import ConfigError, shown, typed
from hyperopt.optim.level import Tree
from hyperopt.optim.levels import check_lr
from hyperopt.optim.rate import Rate, TensorRate, plain, rate_of, shows_floats
from hyperopt.optim.rules import Rule
from hyperopt.optim.settings import UNTRACED, completed
from hyperopt.optim.stepping import arithmetic_of
from hyperopt.optim.torch_private import version_of
from hyperopt.optim.vectors import wide
from hyperopt.optim.writing import KEPT, NAMES, dtype_of


class ParamGroup(dict[str, Any]):
    """A parameter group of `HyperOptimizer`, its keys the settings.

    `lr`, and where its rule has them `betas`, `momentum` and `weight_decay`, are those of now, as numbers
    that stay what they are for who keeps them. What is written there counts from the next step on.

    An `lr` that was computed from a rate shown earlier is brought up to date: what has been learned since
    multiplies it. Any other value becomes the rate, unless torch's OneCycleLR writes it, which goes by rates
    of its own, or `schedule` is "multiply": then what has been learned multiplies that too. With
    "set" every value becomes the rate.

    Beside settings it holds `learned`, the factor that learning put into `lr`, and `peak`, the largest rate
    that a schedule had without it. What a level above adds to the rate counts by its share of the peak, lest
    a warm-up makes much of little; where it multiplies the rate, it multiplies the factor.
    """

    _rule: Rule | None = None
    _shown: dict[str, tuple[Any, int]]

    def show(self, rule: Rule, values: Mapping[str, Any], written: Tree) -> None:
        """Show the natural values of level 0 after a step that began with what was written."""
        learned, peak = self._learned(values["alpha"], written)
        shown: dict[str, Any] = {"lr": rate_of(values["alpha"], learned)}
        if isinstance(shown["lr"], TensorRate):
            shown["lr"].taken = self.taken
        for key, names in NAMES.items():
            if key != "lr" and all(name in values for name in names):
                shown[key] = tuple(values[name] for name in names) if len(names) > 1 else values[key]
        super().update(shown, learned=learned, peak=peak)
        self._rule, self._shown = rule, {key: (value, _version(value)) for key, value in shown.items()}

    def _learned(self, rate: Any, written: Tree) -> tuple[Any, Any]:
        """`learned` and `peak` after a step that made the rate this one."""
        learned, peak, begun = self.get("learned", 1.0), self.get("peak"), plain(self["lr"])
        if "alpha" in written:
            begun = written["alpha"].item() if isinstance(rate, float) else written["alpha"]
            peak = larger(peak, over(begun, learned, peak))
        if peak is None or self._rule is None:
            return learned, rate if peak is None else peak
        if self["multiplicative"]:
            return learned * over(rate, begun, 1.0), peak
        return learned + over(rate - begun, peak, 0.0), peak

    def written(self, like: Tensor) -> Tree:
        """Natural values that were written since they were shown, by the rule's names, typed as `like`."""
        found: Tree = {}
        for key, (value, version) in self._shown.items():
            now = self[key]
            if now is value and _version(now) == version:
                continue
            numbers = now if key == "betas" else (now,)
            for name, number in zip(NAMES[key], numbers, strict=True):
                tensor = torch.as_tensor(number, dtype=like.dtype, device=like.device)
                found[name] = tensor.detach().as_subclass(Tensor).clone()
        return found

    def taken(self, value: Any) -> Rate | TensorRate:
        """What becomes of a value that is written to `lr`."""
        mode, learned = self.get("schedule"), self["learned"]
        of_rate = isinstance(value, Rate | TensorRate)
        if mode == "set" or not (of_rate or mode == "multiply" or "max_lr" in self):
            rate = rate_of(value, 1.0)
            super().__setitem__("peak", 0.0)
        elif of_rate and (value.learned is learned or self["lr"] is value):
            rate = rate_of(value, learned)
        else:
            rate = rate_of(value * learned / (value.learned if of_rate else 1.0), learned)
        super().__setitem__("learned", rate.learned)
        return rate

    def __setitem__(self, key: str, value: Any) -> None:
        if self._rule is not None:
            value = writing.checked(self, self._rule, self._shown, key, value)
            value = self.taken(value) if key == "lr" else value
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        if self._rule is not None:
            writing.check_deleted(self, self._shown, key)
        super().__delitem__(key)

    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]  # dict's own passes by __setitem__
        self.update(other)
        return self

    def keep(self, **kept: Any) -> None:
        """Take what the optimizer keeps here for itself, `writing.KEPT`."""
        super().update(kept)

    def write_again(self, saved: Mapping[str, Any]) -> None:
        """Write what `saved` shows otherwise than this group does."""
        for key, (value, _) in self._shown.items():
            if key not in saved or _floats(saved[key]) == _floats(value):
                continue
            super().__setitem__(key, saved[key])
            if key == "lr":
                super().__setitem__("learned", saved.get("learned", 1.0))
                super().__setitem__("lr", rate_of(saved["lr"], self["learned"]))

    # dict's own pass by __setitem__ and __delitem__
    update, setdefault = MutableMapping.update, MutableMapping.setdefault
    popitem, clear = MutableMapping.popitem, MutableMapping.clear

    def pop(self, key: str, *otherwise: Any) -> Any:
        """Delete a key, and return what was there."""
        if self._rule is not None:
            writing.check_deleted(self, self._shown, key)
        return super().pop(key, *otherwise)

    def __reduce__(self) -> tuple[Any, ...]:
        return ParamGroup, (dict(self),)


def first_shown(settings_: Mapping[str, Any]) -> dict[str, Any]:
    """What a group of these settings shows at first, as torch's optimizers have it among their defaults.

    Only a momentum that is there: by its name schedulers ask whether they may cycle it.
    """
    chosen = completed(settings_, dtype="float64")  # of which type its parameters are, each group tells
    there = {"alpha": chosen["alpha"][0]} | chosen["numbers"]
    found = {}
    for key, names in NAMES.items():
        if all(name in there for name in names):
            found[key] = tuple(there[name] for name in names) if len(names) > 1 else there[names[0]]
    if not found.get("momentum"):
        found.pop("momentum", None)
    return found


def asked(param_group: Mapping[str, Any], defaults: Mapping[str, Any]) -> ParamGroup:
    """A group as it is asked for, where an optimizer has these defaults; what it inherits it lacks.

    Raises:
        ConfigError: a setting is refused.
    """
    stack = param_group.get("stack", defaults["stack"])
    settings.check_keys(param_group, stack)
    given = torch_names.understood(param_group, stack)
    check_lr(given.get("lr"), given.get("alpha"), given.get("stack", stack))
    if given.get("shared", False) and not defaults["shared"]:
        whole = "a group has no such setting; HyperOptimizer(..., shared=True) is said of all groups."
        raise ConfigError(f"{typed('shared', given['shared'])}: {whole}")
    if "stack" in given:
        given = settings.OF_A_STACK | given
    elif "alpha" in given:
        given.setdefault("lr", None)
    names = settings.names(given.get("stack", stack))
    numbers = {name: given.pop(name) for name in names if name in given}
    if defaults["shared"] and (set(given) & set(defaults) or numbers):
        keys = ", ".join(sorted({*set(given) & set(defaults), *numbers}))
        raise ConfigError(f"{keys}: with shared=True a group has no settings of its own.")
    return ParamGroup(given | {"numbers": given.get("numbers", defaults["numbers"]) | numbers})


def prepare(group: ParamGroup, shared_with: ParamGroup | None) -> None:
    """Complete a new group's settings, and give it hyperparameters, unless it shares those of another.

    Raises:
        ConfigError: a setting or a parameter is refused.
    """
    for key in (NAMES.keys() - {"lr"}) | KEPT:
        group.pop(key, None)
    group.update(completed(group, dtype=dtype_of(group["params"])))
    arithmetic = arithmetic_of(group)
    for param in group["params"]:
        sharding.check(param, elementwise=arithmetic.joins)
    if arithmetic.bottom.rule.summed and arithmetic.bottom.tuned:
        raise ConfigError(
            f"stack={group['stack']}: with these settings level 0 sums over all parameters, through "
            "which HyperOptimizer has no hypergradient; the rule alone is expected."
        )
    group["step"], group["levels"] = 0, None
    device = group["params"][0].device if group["params"] else torch.device("cpu")
    if shared_with is None:
        dtype = torch.float32
        for param in group["params"]:
            dtype = torch.promote_types(dtype, wide(param.dtype))
        numbers = tuple(
            {name: torch.tensor(value, dtype=dtype, device=device) for name, value in level.items()}
            for level in numbers_of(group["stack"].split("/"), group["alpha"], group["numbers"])
        )
        clip = tuple(torch.tensor(value, device=device) for value in group["clip"])
        group["levels"] = arithmetic.init(numbers, clip)
    _show_first(group, shared_with)


def restored(saved: Mapping[str, Any], shared_with: ParamGroup | None) -> ParamGroup:
    """A group as it was saved; what had been written to it, and had not counted yet, is written again."""
    group = ParamGroup({"schedule": None} | UNTRACED | dict(saved))
    if group["levels"] is not None:
        device = group["params"][0].device if group["params"] else torch.device("cpu")
        group["levels"] = moved(above(group["levels"], group["stack"].split("/")), device)
    if "initial_lr" in group:
        group["initial_lr"] = rate_of(group["initial_lr"], 1.0)
    _show_first(group, shared_with)
    group.write_again(saved)
    return group


def _show_first(group: ParamGroup, shared_with: ParamGroup | None) -> None:
    levels = (shared_with or group)["levels"]
    bottom = arithmetic_of(shared_with or group).bottom
    hyper = bottom.hyperparameters(levels.tuned, levels.fixed)
    here = shows_floats(hyper["alpha"])
    group.show(bottom.rule, {k: v.item() for k, v in hyper.items()} if here else hyper, {})


def written_to(groups: Iterable[ParamGroup], like: Tensor) -> Tree:
    """Natural values of level 0 that were written since the last step to groups that share hyperparameters.

    Raises:
        ConfigError: two of them were given different values.
    """
    found: Tree = {}
    for group in groups:
        for name, value in group.written(like).items():
            if name in found and found[name] != value:
                key = "lr" if name == "alpha" else name
                both = shown([found[name].item(), value.item()])
                raise ConfigError(f"{key}={both}: groups with shared=True take one value.")
            found[name] = value
    return found


def over(x: Any, y: Any, otherwise: Any) -> Any:
    """The quotient x / y, or what it is otherwise where y is 0."""
    if isinstance(y, Tensor):
        return torch.where(y != 0, x / y, otherwise)
    return x / y if y else otherwise


def larger(x: Any, y: Any) -> Any:
    """The larger of two numbers."""
    return (
        torch.maximum(torch.as_tensor(x, dtype=y.dtype, device=y.device), y)
        if isinstance(y, Tensor)
        else max(x, y)
    )


def _floats(value: Any) -> list[float]:
    return [float(number) for number in (value if isinstance(value, tuple | list) else (value,))]


def _version(value: Any) -> int:
    return version_of(value) if isinstance(value, Tensor) else 0
