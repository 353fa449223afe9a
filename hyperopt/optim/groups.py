"""A parameter group: the current hyperparameters that it shows, and what is written to it."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, Self

import torch
from torch import Tensor
from torch.optim.lr_scheduler import ReduceLROnPlateau

from hyperopt.optim import group_settings, sharding, torch_names, writing
from hyperopt.optim.assemble import numbers_of
from hyperopt.optim.checkpoint import above, moved
from hyperopt.optim.errors import ConfigError, typed
from hyperopt.optim.group_settings import completed
from hyperopt.optim.level import Tree
from hyperopt.optim.parsing import check_lr
from hyperopt.optim.rate import Rate, TensorRate, plain, rate_of, scheduler_at_work, shows_floats
from hyperopt.optim.rules import Rule
from hyperopt.optim.stack_settings import UNTRACED, known_names
from hyperopt.optim.stepping import arithmetic_of
from hyperopt.optim.torch_private import version_of
from hyperopt.optim.vectors import wide
from hyperopt.optim.writing import KEPT, NAMES, alike, dtype_of

NOTHING_PLANNED = {"planned": 0.0, "peak": 0.0, "share": 1.0}
"""The keys of `ParamGroup` beside `lr` and `learned`, for a rate that has not left 0 yet."""


class ParamGroup(dict[str, Any]):
    """A parameter group of `HyperOptimizer`; its keys are the settings.

    `lr`, and `betas`, `momentum` and `weight_decay` if its rule has them, are the current values. Numbers
    read from it do not change later. A value written there takes effect at the next step.

    At every step `lr` is `planned` times `learned`. `planned` is what `lr` would be in an optimizer of torch.
    If a scheduler writes `lr`, or the written rate was computed from rates shown, `planned` becomes the value
    computed from rates without learning. Any other value restarts the rate with nothing learned, and so does
    every value if `schedule` is "set". 0 stops the group and keeps what was learned. With "multiply" every
    number becomes `planned`.

    The levels above tune `peak` times `learned`, where `peak` is the largest `planned` of any step, by the
    slope of the loss in it. Each step uses a share of it, `planned` / `peak`, as with a schedule of the
    command line; `share` is that of the last step. In a step whose planned rate is 0 the levels above rest:
    the hyperparameters, their state and the count of their steps stay, and `rested` counts the step.
    """

    _rule: Rule | None = None
    _shown: dict[str, tuple[Any, int]]
    _began, _beginnings = False, 0  # since the last step; before it, how often in a row

    def show(self, rule: Rule, values: Mapping[str, Any], of_lr: Mapping[str, Any]) -> None:
        """Show the natural values of level 0 after a step; its alpha is `peak` times `learned`.

        `of_lr` holds `planned`, `peak` and `share`.
        """
        if isinstance(self["lr"], TensorRate):
            self["lr"].taken = None
        super().update(of_lr)
        alpha, share = values["alpha"], self["share"]
        if share and not self["peak"]:
            start = abs(float(alpha))  # the first rate above 0 is the only reference
            super().update(planned=start, peak=start)
        if share or "learned" not in self:  # else the levels above rest, and dividing again could round
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
        """Whether it shows an optimizer's hyperparameters; a copy does not until an optimizer takes it."""
        return self._rule is not None

    def is_written(self, key: str) -> bool:
        """Whether `key` was written since its value was shown."""
        value, version = self._shown[key]
        return self[key] is not value or _version(value) != version

    def written(self, like: Tensor) -> Tree:
        """Natural values, except alpha, that were written since they were shown, with the type of `like`."""
        found: Tree = {}
        for key in self._shown:
            if key == "lr" or not self.is_written(key):
                continue
            numbers = self[key] if key == "betas" else (self[key],)
            for name, number in zip(NAMES[key], numbers, strict=True):
                found[name] = _typed(number, like)
        return found

    def coming(self, like: Tensor) -> tuple[Tree, dict[str, float]]:
        """What the next step does with `lr`: the tuned alpha, if it changes, and `of_lr` of `show`."""
        planned, peak = self["planned"], self["peak"]
        if planned > peak:
            written = {"alpha": _typed(self["learned"] * planned, like)}
            return written, {"planned": planned, "peak": planned, "share": 1.0}
        if peak:
            return {}, {"planned": planned, "peak": peak, "share": planned / peak}
        # Learning may move an initial rate of 0; a written 0 stops the group.
        stopped = self.is_written("lr") or not self["share"]
        return {}, {"planned": planned, "peak": peak, "share": 0.0 if stopped else 1.0}

    def taken(self, value: Any) -> Rate | TensorRate:
        """The rate to store for a value that is written to `lr`."""
        mode, planned, learned, peak = self["schedule"], self["planned"], self["learned"], self["peak"]
        of_rate = mode != "set" and isinstance(value, Rate | TensorRate)
        writer = None if of_rate or mode == "set" else scheduler_at_work()
        if of_rate:
            planned = value.planned
        elif isinstance(writer, ReduceLROnPlateau):  # it computes from the rate shown
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
                # Schedulers compute their rates from it; in a file it is only a number.
                value = plain(value) if self["schedule"] == "set" else Rate(value.planned, value.planned)
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        if self._rule is not None:
            writing.check_deleted(self, self._shown, key)
        super().__delitem__(key)

    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]  # dict's own bypasses __setitem__
        self.update(other)
        return self

    def keep(self, **kept: Any) -> None:
        """Set keys that belong to the optimizer, `writing.KEPT`."""
        super().update(kept)

    def write_again(self, saved: Mapping[str, Any]) -> None:
        """Write the values of `saved` that differ from those this group shows.

        A rate that was written before saving, and has not taken effect yet, is its `planned` times its
        `learned`. Any other rate was edited in the saved state, and counts as if it were written here.

        Raises:
            ConfigError: the write is refused, or a key that belongs to the optimizer was changed.
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

    # dict's own bypass __setitem__ and __delitem__
    update, setdefault = MutableMapping.update, MutableMapping.setdefault
    popitem, clear = MutableMapping.popitem, MutableMapping.clear

    def pop(self, key: str, *otherwise: Any) -> Any:
        """Delete a key, and return its value."""
        if self._rule is not None:
            writing.check_deleted(self, self._shown, key)
        return super().pop(key, *otherwise)

    def __reduce__(self) -> tuple[Any, ...]:
        return ParamGroup, (dict(self),)


def first_shown(settings_: Mapping[str, Any]) -> dict[str, Any]:
    """What a group with these settings shows at first, as torch's optimizers have it among their defaults.

    A momentum of 0 is left out: schedulers look for the name to decide whether they may cycle it.
    """
    chosen = completed(settings_, dtype="float64")  # each group checks again with its parameters' type
    there = {"alpha": chosen["alpha"][0]} | chosen["numbers"]
    found = {}
    for key, names in NAMES.items():
        if all(name in there for name in names):
            found[key] = tuple(there[name] for name in names) if len(names) > 1 else there[names[0]]
    if not found.get("momentum"):
        found.pop("momentum", None)
    return found


def asked(param_group: Mapping[str, Any], defaults: Mapping[str, Any]) -> ParamGroup:
    """A group with the settings given for it in an optimizer with these defaults, without inherited ones.

    Raises:
        ConfigError: a setting is refused.
    """
    stack = param_group.get("stack", defaults["stack"])
    group_settings.check_keys(param_group, stack)
    given = torch_names.understood(param_group, stack)
    check_lr(given.get("lr"), given.get("alpha"), given.get("stack", stack))
    if given.get("shared", False) and not defaults["shared"]:
        no = "a group has no such setting"
        raise ConfigError(f"{typed('shared', given['shared'])}: {no}; {group_settings.OF_ALL_GROUPS}")
    known = known_names(given.get("stack", stack))
    numbers = {name: given.pop(name) for name in known if name in given}
    if defaults["shared"] and (set(given) & set(defaults) or numbers):
        keys = ", ".join(sorted({*set(given) & set(defaults), *numbers}))
        raise ConfigError(f"{keys}: with shared=True a group has no settings of its own.")
    given = group_settings.with_defaults(given, defaults, of_own_stack="stack" in param_group)
    return ParamGroup(given | {"numbers": given.get("numbers", defaults["numbers"]) | numbers})


def prepare(group: ParamGroup, shared_with: ParamGroup | None) -> None:
    """Complete a new group's settings, and make its hyperparameters unless it shares those of another.

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
    """A group as it was saved; values written to it that had not taken effect yet are written again."""
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
