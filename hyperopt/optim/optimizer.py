"""A stack as a `torch.optim.Optimizer`: `adam/sgd` in anyone's training loop."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer, ParamsT

from hyperopt.optim import checkpoint, settings, sharding
from hyperopt.optim.assemble import numbers_of
from hyperopt.optim.buckets import Scratch, fresh
from hyperopt.optim.closed_forms import GRADIENT
from hyperopt.optim.errors import ConfigError, shown
from hyperopt.optim.programs import wide
from hyperopt.optim.stepping import Stepper, arithmetic_of
from hyperopt.optim.torch_private import version_of

Group = dict[str, Any]

WATCH_EVERY = 100
"""Steps between two looks at the rates where looking makes a device wait; on the CPU every step."""

EVENTS = ("negative alpha", "not finite")


class HyperOptimizer(Optimizer):
    """A stack of optimizers: each level tunes the hyperparameters of the level below by gradient descent.

    `loss.backward(); opt.step(); opt.zero_grad()` is all it needs. `param_groups[i]["lr"]` shows the learned
    rate of level 0 as a scalar tensor; what is written there, by a scheduler say, becomes the rate, and is
    learned on from. See docs/optimizer.md.

    Args:
        params: parameters, (name, parameter) pairs, or groups, which may set all below but `shared`.
        stack: rules bottom to top, such as "adam/sgd", any height; one's own rule is `package.module:Class`.
        alpha: one number is the top level's, a tuple or "1e-3/1e-5" every level's; None the defaults.
        lr: level 0's alpha, instead of what `alpha` says.
        clip: clip hypergradients by their running norm: one truth for all levels above 0, or one each.
        tune: what level 1 tunes of level 0: "all", a name or several. Levels above tune all below them.
        form: rules as published ("textbook") or as the reports' code ran them ("reported").
        floor: the least value that a tuned rate may take.
        multiplicative: a level tunes log(alpha) of the level below, so that it multiplies alpha, which stays
            above 0.
        maximize: ascend rather than descend.
        shared: one set of hyperparameters for all groups rather than one each.
        compile: True, False, or "auto": from 100,000 elements on.
        numbers: level 0's other hyperparameters (momentum, beta1, ...), and single habits of the rules.

    Raises:
        ValueError: a setting is refused; the message names it, its value and what is expected.
    """

    def __init__(
        self,
        params: ParamsT,
        stack: str | Sequence[str] = "adam/sgd",
        alpha: float | str | Sequence[float] | None = None,
        *,
        lr: float | None = None,
        clip: bool | Sequence[bool] = False,
        tune: str | Sequence[str] = "all",
        form: Literal["textbook", "reported"] = "textbook",
        floor: float | None = None,
        multiplicative: bool = False,
        maximize: bool = False,
        shared: bool = False,
        compile: bool | Literal["auto"] = "auto",  # noqa: A002
        **numbers: Any,
    ) -> None:
        sharding.check_caller()
        self._shown: list[tuple[Tensor, int]] = []
        self._steppers: dict[int, Stepper] = {}
        self._scratch = Scratch()
        self._warned: set[tuple[int, int, str]] = set()
        of_a_stack = {"alpha": alpha, "lr": lr, "clip": clip, "tune": tune, "numbers": numbers}
        guards = {"floor": floor, "multiplicative": multiplicative}
        how = {"maximize": maximize, "shared": shared, "compile": compile}
        super().__init__(params, {"stack": stack, **of_a_stack, "form": form, **guards, **how})

    def add_param_group(self, param_group: Group) -> None:
        """Add a group, with hyperparameters of its own (or with those of all groups, if they are shared)."""
        group = dict(param_group)
        if "stack" in group:
            group = settings.OF_A_STACK | group
        own = settings.numbers_among(group, group.get("stack", self.defaults["stack"]))
        numbers = {name: group.pop(name) for name in own}
        if self.defaults["shared"] and (set(group) & set(self.defaults) or numbers):
            keys = ", ".join(sorted({*set(group) & set(self.defaults), *numbers}))
            raise ConfigError(f"{keys}: with shared=True a group has no settings of its own.")
        group["numbers"] = group.get("numbers", self.defaults["numbers"]) | numbers
        super().add_param_group(group)
        try:
            _prepare(
                group,
                self.param_groups[0] if self.defaults["shared"] and len(self.param_groups) > 1 else None,
            )
        except ValueError:
            self.param_groups.remove(group)
            raise
        self._shown.append((group["lr"], version_of(group["lr"])))
        self._steppers.clear()

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step of every level. A parameter without a gradient stays, and contributes nothing.

        Args:
            closure: computes gradients anew and returns the loss.

        Returns:
            The closure's loss.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for indices in self._sets():
            self._step(indices)
        return loss

    def hyperparameters(self, group: int = 0) -> list[dict[str, float]]:
        """Per level, bottom to top, every hyperparameter of a group in natural units."""
        owner = self._owner(group)
        values = arithmetic_of(owner).hyperparameters(owner["levels"])
        return [{name: float(value) for name, value in level.items()} for level in values]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The first time of each event of the rates: dicts of `step`, `group`, `level` and `event`."""
        found = []
        for first, *_ in self._sets():
            for level, steps in enumerate(self.param_groups[first]["levels"].seen.tolist()):
                happened = [(step, event) for step, event in zip(steps, EVENTS, strict=True) if step]
                found += [
                    {"step": s, "group": first, "level": level, "event": event} for s, event in happened
                ]
        return sorted(found, key=lambda event: event["step"])

    def state_dict(self) -> dict[str, Any]:
        """The whole state in plain containers: `torch.load(..., weights_only=True)` reads it.

        Every parameter that takes a gradient has a state, moved or not, as torch.distributed expects.
        """
        saved = super().state_dict()
        for i, group in enumerate(saved["param_groups"]):
            arithmetic = arithmetic_of(self._owner(i))
            for k, param in zip(group["params"], self.param_groups[i]["params"], strict=True):
                state = self.state.get(param) or (fresh(param, arithmetic) if param.requires_grad else {})
                saved["state"][k] = sharding.each(sharding.of_all, param, state)
        for group in saved["param_groups"]:
            group["levels"] = checkpoint.plain(group["levels"])
        return saved

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned, which is copied; every tensor keeps its type."""
        own = [checkpoint.plain(group) for group in self.param_groups]
        state_dict = state_dict | {"param_groups": checkpoint.filled(state_dict["param_groups"], own)}
        super().load_state_dict(state_dict)
        for i, saved in enumerate(state_dict["param_groups"]):
            owner = self._owner(i)
            form = arithmetic_of(owner).form
            for k, param in zip(saved["params"], self.param_groups[i]["params"], strict=True):
                if not state_dict["state"].get(k, {}).get("step"):
                    self.state.pop(param, None)
                    continue
                state = sharding.each(sharding.local_as, param, state_dict["state"][k])
                state = checkpoint.moved(state, param.device, copy=True)
                if form and form.keeps == GRADIENT and form.decays_gradient:
                    state = checkpoint.of_closed_form(state, owner["levels"].fixed["weight_decay"])
                self.state[param] = state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._shown, self._warned = [], set()
        self._steppers, self._scratch = {}, Scratch()
        for i, group in enumerate(self.param_groups):
            device = group["params"][0].device if group["params"] else torch.device("cpu")
            if group["levels"]:
                group["levels"] = checkpoint.moved(checkpoint.above(group["levels"]), device)
            group["lr"] = torch.as_tensor(group["lr"]).to(device)
            untouched = float(group["lr"]) == self.hyperparameters(i)[0]["alpha"]
            self._shown.append((group["lr"], version_of(group["lr"]) if untouched else -1))

    def __repr__(self) -> str:
        groups = []
        for i, group in enumerate(self.param_groups):
            levels_now = zip(group["stack"].split("/"), self.hyperparameters(i), strict=True)
            groups.append("/".join(f"{rule}({values['alpha']:.6g})" for rule, values in levels_now))
        return f"HyperOptimizer({', '.join(groups)})"

    def _step(self, indices: list[int]) -> None:
        """Take a step of the groups `indices`, which have one set of hyperparameters."""
        owner = self.param_groups[indices[0]]
        params = [p for i in indices for p in self.param_groups[i]["params"]]
        if params and owner["levels"].seen.device != params[0].device:
            owner["levels"] = checkpoint.moved(owner["levels"], params[0].device)
        stepper = self._steppers.get(indices[0])
        if stepper is None:
            arithmetic = arithmetic_of(owner)
            stepper = Stepper(arithmetic, owner["compile"], self._scratch)
            self._steppers[indices[0]] = stepper
        rate = self._written(indices)
        if not owner["step"] and rate == 0 and not any(map(sharding.has_slope, params)):
            stepper.place(params, self.state)  # no step: so torch.distributed asks for the state to be made
            return
        written = {} if rate is None else {"alpha": rate}
        after = stepper.step(params, self.state, owner["levels"], written, owner["step"])
        if after is None:
            return
        owner["step"], owner["levels"] = owner["step"] + 1, after
        level = stepper.arithmetic.bottom
        self._show(indices, level.hyperparameters(after.tuned, after.fixed)["alpha"])
        self._watch(owner, indices[0])

    def _sets(self) -> list[list[int]]:
        """Indices of the groups that have one set of hyperparameters; the first of them keeps it."""
        indices = list(range(len(self.param_groups)))
        return [indices] if self.defaults["shared"] else [[i] for i in indices]

    def _owner(self, group: int) -> Group:
        return self.param_groups[0 if self.defaults["shared"] else group]

    def _written(self, indices: list[int]) -> Tensor | None:
        """The value to which an `lr` was set since the last step, if it was; no number leaves the device."""
        written = []
        for i in indices:
            rate, (shown_rate, version) = self.param_groups[i]["lr"], self._shown[i]
            if rate is not shown_rate or version_of(rate) != version:
                written.append(rate)
        if not written:
            return None
        if len({float(rate) for rate in written}) > 1:
            raise ConfigError(
                f"lr={shown([float(r) for r in written])}: groups with shared=True take one rate."
            )
        like = self._shown[indices[0]][0]
        return torch.as_tensor(written[0], dtype=like.dtype, device=like.device).clone()

    def _show(self, indices: list[int], rate: Tensor) -> None:
        for i in indices:
            group = self.param_groups[i]
            if group["lr"] is self._shown[i][0] and group["lr"].device == rate.device:
                group["lr"].copy_(rate)
            else:
                group["lr"] = rate.clone()
            self._shown[i] = (group["lr"], version_of(group["lr"]))

    def _watch(self, owner: Group, first: int) -> None:
        """Warn once of each new event."""
        seen = owner["levels"].seen
        if (seen.device.type != "cpu" and owner["step"] % WATCH_EVERY) or not seen.any():
            return
        for event in self.events:
            key = (event["group"], event["level"], event["event"])
            if event["group"] == first and key not in self._warned:
                self._warned.add(key)
                rule = owner["stack"].split("/")[event["level"]]
                what = f"level {event['level']} ({rule}) of group {first}: {event['event']}"
                warnings.warn(f"{what} at step {event['step']}", RuntimeWarning, stacklevel=4)


def _prepare(group: Group, owner: Group | None) -> None:
    """Complete a new group's settings, and give it hyperparameters, unless it shares those of `owner`."""
    for param in group["params"]:
        if not param.is_floating_point():
            raise ConfigError(
                f"a parameter of type {param.dtype}: parameters of real floating point types are expected."
            )
    group |= settings.completed(group)
    for param in group["params"]:
        sharding.check(param, elementwise=arithmetic_of(group).joins)
    if arithmetic_of(group).bottom.rule.uses_whole_gradient:
        raise ConfigError(
            f"stack={group['stack']}: with these settings level 0 reads the gradient of all parameters at "
            "once; HyperOptimizer moves them one by one."
        )
    group["step"] = 0
    device = group["params"][0].device if group["params"] else torch.device("cpu")
    if owner is not None:
        group["levels"] = None
        group["lr"] = owner["lr"].clone()
        return
    dtype = torch.float32
    for param in group["params"]:
        dtype = torch.promote_types(dtype, wide(param.dtype))
    rules = group["stack"].split("/")
    numbers = tuple(
        {name: torch.tensor(value, dtype=dtype, device=device) for name, value in level.items()}
        for level in numbers_of(rules, group["alpha"], group["numbers"])
    )
    clip = tuple(torch.tensor(value, device=device) for value in group["clip"])
    group["levels"] = arithmetic_of(group).init(numbers, clip)
    group["lr"] = numbers[0]["alpha"].clone()
