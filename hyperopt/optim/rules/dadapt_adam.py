"""Adam with D-adaptation (Defazio and Mishchenko, 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperopt.optim.rules.distance import DistanceEstimate
from hyperopt.optim.rules.rule import Hyper, State, safe_sqrt

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class DadaptAdam(DistanceEstimate):
    """Adam whose rate is a lower bound d of the distance from the start to the solution; d never falls.

        l = d * alpha                                 times sqrt(1 - beta2**t) / (1 - beta1**t) if corrected
        n = b * n + (1 - b) * l * <g, s / (sqrt(v) + eps)>        b = sqrt(beta2)
        s = b * s + (1 - b) * l * g                   <,> and |s| over all parameters
        m = beta1 * m + (1 - beta1) * l * g
        v = beta2 * v + (1 - beta2) * g**2
        d' = max(d, n / ((1 - b) * |s|_1))
        w = w - m / (sqrt(v) + eps) - l * weight_decay * w

    Hyperparameters, none of which is tuned:
        alpha: multiplies d.
        beta1: the share of m that is kept.
        beta2: the share of v that is kept.
        weight_decay: a step subtracts l * weight_decay * w from w.
        d0: the initial bound.

    State:
        m: the moving mean of l * g.
        v: the moving mean of squared gradients.
        s: the moving mean of l * g from which the bound is computed.
        n: the numerator of the bound.
        d: the bound.

    Options:
        eps: added to a divisor, which could be 0.
        bias_correction: whether l corrects m and v for their start.

    References:
        Defazio and Mishchenko, "Learning-Rate-Free Learning by D-Adaptation", 2023,
        https://arxiv.org/abs/2301.07733.
    """

    @property
    def uses_param(self) -> bool:
        return self.has_weight_decay

    def sums(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Hyper:
        rate = self.rate(state, hyper, step)
        direction = state["s"] / (safe_sqrt(state["v"]) + self.eps)
        s = self._sum(grad, state, hyper, rate)
        return {"numerator": rate * (grad * direction).sum(), "denominator": s.abs().sum()}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        beta1, beta2, b = hyper["beta1"], hyper["beta2"], hyper["beta2"].sqrt()
        rate = self.rate(state, hyper, step)
        n = b * state["n"] + (1 - b) * hyper["numerator"]
        m = beta1 * state["m"] + (1 - beta1) * rate * grad
        v = beta2 * state["v"] + (1 - beta2) * grad.square()
        s = self._sum(grad, state, hyper, rate)
        there = hyper["denominator"] > 0
        bound = (n / ((1 - b) * hyper["denominator"]).where(there, 1.0)).where(there, 0.0)
        update = m / (safe_sqrt(v) + self.eps)
        if self.has_weight_decay:
            update = update + rate * hyper["weight_decay"] * param
        d = self.estimate(state, hyper, step).maximum(bound)
        return update, {"m": m, "v": v, "s": s, "n": n, "d": d}

    def _sum(self, grad: Tensor, state: State, hyper: Hyper, rate: Tensor) -> Tensor:
        b = hyper["beta2"].sqrt()
        return b * state["s"] + (1 - b) * rate * grad
