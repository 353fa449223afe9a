"""Python code that creates a method of the study in a training loop, from the settings of its runs."""

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
"""Rules that torch.optim also has, with the same defaults."""
SET = ("multiplicative", "trace", "hypergradient")
"""Keys of a run's procedure that are arguments of `HyperOptimizer`."""


@dataclass(frozen=True)
class Recipe:
    """How to create a method.

    Attributes:
        stack: its rules, bottom to top.
        above: the initial rate of each level above 0.
        settings: keyword arguments that are not at their defaults.
        cosine: whether the learning rate has a cosine schedule.
        warmup: the share of all steps in which the rate first rises linearly.
    """

    stack: tuple[str, ...]
    above: tuple[float, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    cosine: bool = False
    warmup: float = 0.0

    def lines(self, *, rated: bool) -> tuple[str, ...]:
        """Return lines of Python that use the variables `model`, `rate` and, for a schedule, `steps`.

        Args:
            rated: whether to set the learning rate to `rate`, rather than leave it at its default.
        """
        made = f"opt = {self._optimizer(rated=rated)}"
        return ("from math import cos, pi", made, *_schedule(self.warmup)) if self.cosine else (made,)

    def _optimizer(self, *, rated: bool) -> str:
        words = ["model.parameters()"]
        stack, top = "/".join(self.stack), self.above[-1:]
        name = OF_TORCH.get(stack, "HyperOptimizer")
        keywords = dict(self.settings)
        if self.above == default_alphas(self.stack)[1:]:
            rates = {"lr": "rate"} if rated else {}
        elif self.above[:-1] == default_alphas(self.stack)[1:-1]:
            rates = {**({"lr": "rate"} if rated else {}), "alpha": f"{top[0]:g}"}
        else:
            lowest = "rate" if rated else f"{default_alphas(self.stack)[0]:g}"
            rates = {"alpha": f"({', '.join([lowest, *(f'{alpha:g}' for alpha in self.above)])})"}
        default = {**WITHOUT_STACK, "alpha": (WITHOUT_STACK["alpha"],)}
        if {"stack": stack, "alpha": top, **keywords} == default:
            keywords, rates = {}, {key: text for key, text in rates.items() if key == "lr"}
        elif name == "HyperOptimizer":
            words.append(f'"{stack}"')
        words += [f"{key}={text}" for key, text in rates.items()]
        words += [f"{key}={value!r}" for key, value in keywords.items()]
        return f"{name}({', '.join(words)})"


def recipe_of(run: Run, knob: str) -> Recipe:
    """Return the recipe of a run's method.

    Args:
        run: a run with form=textbook.
        knob: the hyperparameter of level 0 that the study varies, which the recipe leaves out.
    """
    rule = find(run.stack[0]).hyperparameters
    settings: dict[str, Any] = {k: n for k, n in run.numbers.items() if k != knob and n != rule[k]}
    usual = UNTRACED | WITH_STACK
    settings |= {key: run.procedure[key] for key in SET if run.procedure[key] != usual[key]}
    if any(run.clip):
        settings["clip"] = True if all(run.clip) else list(run.clip)
    if len(run.stack) > 1 and run.tune != parsing.parse_tune("all", run.stack, run.numbers):
        settings["tune"] = run.tune[0] if len(run.tune) == 1 else list(run.tune)
    cosine = run.procedure["schedule"] == COSINE
    return Recipe(run.stack, run.alpha[1:], settings, cosine, float(run.procedure["warmup"]))


def _schedule(warmup: float) -> tuple[str, ...]:
    """Return lines of Python that create a cosine schedule with linear warm-up."""
    plan = "plan = torch.optim.lr_scheduler.LambdaLR(opt, factor)  # plan.step() after each opt.step()"
    if not warmup:
        return "factor = lambda t: (1 + cos(pi * t / steps)) / 2", plan
    fallen = "(1 + cos(pi * max(t - rising, 0) / (steps - rising))) / 2"
    rising = f"rising = round({warmup:g} * steps)"
    return rising, f"factor = lambda t: min((t + 1) / rising, {fallen})", plan
