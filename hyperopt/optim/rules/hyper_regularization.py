"""Hyper-regularization: the common part of its twelve rules."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.errors import ConfigError, typed
from hyperopt.optim.rules.rule import Hyper, Rule, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

BETA_OF = ("coordinate", "tensor", "all")
LARGEST_GROWTH = 2.0
"""Growth clipping keeps beta between b and this multiple of b."""
PAST_POLE = {"past_pole": (False, True)}


@dataclass(frozen=True)
class HyperRegularization(Rule):
    """An inverse learning rate per weight, which grows with the gradients and never falls.

        c = (g / beta)**2
        beta' = beta * r        r**2 phi'(r) = c in rules 1, phi'(r) = c in rules 2 and 3
        w = w - g / beta'       in rules 3 w = w - g / beta

    With b the inverse rates before the step, each r solves, or takes one alternating step towards solving,

        max over beta, min over y:  <g, y - w> + 1/2 sum_j (beta_j (y_j - w_j)**2 - b_j phi(beta_j / b_j))

    Rules 1 solve it; in rules 2 and 3 beta is the best answer to the y of the old beta. phi belongs to the
    KL, reverse KL, Hellinger or chi-squared divergence. The bounds [b, 2 b] are part of the maximisation. The
    objective is concave, so beta is 2 b if the maximum lies above 2 b, or if there is none (past the pole
    c = 1 of rkl2, rkl3, hellinger2 and hellinger3).

    Hyperparameters, none of which is tuned:
        alpha: 1 / beta before the first step.
        weight_decay: w = w - (g + weight_decay * w) / beta'; beta does not depend on it
            (docs/reports/hyper_regularization.md, "VGG-16").
        warm_steps: the number of first steps, whose rate is warm_alpha; beta starts after them.
        warm_alpha: the learning rate of those steps.

    State:
        excess: beta * alpha - 1, so that float32 keeps growth that is small beside 1.
        negative: the number of negative betas, summed over all steps, if a beta can be negative.
        negative_from: the first step with a negative beta, 0 for none, if a beta can be negative.

    Habits (docs/reports/hyper_regularization.md, "Growth clipping" and "Warm start"):
        growth_clip: whether 2 b bounds beta; only the report's MNIST code has no such bound.
        beta_of: "coordinate", "tensor" or "all": one beta for each coordinate, for each tensor, or for all.
        beta_waits: whether the first step leaves beta as it is.
        past_pole: whether, in the four rules with a pole, the formula's value is used beyond it. That may be
            negative, which clipping turns into no growth.

    References:
        Xie, Jin, Lin and Zhang, "Hyper-Regularization: An Adaptive Choice for the Learning Rate in Gradient
        Descent", 2018, https://openreview.net/forum?id=S1e_ssC5F7;
        docs/reports/hyper_regularization.md, "Update rules".
    """

    hyperparameters: ClassVar[dict[str, float]] = {
        "alpha": 0.01,
        "weight_decay": 0.0,
        "warm_steps": 0.0,
        "warm_alpha": 0.01,
    }
    constants: ClassVar[frozenset[str]] = frozenset(hyperparameters)
    habits: ClassVar[dict[str, tuple[Any, Any]]] = {
        "growth_clip": (True, True),
        "beta_of": ("coordinate", "coordinate"),
        "beta_waits": (False, True),
    }
    algorithm: ClassVar[int]
    largest: ClassVar[tuple[float, float]]
    """The c from which growth is clipped: of the exact form, and of the alternating one."""
    pole: ClassVar[float] = math.inf
    """The c from which no finite beta attains the alternating maximum."""

    growth_clip: bool = True
    beta_of: str = "coordinate"
    beta_waits: bool = False
    past_pole: bool = False
    has_weight_decay: bool = False

    def __post_init__(self) -> None:
        if self.beta_of not in BETA_OF:
            raise ConfigError(f"{typed('beta_of', self.beta_of)}: one of {', '.join(BETA_OF)} is expected.")

    def exact(self, c: Tensor) -> Tensor:
        """The growth r - 1 with r**2 phi'(r) = c, for each element."""
        raise NotImplementedError

    def alternating(self, c: Tensor) -> Tensor:
        """The growth r - 1 with phi'(r) = c, for each element; beyond the pole, the formula's value."""
        raise NotImplementedError

    def growth(self, c: Tensor) -> Tensor:
        """The growth r - 1 of this rule with its habits, for each element."""
        if self.algorithm == 1:
            return self.exact(c.clamp(max=self.largest[0]) if self.growth_clip else c)
        if self.past_pole:
            growth = self.alternating(c)
            return growth.clamp(0.0, LARGEST_GROWTH - 1) if self.growth_clip else growth
        if self.growth_clip:
            return self.alternating(c.clamp(max=self.largest[1]))
        return self.alternating(c).masked_fill(c >= self.pole, math.inf)

    @property
    def counts_negative(self) -> bool:
        """Whether a beta can become negative."""
        return self.past_pole and not self.growth_clip

    @property
    def steps_with_old(self) -> bool:
        """Whether the weights move by the old beta."""
        return self.algorithm == 3

    @property
    def uses_param(self) -> bool:
        return self.has_weight_decay

    @property
    def summed(self) -> tuple[str, ...]:
        return ("squared_norm",) if self.beta_of == "all" else ()

    def init(self, param: Tensor) -> State:
        one = param.new_zeros(())
        state = {"excess": param.new_zeros(param.shape) if self.beta_of == "coordinate" else one}
        return state | {"negative": one, "negative_from": one} if self.counts_negative else state

    def sums(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Hyper:
        return {"squared_norm": grad.square().sum()}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        warm = step <= hyper["warm_steps"]
        alpha = hyper["warm_alpha"].where(warm, hyper["alpha"])
        excess = state["excess"]
        waits = warm | (step == hyper["warm_steps"] + 1) if self.beta_waits else warm
        growth = self.growth(self._squared(grad, hyper) * (alpha / (1 + excess)).square())
        grown = excess + (1 + excess) * growth
        after = grown.where((growth != 0) & ~waits, excess)  # inf * 0 would be NaN
        if self.has_weight_decay:
            grad = grad + hyper["weight_decay"] * param
        update = alpha * grad / (1 + (excess if self.steps_with_old else after))
        return update, {"excess": after} | self._negatives(state, after, step)

    def diagnostics(self, states: Mapping[str, State]) -> dict[str, Tensor]:
        """The ratio of beta to its start, beta * alpha: `beta_median`, `beta_mean` and `beta_max` over all.

        If a beta can become negative, there are also `negative_betas`, their number summed over all steps so
        far, and `negative_from`, the first step with one, 0 for none.
        """
        import torch

        ratio = 1 + torch.cat([state["excess"].flatten() for state in states.values()])
        told = {"beta_median": ratio.median(), "beta_mean": ratio.mean(), "beta_max": ratio.max()}
        if not self.counts_negative:
            return told
        since = torch.stack([state["negative_from"] for state in states.values()])
        since = since.where(since > 0, math.inf).min()
        counts = torch.stack([state["negative"] for state in states.values()])
        return told | {"negative_betas": counts.sum(), "negative_from": since.where(since.isfinite(), 0.0)}

    def _squared(self, grad: Tensor, hyper: Hyper) -> Tensor:
        """The squared gradient that each beta depends on."""
        if self.beta_of == "all":
            return hyper["squared_norm"]
        return grad.square().sum() if self.beta_of == "tensor" else grad.square()

    def _negatives(self, state: State, excess: Tensor, step: Tensor) -> State:
        if not self.counts_negative:
            return {}
        count = (excess < -1).sum()
        since = state["negative_from"]
        return {
            "negative": state["negative"] + count,
            "negative_from": since.where((since > 0) | (count == 0), step.to(since.dtype)),
        }


def iterations(*, clipped: bool) -> int:
    """The number of Newton steps that reach the precision of float64: for r up to 2, or for any r."""
    return 6 if clipped else 12
