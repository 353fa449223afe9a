"""What makes a method of the study in a training loop: lines of Python, from the settings of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hyperopt.config import Run
from hyperopt.optim import parsing
from hyperopt.optim.defaults import default_alphas
from hyperopt.optim.group_settings import WITH_STACK, WITHOUT_STACK
from hyperopt.optim.rules import find
from hyperopt.optim.schedule import COSINE
from hyperopt.optim.stack_settings import UNTRACED

OF_TORCH = {"adam": "torch.optim.Adam", "adamw": "torch.optim.AdamW"}
"""Rules that torch has too, with the same defaults."""
SET = ("multiplicative", "trace", "hypergradient")
"""Settings of a stack that are keys of a run's procedure."""


@dataclass(frozen=True)
class Recipe:
    """How a method is made.

    Attributes:
        stack: its rules, bottom to top.
        above: the initial rate of each level above 0.
        settings: keywords that are not at their defaults.
        cosine: whether its rate falls as half a cosine.
        warmup: the share of all steps in which the rate rises first.
    """

    stack: tuple[str, ...]
    above: tuple[float, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    cosine: bool = False
    warmup: float = 0.0

    def lines(self, *, rated: bool) -> tuple[str, ...]:
        """Python, of a `model`.

        Args:
            rated: whether a `rate` is given to it; otherwise it is at its default. The schedule is of so many
                `steps`.
        """
        made = f"opt = {self._optimizer(rated=rated)}"
        return ("from math import cos, pi", made, *_schedule(self.warmup)) if self.cosine else (made,)

    def _optimizer(self, *, rated: bool) -> str:
        words = ["model.parameters()"]
        stack, top = "/".join(self.stack), self.above[-1:]
        name = OF_TORCH.get(stack, "HyperOptimizer")
        told = dict(self.settings)
        if self.above == default_alphas(self.stack)[1:]:
            rates = {"lr": "rate"} if rated else {}
        elif self.above[:-1] == default_alphas(self.stack)[1:-1]:
            rates = {**({"lr": "rate"} if rated else {}), "alpha": f"{top[0]:g}"}
        else:
            lowest = "rate" if rated else f"{default_alphas(self.stack)[0]:g}"
            rates = {"alpha": f"({', '.join([lowest, *(f'{alpha:g}' for alpha in self.above)])})"}
        if {"stack": stack, "alpha": top, **told} == {**WITHOUT_STACK, "alpha": (WITHOUT_STACK["alpha"],)}:
            told, rates = {}, {key: text for key, text in rates.items() if key == "lr"}
        elif name == "HyperOptimizer":
            words.append(f'"{stack}"')
        words += [f"{key}={text}" for key, text in rates.items()]
        words += [f"{key}={value!r}" for key, value in told.items()]
        return f"{name}({', '.join(words)})"


def recipe_of(run: Run, knob: str) -> Recipe:
    """How the method of a run is made.

    Args:
        run: of the textbook's form.
        knob: the hyperparameter of level 0 that is its rate, or in its place, which `lines` leaves open.
    """
    rule = find(run.stack[0]).hyperparameters
    told: dict[str, Any] = {name: n for name, n in run.numbers.items() if name != knob and n != rule[name]}
    usual = UNTRACED | WITH_STACK
    told |= {key: run.procedure[key] for key in SET if run.procedure[key] != usual[key]}
    if any(run.clip):
        told["clip"] = True if all(run.clip) else list(run.clip)
    if len(run.stack) > 1 and run.tune != parsing.parse_tune("all", run.stack, run.numbers):
        told["tune"] = run.tune[0] if len(run.tune) == 1 else list(run.tune)
    return Recipe(
        run.stack, run.alpha[1:], told, run.procedure["schedule"] == COSINE, float(run.procedure["warmup"])
    )


def _schedule(warmup: float) -> tuple[str, ...]:
    """The plan of a rate that falls as half a cosine, after a rise in a straight line."""
    plan = "plan = torch.optim.lr_scheduler.LambdaLR(opt, factor)  # plan.step() after each opt.step()"
    if not warmup:
        return "factor = lambda t: (1 + cos(pi * t / steps)) / 2", plan
    fallen = "(1 + cos(pi * max(t - rising, 0) / (steps - rising))) / 2"
    rising = f"rising = round({warmup:g} * steps)"
    return rising, f"factor = lambda t: min((t + 1) / rising, {fallen})", plan
