"""A parameter group: what it shows of the hyperparameters of now, and what is written to it."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, Self

import torch
from torch import Tensor
from torch.optim.lr_scheduler import ReduceLROnPlateau

from hyperopt.optim import settings, sharding, torch_names, writing
from hyperopt.optim.assemble import numbers_of
from hyperopt.optim.checkpoint import above, moved
from hyperopt.optim.errors import ConfigError, typed
from hyperopt.optim.level import Tree
from hyperopt.optim.levels import check_lr
from hyperopt.optim.rate import Rate, TensorRate, plain, rate_of, scheduler_at_work, shows_floats
from hyperopt.optim.rules import Rule
from hyperopt.optim.settings import UNTRACED, completed
from hyperopt.optim.stepping import arithmetic_of
from hyperopt.optim.torch_private import version_of
from hyperopt.optim.vectors import wide
from hyperopt.optim.writing import KEPT, NAMES, alike, dtype_of

NOTHING_PLANNED = {"planned": 0.0, "peak": 0.0, "share": 1.0}
"""What a group keeps beside `lr` and `learned`, as `ParamGroup` says, of a rate that has yet to leave 0."""


class ParamGroup(dict[str, Any]):
    """A parameter group of `HyperOptimizer`, its keys the settings.

    `lr`, and where its rule has them `betas`, `momentum` and `weight_decay`, are those of now, as numbers
    that stay what they are for who keeps them. What is written there counts from the next step on.

    At every step `lr` is `planned` times `learned`. `planned` is what `lr` would be in an optimizer of torch:
    where a scheduler writes, or a rate that was computed from rates shown, it becomes what they would have
    made of rates that had learned nothing. Any other value is where the rate begins anew, with nothing
    learned, and so is every value if `schedule` is "set"; 0 stops the group, and what was learned stays.
    With "multiply" every number is taken as planned.

    The levels above tune `peak` times `learned`, where `peak` is the largest `planned` that a step used, by
    the slope of the loss in it: of that each step uses a share, `planned` / `peak`, as a schedule of the
    command line has it. `share` is that of the last step. In a step whose rate is 0 by plan, they rest: no
    hyperparameter moves, and neither their state nor the count of their steps; `rested` counts such steps.
    """

    _rule: Rule | None = None
    _shown: dict[str, tuple[Any, int]]
    _began, _beginnings = False, 0  # whether the rate did since the last step; before how many in a row

    def show(self, rule: Rule, values: Mapping[str, Any], of_lr: Mapping[str, Any]) -> None:
        """Show the natural values of level 0 after a step; its alpha is `peak` times `learned`.

        `of_lr` are `planned`, `peak` and `share`.
        """
        if isinstance(self["lr"], TensorRate):
            self["lr"].taken = None
        super().update(of_lr)
        alpha, share = values["alpha"], self["share"]
        if share and not self["peak"]:
            start = abs(float(alpha))  # the first rate above 0 is all there is to count from
            super().update(planned=start, peak=start)
        if share or "learned" not in self:  # else the levels above rest, and to divide anew could round
            super().update(learned=alpha / self["peak"] if self["peak"] else 1.0)
        shown: dict[str, Any] = {"lr": self._rate(alpha if share == 1 else alpha * share)}
        for key, names in NAMES.items():
            if key != "lr" and all(name in values for name in names):
                shown[key] = tuple(values[name] for name in names) if len(names) > 1 else values[key]
        super().update(shown)
        self._began, self._beginnings = False, self._beginnings + 1 if self._began else 0
        self._rule, self._shown = rule, {key: (value, _version(value)) for key, value in shown.items()}

    @property
    def is_live(self) -> bool:
        """Whether it shows the hyperparameters of an optimizer; a copy does not before one takes it."""
        return self._rule is not None

    def is_written(self, key: str) -> bool:
        """Whether what is shown there was written since it was shown."""
        value, version = self._shown[key]
        return self[key] is not value or _version(value) != version

    def written(self, like: Tensor) -> Tree:
        """Natural values, but for alpha, that were written since they were shown, typed as `like`."""
        found: Tree = {}
        for key in self._shown:
            if key == "lr" or not self.is_written(key):
                continue
            numbers = self[key] if key == "betas" else (self[key],)
            for name, number in zip(NAMES[key], numbers, strict=True):
                found[name] = _typed(number, like)
        return found

    def coming(self, like: Tensor) -> tuple[Tree, dict[str, float]]:
        """What the coming step does with `lr`: the alpha that is tuned, if that changes, and `of_lr`."""
        planned, peak = self["planned"], self["peak"]
        if planned > peak:
            written = {"alpha": _typed(self["learned"] * planned, like)}
            return written, {"planned": planned, "peak": planned, "share": 1.0}
        if peak:
            return {}, {"planned": planned, "peak": peak, "share": planned / peak}
        # A rate of 0 from the start may be learned to leave it, one that was written is no rate.
        stopped = self.is_written("lr") or not self["share"]
        return {}, {"planned": planned, "peak": peak, "share": 0.0 if stopped else 1.0}

    def taken(self, value: Any) -> Rate | TensorRate:
        """What becomes of a value that is written to `lr`."""
        mode, planned, learned, peak = self["schedule"], self["planned"], self["learned"], self["peak"]
        of_rate = mode != "set" and isinstance(value, Rate | TensorRate)
        writer = None if of_rate or mode == "set" else scheduler_at_work()
        if of_rate:
            planned = value.planned
        elif isinstance(writer, ReduceLROnPlateau):  # it goes by the rate that is shown
            planned = float(value) / float(learned) if learned else planned
        elif mode == "multiply" or writer:
            planned = float(value)
        elif mode == "set" and isinstance(value, TensorRate) and value.planned:  # no wait for the device
            planned, learned, peak = abs(value.planned), plain(value) / abs(value.planned), 0.0
        elif number := float(value):
            writing.check_floor(self, number)
            if mode is None and not self._began and self._beginnings == writing.IN_A_ROW - 1:
                writing.warn_that_none_is_learned(self, number)
            self._began = True
            planned, learned, peak = abs(number), 1.0 if number > 0 else -1.0, 0.0
        else:
            planned = 0.0
        super().update(planned=planned, learned=learned, peak=peak)
        return self._rate(planned * learned)

    def _rate(self, value: Any) -> Rate | TensorRate:
        rate = rate_of(value, self["planned"])
        if isinstance(rate, TensorRate):
            rate.taken = self.taken
        return rate

    def __setitem__(self, key: str, value: Any) -> None:
        if self._rule is not None:
            value = writing.checked(self, self._rule, self._shown, key, value)
            if key == "lr":
                value = self.taken(value)
            elif key == "initial_lr" and isinstance(value, Rate | TensorRate):
                # Schedulers make their plans of it, and in a file it is a number alone.
                value = plain(value) if self["schedule"] == "set" else Rate(value.planned, value.planned)
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
        """Take what `saved` shows, where this group shows otherwise, as written to it.

        A rate that was written before it was saved, and has not counted yet, is its `planned` times its
        `learned`. Any other was written into what was saved, and counts as if it were written here.

        Raises:
            ConfigError: it would be refused here, or what the optimizer keeps for itself was changed.
        """
        for key, (value, _) in self._shown.items():
            if key != "lr" and key in saved and not alike(saved[key], value, exactly=True):
                self[key] = saved[key]
        lr = saved["lr"]
        if "planned" in saved:
            pending = saved["planned"] * saved["learned"]
            writing.check_kept(saved, alpha=float(self["peak"] * self["learned"]))
            super().update({key: saved[key] for key in ("learned", *NOTHING_PLANNED)})
            if not alike(lr, self["lr"], exactly=True):
                super().__setitem__("lr", self._rate(lr if alike(lr, pending) else pending))
            if not alike(lr, pending):
                self["lr"] = lr
        elif not alike(lr, self["lr"], exactly=True):
            self["lr"] = plain(lr)

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
    names = settings.names(given.get("stack", stack))
    numbers = {name: given.pop(name) for name in names if name in given}
    if defaults["shared"] and (set(given) & set(defaults) or numbers):
        keys = ", ".join(sorted({*set(given) & set(defaults), *numbers}))
        raise ConfigError(f"{keys}: with shared=True a group has no settings of its own.")
    given = settings.with_defaults(given, defaults)
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
    group["step"], group["rested"], group["levels"] = 0, 0, None
    start = group["alpha"][0]
    group |= {"planned": start, "peak": start, "share": 1.0}
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
    group = ParamGroup({"schedule": None, "rested": 0} | UNTRACED | NOTHING_PLANNED | dict(saved))
    if group["levels"] is not None:
        device = group["params"][0].device if group["params"] else torch.device("cpu")
        group["levels"] = moved(above(group["levels"], group["stack"].split("/")), device)
    if "initial_lr" in group:
        group["initial_lr"] = rate_of(group["initial_lr"], float(group["initial_lr"]))
    _show_first(group, shared_with)
    group.write_again(saved)
    return group


def _show_first(group: ParamGroup, shared_with: ParamGroup | None) -> None:
    levels = (shared_with or group)["levels"]
    bottom = arithmetic_of(shared_with or group).bottom
    hyper = bottom.hyperparameters(levels.tuned, levels.fixed)
    values = {k: v.item() for k, v in hyper.items()} if shows_floats(hyper["alpha"]) else hyper
    group.show(bottom.rule, values, {key: (shared_with or group)[key] for key in NOTHING_PLANNED})


def _typed(number: Any, like: Tensor) -> Tensor:
    tensor = torch.as_tensor(plain(number), dtype=like.dtype, device=like.device)
    return tensor.detach().clone()


def _version(value: Any) -> int:
    return version_of(value) if isinstance(value, Tensor) else 0
