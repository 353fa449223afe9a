"""Adam with D-adaptation (Defazio and Mishchenko, 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.prodigy import estimate, rate_of
from hyperopt.optim.rules.rule import Hyper, Rule, State, safe_sqrt
from hyperopt.optim.spaces import LINEAR, UNIT_INTERVAL, Space

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class DadaptAdam(Rule):
    """Adam whose rate is a lower bound d of how far the solution lies from the start, which never falls.

        l = d * alpha                                 times sqrt(1 - beta2**t) / (1 - beta1**t) if corrected
        n = b * n + (1 - b) * l * <g, s / (sqrt(v) + eps)>        b = sqrt(beta2)
        s = b * s + (1 - b) * l * g                   <,> and |s| over all parameters
        m = beta1 * m + (1 - beta1) * l * g
        v = beta2 * v + (1 - beta2) * g**2
        d' = max(d, n / ((1 - b) * |s|_1))
        w = w - m / (sqrt(v) + eps) - l * weight_decay * w

    Hyperparameters, none of which is tuned:
        alpha: multiplies d.
        beta1: how much of m stays.
        beta2: how much of v stays.
        weight_decay: takes l times so much of the weight from it.
        d0: the bound at the start.

    State:
        m: the moving mean of l * g.
        v: the moving mean of squared gradients.
        s: the moving mean of l * g by which the bound goes.
        n: the numerator of the bound.
        d: the bound.

    Options:
        eps: keeps a divisor from 0.
        bias_correction: whether l corrects m and v for their start.

    References:
        Defazio and Mishchenko, "Learning-Rate-Free Learning by D-Adaptation", 2023,
        https://arxiv.org/abs/2301.07733.
    """

    hyperparameters: ClassVar[dict[str, float]] = {
        "alpha": 1.0,
        "beta1": 0.9,
        "beta2": 0.999,
        "weight_decay": 0.0,
        "d0": 1e-6,
    }
    options: ClassVar[dict[str, Any]] = {"eps": 1e-8, "bias_correction": False}
    constants: ClassVar[frozenset[str]] = frozenset(hyperparameters)
    common: ClassVar[frozenset[str]] = frozenset({"n", "d"})
    has_weight_decay: bool = False
    eps: float = 1e-8
    bias_correction: bool = False

    def space(self, name: str) -> Space:
        return UNIT_INTERVAL if name in ("beta1", "beta2") else LINEAR

    @property
    def uses_param(self) -> bool:
        return self.has_weight_decay

    @property
    def summed(self) -> tuple[str, ...]:
        return ("numerator", "denominator")

    def init(self, param: Tensor) -> State:
        none = param.new_zeros(())
        return {name: param.new_zeros(param.shape) for name in ("m", "v", "s")} | {"n": none, "d": none}

    def sums(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Hyper:
        rate = self._rate(state, hyper, step)
        direction = state["s"] / (safe_sqrt(state["v"]) + self.eps)
        s = self._sum(grad, state, hyper, rate)
        return {"numerator": rate * (grad * direction).sum(), "denominator": s.abs().sum()}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        beta1, beta2, b = hyper["beta1"], hyper["beta2"], hyper["beta2"].sqrt()
        rate = self._rate(state, hyper, step)
        n = b * state["n"] + (1 - b) * hyper["numerator"]
        m = beta1 * state["m"] + (1 - beta1) * rate * grad
        v = beta2 * state["v"] + (1 - beta2) * grad.square()
        s = self._sum(grad, state, hyper, rate)
        there = hyper["denominator"] > 0
        bound = (n / ((1 - b) * hyper["denominator"]).where(there, 1.0)).where(there, 0.0)
        update = m / (safe_sqrt(v) + self.eps)
        if self.has_weight_decay:
            update = update + rate * hyper["weight_decay"] * param
        d = estimate(state, hyper, step).maximum(bound)
        return update, {"m": m, "v": v, "s": s, "n": n, "d": d}

    def diagnostics(self, states: Mapping[str, State]) -> dict[str, Tensor]:
        """The bound `d`."""
        return {"d": next(iter(states.values()))["d"]}

    def _rate(self, state: State, hyper: Hyper, step: Tensor) -> Tensor:
        return rate_of(estimate(state, hyper, step), hyper, step, corrected=self.bias_correction)

    def _sum(self, grad: Tensor, state: State, hyper: Hyper, rate: Tensor) -> Tensor:
        b = hyper["beta2"].sqrt()
        return b * state["s"] + (1 - b) * rate * grad
