"""Hyper-regularization: what its twelve rules have in common."""

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
"""Growth clipping keeps beta between b and so many b."""
PAST_POLE = {"past_pole": (False, True)}


@dataclass(frozen=True)
class HyperRegularization(Rule):
    """An inverse learning rate per weight, which grows with the gradients and never falls.

        c = (g / beta)**2
        beta' = beta * r        r**2 phi'(r) = c in rules 1, phi'(r) = c in rules 2 and 3
        w = w - g / beta'       in rules 3 w = w - g / beta

    Each r solves, or takes one alternating step towards solving, with b the inverse rates before it,

        max over beta, min over y:  <g, y - w> + 1/2 sum_j (beta_j (y_j - w_j)**2 - b_j phi(beta_j / b_j))

    Rules 1 solve it; in rules 2 and 3 beta answers the y of the old beta. phi is of KL, reverse KL, Hellinger
    or chi squared. The bounds [b, 2 b] are part of the maximisation: the objective is concave, so where its
    maximum lies above 2 b, or nowhere (past the pole c = 1 of rkl2, rkl3, hellinger2, hellinger3), beta is
    2 b.

    Hyperparameters, none of which is tuned:
        alpha: 1 / beta before the first step.
        weight_decay: moves the weight, w = w - (g + weight_decay * w) / beta', and beta does not see it
            (docs/reports/hyper_regularization.md, "VGG-16").
        warm_steps: for so many steps the rate is warm_alpha; beta starts after them.
        warm_alpha: the learning rate of those steps.

    State:
        excess: beta * alpha - 1, so that float32 keeps growth of less than its own precision.
        negative: how many betas were negative over all steps; where one can be.
        negative_from: the first step that made one, 0 for none; where one can be.

    Habits (docs/reports/hyper_regularization.md, "Growth clipping" and "Warm start"):
        growth_clip: whether 2 b bounds beta; off in the report's MNIST code alone.
        beta_of: "coordinate", "tensor" or "all": one beta for each coordinate, for each tensor, or for all.
        beta_waits: the first step leaves beta as it is.
        past_pole, of the four rules with a pole: beyond it the formula's value stands, which may be negative,
            and which clipping takes for no growth.

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
    """The c from which growth is clipped: exact, alternating."""
    pole: ClassVar[float] = math.inf
    """The c from which the alternating maximum is at no finite beta."""

    growth_clip: bool = True
    beta_of: str = "coordinate"
    beta_waits: bool = False
    past_pole: bool = False
    has_weight_decay: bool = False

    def __post_init__(self) -> None:
        if self.beta_of not in BETA_OF:
            raise ConfigError(f"{typed('beta_of', self.beta_of)}: one of {', '.join(BETA_OF)} is expected.")

    def exact(self, c: Tensor) -> Tensor:
        """Growth r - 1, where r**2 phi'(r) = c."""
        raise NotImplementedError

    def alternating(self, c: Tensor) -> Tensor:
        """Growth r - 1, where phi'(r) = c, for c below the pole; beyond it what the formula gives."""
        raise NotImplementedError

    def growth(self, c: Tensor) -> Tensor:
        """Growth r - 1, as the rule's options have it."""
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
        """Whether the step is taken with the beta before."""
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
        after = grown.where((growth != 0) & ~waits, excess)  # no growth of an infinite beta is no NaN
        if self.has_weight_decay:
            grad = grad + hyper["weight_decay"] * param
        update = alpha * grad / (1 + (excess if self.steps_with_old else after))
        return update, {"excess": after} | self._negatives(state, after, step)

    def diagnostics(self, states: Mapping[str, State]) -> dict[str, Tensor]:
        """How far beta is from its start, beta * alpha: `beta_median`, `beta_mean`, `beta_max` over all.

        Where a beta can become negative also `negative_betas`, over all steps so far how many there were, and
        `negative_from`, the first step that made one, 0 for none.
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
        """g**2 in units of one beta."""
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
    """How many steps of Newton's method reach float64: for growth up to 2, or without limit."""
    return 6 if clipped else 12
