"""A stack as a `torch.optim.Optimizer`: `adam/sgd` in any training loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer, ParamsT

from hyperopt.optim import checkpoint, evaluated, loading, parameters, sharding, torch_names
from hyperopt.optim.buckets import Scratch
from hyperopt.optim.errors import ConfigError, typed
from hyperopt.optim.events import events_of, may_be_new, warn
from hyperopt.optim.group_settings import defaults_for, stack_and_rate
from hyperopt.optim.groups import ParamGroup, asked, first_shown, prepare, restored
from hyperopt.optim.parsing import check_lr, parse_truth
from hyperopt.optim.placing import free_removed, same, without_removed
from hyperopt.optim.shared import hand_over, hyperparameters_of, leading, written_to
from hyperopt.optim.stepping import Stepper
from hyperopt.optim.stepping import arithmetic_of as _arithmetic
from hyperopt.optim.torch_private import outside_graphs

Group = dict[str, Any]


class HyperOptimizer(Optimizer):
    """A stack of optimizers: each level tunes the hyperparameters of the level below by gradient descent.

    It needs only `loss.backward(); opt.step(); opt.zero_grad()`. `param_groups[i]["lr"]` shows the learned
    rate of level 0, and schedulers may write to it (`ParamGroup`). See docs/optimizer.md.

    Args:
        params: parameters, (name, parameter) pairs, or groups, which may set all of these but `shared`.
        stack: rules bottom to top, such as "adam/sgd", any height; your own rule is `package.module:Class`.
            None is `WITHOUT_STACK` of group_settings.py: Adam multiplies AdamW's rate. A number is `lr`.
        alpha: one number is the top level's, a tuple or "1e-3/1e-5" every level's; None for the defaults.
        lr: level 0's alpha; `alpha` must not give it another value.
        clip: clip hypergradients by their running norm: one boolean for all levels above 0, or one each.
        tune: what level 1 tunes of level 0: "all", or one or more names; None is "all" if a stack is given.
            Higher levels tune all of the level below.
        form: rules as published ("textbook") or as the reports' code ran them ("reported").
        floor: the least value of a tuned rate; at most its initial value.
        multiplicative: a level tunes log(alpha) of the level below: it multiplies alpha, which stays above 0.
        trace: the share of the weights' derivative in the rate that a step keeps; 0 is the last step only.
        hypergradient: of the rate: the product of two vectors, or the cosine between them (trace.py).
        maximize: ascend.
        shared: one set of hyperparameters for all groups, which is faster than one for each.
        schedule: how a rate written to `lr` is used: "set" uses it as it is, "multiply" multiplies it by what
            was learned; None multiplies it if a scheduler writes it (see `ParamGroup`).
        compile: True, False, or "auto": after enough steps to pay.
        numbers: level 0's other hyperparameters (momentum, beta1, ...), its options (eps, nesterov, ...), and
            single habits of the rules; also by their names in torch.optim (betas, amsgrad, ...).

    Raises:
        ValueError: a setting is refused; the message names it, its value and what is expected.
        TypeError: `params` holds something other than parameters.
    """

    def __init__(
        self,
        params: ParamsT,
        stack: str | Sequence[str] | float | Tensor | None = None,
        alpha: float | str | Sequence[float] | None = None,
        *,
        lr: float | Tensor | None = None,
        clip: bool | Sequence[bool] = False,
        tune: str | Sequence[str] | None = None,
        form: Literal["textbook", "reported"] = "textbook",
        floor: float | None = None,
        multiplicative: bool | None = None,
        trace: float = 0.0,
        hypergradient: Literal["product", "cosine"] = "product",
        maximize: bool = False,
        shared: bool = False,
        schedule: Literal["multiply", "set"] | None = None,
        compile: bool | Literal["auto"] = "auto",  # noqa: A002
        **numbers: Any,
    ) -> None:
        self._steppers: dict[int, Stepper] = {}
        self._known: list[Group] = []
        self._held: list[Tensor] = []
        self._scratch = Scratch()
        self._warned: set[tuple[int, int, str]] = set()
        params = parameters.listed(params)
        stack, lr = stack_and_rate(stack, lr)
        preset = defaults_for(stack, amsgrad=numbers.get("amsgrad", False), multiplicative=multiplicative)
        numbers = torch_names.understood(numbers, preset["stack"])
        stack = numbers.pop("stack", preset["stack"])
        check_lr(lr, alpha, stack)
        defaults = {
            "stack": stack,
            "alpha": preset["alpha"] if alpha is None else alpha,
            "lr": lr,
            "clip": clip,
            "tune": preset["tune"] if tune is None else tune,
            "numbers": numbers,
            "form": form,
            "floor": floor,
            "multiplicative": preset["multiplicative"] if multiplicative is None else multiplicative,
            "trace": trace,
            "hypergradient": hypergradient,
            "schedule": schedule,
            "maximize": maximize,
            "shared": parse_truth("shared", shared),
            "compile": compile,
        }
        super().__init__(params, defaults | first_shown(defaults))

    def add_param_group(self, param_group: Group) -> None:
        """Add a group with hyperparameters of its own, or with the shared ones."""
        self._follow()
        i = len(self.param_groups)
        params = parameters.of_group(param_group, i)
        group = asked({**param_group, "params": params}, self.defaults)
        super().add_param_group(group)
        try:
            prepare(group, self._shared_with(i))
        except ValueError:
            del self.param_groups[i]
            raise
        self._follow()

    @outside_graphs
    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step of every level. A parameter without a gradient does not move or contribute.

        Args:
            closure: recomputes gradients and returns the loss.

        Returns:
            The closure's loss.
        """
        loss = None
        if closure is not None:
            if not callable(closure):
                raise TypeError(
                    f"closure: {type(closure).__name__} is given; a function is expected, or nothing."
                )
            with torch.enable_grad():
                loss = closure()
        sets = self._sets()
        held = [p for group in self.param_groups for p in group["params"]]
        if not same(held, self._held):
            free_removed(self.param_groups, self.state)
            self._held = held
        for indices in sets:
            self._step(indices)
        return loss

    def eval(self) -> None:
        """Put the weights to evaluate into the parameters, if they differ from the trained ones."""
        evaluated.put(self.param_groups, self._owners(), self.state)

    def train(self) -> None:
        """Restore the trained weights; the next `step` needs them."""
        for group in self.param_groups:
            evaluated.take_back(group["params"], self.state)

    def hyperparameters(self, group: int = 0) -> list[dict[str, float]]:
        """Every hyperparameter of a group in natural units, per level, bottom to top.

        If level 0 estimates its rate, as Prodigy does, it also has `effective_rate`, from the first step on.
        """
        first = next((indices for indices in self._sets() if group in indices), None)
        if first is None:
            places = f"a place in param_groups, from 0 to {len(self.param_groups) - 1}"
            raise ConfigError(f"{typed('group', group)}: {places}, is expected.")
        return hyperparameters_of(self._groups(first), self.state)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The first occurrence of each event: dicts of `step`, `group`, `level` and `event`."""
        found = [e for i, *_ in self._sets() for e in events_of(self.param_groups[i]["levels"], i)]
        return sorted(found, key=lambda event: event["step"])

    def state_dict(self) -> dict[str, Any]:
        """The whole state in plain containers: `torch.load(..., weights_only=True)` reads it.

        Every parameter that requires a gradient has a state, moved or not, as torch.distributed expects.
        """
        self._follow()
        completed = self.register_state_dict_post_hook(  # before those of users
            lambda _, saved: loading.complete(saved, self.param_groups, self._owners(), self.state),
            prepend=True,
        )
        with without_removed(self.param_groups, self.state), completed:
            return super().state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a copy of what `state_dict` returned; every tensor keeps its type.

        Raises:
            ConfigError: the state does not fit, or is incomplete; the optimizer stays as it was.
        """
        saved: dict[str, Any] = {}

        def check(_: Any, given: dict[str, Any]) -> dict[str, Any]:
            saved.update(loading.checked(given, self.param_groups, shared=self.defaults["shared"]))
            return saved

        first = self.register_load_state_dict_post_hook(
            lambda _: loading.take(saved, self.param_groups, self._owners(), self.state), prepend=True
        )
        with self.register_load_state_dict_pre_hook(check), first:  # after and before those of users
            super().load_state_dict(loading.mapping(state_dict))

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._warned, self._steppers, self._known, self._held, self._scratch = set(), {}, [], [], Scratch()
        self._follow()

    def __repr__(self) -> str:
        groups = []
        for group, owner in zip(self.param_groups, self._owners(), strict=True):
            _, *above = _arithmetic(owner).hyperparameters(owner["levels"])
            rates = [group["lr"], *(level["alpha"] for level in above)]
            of_levels = zip(group["stack"].split("/"), map(float, rates), strict=True)
            groups.append("/".join(f"{rule}({rate:.6g})" for rule, rate in of_levels))
        return f"HyperOptimizer({', '.join(groups)})"

    def _step(self, indices: list[int]) -> None:
        """Take a step of the groups `indices`, which share one set of hyperparameters."""
        owner, groups = self._owner(indices[0]), self._groups(indices)
        params = list(dict.fromkeys(p for i in indices for p in self.param_groups[i]["params"]))
        if params and owner["levels"].seen.device != params[0].device:
            owner.keep(levels=checkpoint.moved(owner["levels"], params[0].device))
        stepper = self._steppers.get(indices[0])
        if stepper is None:
            sharding.check_caller()
            stepper = Stepper(_arithmetic(owner), owner["compile"], self._scratch)
            self._steppers[indices[0]] = stepper
        averages = stepper.arithmetic.bottom.rule.averages
        if averages and any(evaluated.TRAINED in self.state[p] for p in params):
            raise RuntimeError("step() after eval(): call train() first; it puts the trained weights back.")
        like = owner["levels"].like
        alpha, of_lr = leading(groups).coming(like)
        rests = of_lr["share"] == 0
        if not owner["step"] and rests and not any(map(sharding.has_slope, params)):
            stepper.place(params, self.state)  # not a step: torch.distributed makes the state so
            return
        written = written_to(groups, like) | alpha
        shares = owner["share"], of_lr["share"]
        after = stepper.step(
            params, self.state, owner["levels"], written, owner["step"], shares, owner["rested"]
        )
        if after is None:
            return
        owner.keep(step=owner["step"] + 1, rested=owner["rested"] + rests, levels=after)
        values = stepper.natural(after)
        for group in groups:
            group.show(stepper.arithmetic.bottom.rule, values, of_lr)
        if may_be_new(after, owner["step"], values, sums=bool(stepper.arithmetic.bottom.rule.summed)):
            warn(events_of(after, indices[0]), dict(enumerate(owner["stack"].split("/"))), self._warned)

    def _sets(self) -> list[list[int]]:
        """Indices of the groups that share a set of hyperparameters; the first of them holds it."""
        self._follow()
        indices = range(len(self.param_groups))
        return [[*indices]] if self.defaults["shared"] else [[i] for i in indices]

    def _groups(self, indices: list[int]) -> list[ParamGroup]:
        return [cast("ParamGroup", self.param_groups[i]) for i in indices]

    def _owner(self, i: int) -> ParamGroup:
        """The group that holds the hyperparameters of group `i`."""
        return self._groups([0 if self.defaults["shared"] else i])[0]

    def _owners(self) -> list[ParamGroup]:
        self._follow()
        return [self._owner(i) for i in range(len(self.param_groups))]

    def _shared_with(self, i: int) -> ParamGroup | None:
        return self._owner(0) if self.defaults["shared"] and i > 0 else None

    def _follow(self) -> None:
        """Follow changes of `param_groups`: groups that were removed, loaded or put there."""
        if same(self.param_groups, self._known):
            return
        self._steppers.clear()
        hand_over(self.param_groups, self._known)
        for i in range(len(self.param_groups)):
            if "levels" not in (group := self.param_groups[i]):
                self._adopt(i)
            elif not (isinstance(group, ParamGroup) and group.is_live):
                self.param_groups[i] = restored(group, self._shared_with(i))
        hand_over(self.param_groups, self._known)
        self._known = list(self.param_groups)

    def _adopt(self, i: int) -> None:
        """Make a group from the settings that were put at index `i`."""
        group = self.param_groups.pop(i)
        try:
            self.add_param_group(group)
            group = self.param_groups.pop()
        finally:
            self.param_groups.insert(i, group)
