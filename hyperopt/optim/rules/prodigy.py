"""Prodigy (Mishchenko and Defazio, 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperopt.optim.rules.distance import DistanceEstimate
from hyperopt.optim.rules.rule import Hyper, State, safe_sqrt

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Prodigy(DistanceEstimate):
    """Adam whose rate is an estimate d of the distance from the start to the solution; d never falls.

        l = d * alpha                                 times sqrt(1 - beta2**t) / (1 - beta1**t) if corrected
        n = beta3 * n + (d / d0) * l * <g, w0 - w>    <,> and |s| over all parameters
        s = beta3 * s + (d / d0) * l * g              beta3 = sqrt(beta2)
        m = beta1 * m + (1 - beta1) * d * g
        v = beta2 * v + (1 - beta2) * (d * g)**2
        d' = max(d, n / |s|_1)
        w = w - l * (m / (sqrt(v) + d' * eps) + weight_decay * w)

    Hyperparameters, none of which is tuned:
        alpha: multiplies d.
        beta1: the share of m that is kept.
        beta2: the share of v that is kept.
        weight_decay: a step subtracts l * weight_decay * w from w.
        d0: the initial estimate.

    State:
        start: w0, the weights before the first step.
        m: the moving mean of d * g.
        v: the moving mean of (d * g)**2.
        s: the moving sum of gradients.
        n: the numerator of the estimate.
        d: the estimate.

    Options:
        eps: added to a divisor, which could be 0.
        bias_correction: whether l corrects m and v for their start.

    References:
        Mishchenko and Defazio, "Prodigy: An Expeditiously Adaptive Parameter-Free Learner", 2023,
        https://arxiv.org/abs/2306.06101.
    """

    @property
    def uses_param(self) -> bool:
        return True

    def init(self, param: Tensor) -> State:
        return super().init(param) | {"start": param.clone()}

    def sums(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Hyper:
        scale = self._scale(state, hyper, step)
        gained = scale * (grad * (state["start"] - param)).sum()
        return {"numerator": gained, "denominator": self._sum(grad, state, hyper, scale).abs().sum()}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        beta1, beta2 = hyper["beta1"], hyper["beta2"]
        d = self.estimate(state, hyper, step)
        rate = self.rate(state, hyper, step)
        n = beta2.sqrt() * state["n"] + hyper["numerator"]
        m = beta1 * state["m"] + (1 - beta1) * d * grad
        v = beta2 * state["v"] + (1 - beta2) * (d * grad).square()
        there = hyper["denominator"] > 0
        grown = d.maximum((n / hyper["denominator"].where(there, 1.0)).where(there, 0.0))
        update = rate * m / (safe_sqrt(v) + grown * self.eps)
        if self.has_weight_decay:
            update = update + rate * hyper["weight_decay"] * param
        s = self._sum(grad, state, hyper, self._scale(state, hyper, step))
        return update, {"start": state["start"], "m": m, "v": v, "s": s, "n": n, "d": grown}

    def _scale(self, state: State, hyper: Hyper, step: Tensor) -> Tensor:
        return self.estimate(state, hyper, step) / hyper["d0"] * self.rate(state, hyper, step)

    def _sum(self, grad: Tensor, state: State, hyper: Hyper, scale: Tensor) -> Tensor:
        return hyper["beta2"].sqrt() * state["s"] + scale * grad
