"""Hyper-regularization (Xie, Jin, Lin and Zhang, 2018): an inverse learning rate per weight, never falling.

A step from x with gradient g solves, with b the inverse rates before it
(docs/reports/hyper_regularization.md, "Update rules"),

    max over beta, min over y:  <g, y - x> + 1/2 sum_j (beta_j (y_j - x_j)**2 - b_j phi(beta_j / b_j))

for one of four phi: KL, reverse KL, Hellinger, chi squared. Rules 1 solve it. Rules 2 and 3 alternate: beta
from the y of the old beta, and then the step is taken with the new beta (2) or with the old (3). With
r = beta / b and c = (g / b)**2 the solutions are r**2 phi'(r) = c (1) and phi'(r) = c (2, 3), both r >= 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.errors import ConfigError, shown
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
    """beta = b (1 + growth(c)), c = (g / b)**2;  w -= g / beta;  beta is 1 / alpha at first.

    The bounds [b, 2 b] are part of the maximisation: the objective is concave, so where its maximum lies
    above 2 b, or nowhere (past the pole c = 1 of rkl2, rkl3, hellinger2, hellinger3), beta is 2 b. Nothing is
    tuned.

    For `warm_steps` steps the rate is `warm_alpha`; beta starts after them. Weight decay moves the weight,
    w -= (g + weight_decay * w) / beta, and beta does not see it (docs/reports/hyper_regularization.md,
    "VGG-16").

    The state is beta * alpha - 1, so that float32 keeps growth of less than its own precision.

    Habits (docs/reports/hyper_regularization.md, "Growth clipping" and "Warm start"): `growth_clip`, off in
    the report's MNIST code alone; `beta_waits`, the first step leaves beta as it is; `beta_of`, one beta per
    coordinate, per tensor or for all; and of the four rules with a pole `past_pole`: beyond it the formula's
    value stands, which may be negative, and which clipping takes for no growth.
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
            raise ConfigError(f"beta_of={shown(self.beta_of)}: one of {', '.join(BETA_OF)} is expected.")

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
    def uses_whole_gradient(self) -> bool:
        return self.beta_of == "all"

    def init(self, param: Tensor) -> State:
        one = param.new_zeros(())
        state = {"excess": param.new_zeros(param.shape) if self.beta_of == "coordinate" else one}
        return state | {"negative": one, "negative_from": one} if self.counts_negative else state

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


class Kl(HyperRegularization):
    """phi(t) = t log t - t + 1."""

    largest: ClassVar[tuple[float, float]] = (4 * math.log(2), math.log(2))

    def exact(self, c: Tensor) -> Tensor:
        """Growth to r = exp(l), l exp(2 l) = c, by Newton's method from above."""
        log = c.minimum((2 * c).log1p() / 2)
        for _ in range(_iterations(clipped=self.growth_clip)):
            log = log - (log - c * (-2 * log).exp()) / (1 + 2 * log)
        return log.expm1()

    def alternating(self, c: Tensor) -> Tensor:
        """Growth to r = exp(c)."""
        return c.expm1()


class Rkl(HyperRegularization):
    """phi(t) = t - log t - 1."""

    largest: ClassVar[tuple[float, float]] = (2.0, 0.5)
    pole: ClassVar[float] = 1.0

    def exact(self, c: Tensor) -> Tensor:
        """Growth to r = (1 + sqrt(1 + 4 c)) / 2."""
        return 2 * c / (1 + (1 + 4 * c).sqrt())

    def alternating(self, c: Tensor) -> Tensor:
        """Growth to r = 1 / (1 - c)."""
        return c / (1 - c)


class Hellinger(HyperRegularization):
    """phi(t) = (sqrt(t) - 1)**2."""

    largest: ClassVar[tuple[float, float]] = (4 - 2 * math.sqrt(2), 1 - math.sqrt(0.5))
    pole: ClassVar[float] = 1.0

    def exact(self, c: Tensor) -> Tensor:
        """Growth to r = (1 + s)**2, s (1 + s)**3 = c, by Newton's method from above."""
        s = c.minimum(c.sqrt().sqrt())
        for _ in range(_iterations(clipped=self.growth_clip)):
            s = s - (s * (1 + s) ** 3 - c) / ((1 + s).square() * (1 + 4 * s))
        return 2 * s + s.square()

    def alternating(self, c: Tensor) -> Tensor:
        """Growth to r = 1 / (1 - c)**2."""
        return c * (2 - c) / (1 - c).square()


class Chi(HyperRegularization):
    """phi(t) = (t - 1)**2."""

    largest: ClassVar[tuple[float, float]] = (8.0, 2.0)

    def exact(self, c: Tensor) -> Tensor:
        """Growth to r = 1 + s, s (1 + s)**2 = c / 2, by Newton's method from above."""
        s = (c / 2).minimum((c / 2) ** (1 / 3))
        for _ in range(_iterations(clipped=self.growth_clip)):
            s = s - (s * (1 + s).square() - c / 2) / ((1 + s) * (1 + 3 * s))
        return s

    def alternating(self, c: Tensor) -> Tensor:
        """Growth to r = 1 + c / 2."""
        return c / 2


def _iterations(*, clipped: bool) -> int:
    """Until Newton's method is as good as float64: growth up to 2, or without limit."""
    return 6 if clipped else 12


class Kl1(Kl):
    """KL, exact."""

    algorithm: ClassVar[int] = 1


class Kl2(Kl):
    """KL, alternating, the step with the new beta."""

    algorithm: ClassVar[int] = 2


class Kl3(Kl):
    """KL, alternating, the step with the old beta."""

    algorithm: ClassVar[int] = 3


class Rkl1(Rkl):
    """Reverse KL, exact."""

    algorithm: ClassVar[int] = 1


class Rkl2(Rkl):
    """Reverse KL, alternating, the step with the new beta."""

    algorithm: ClassVar[int] = 2
    habits: ClassVar[dict[str, tuple[Any, Any]]] = Rkl.habits | PAST_POLE


@dataclass(frozen=True)
class Rkl3(Rkl):
    """Reverse KL, alternating, the step with the old beta.

    Habit `rkl3_as_rkl2`: with the new beta, as in the report's code, where the two are one
    (docs/reports/hyper_regularization.md, "Update rules").
    """

    algorithm: ClassVar[int] = 3
    habits: ClassVar[dict[str, tuple[Any, Any]]] = Rkl.habits | PAST_POLE | {"rkl3_as_rkl2": (False, True)}
    rkl3_as_rkl2: bool = False

    @property
    def steps_with_old(self) -> bool:
        return not self.rkl3_as_rkl2


class Hellinger1(Hellinger):
    """Hellinger, exact."""

    algorithm: ClassVar[int] = 1


class Hellinger2(Hellinger):
    """Hellinger, alternating, the step with the new beta."""

    algorithm: ClassVar[int] = 2
    habits: ClassVar[dict[str, tuple[Any, Any]]] = Hellinger.habits | PAST_POLE


class Hellinger3(Hellinger):
    """Hellinger, alternating, the step with the old beta."""

    algorithm: ClassVar[int] = 3
    habits: ClassVar[dict[str, tuple[Any, Any]]] = Hellinger.habits | PAST_POLE


class Chi1(Chi):
    """Chi squared, exact."""

    algorithm: ClassVar[int] = 1


class Chi2(Chi):
    """Chi squared, alternating, the step with the new beta."""

    algorithm: ClassVar[int] = 2


class Chi3(Chi):
    """Chi squared, alternating, the step with the old beta."""

    algorithm: ClassVar[int] = 3
