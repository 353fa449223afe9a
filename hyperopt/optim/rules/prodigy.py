"""Prodigy (Mishchenko and Defazio, 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.rule import Hyper, Rule, State, safe_sqrt
from hyperopt.optim.spaces import LINEAR, UNIT_INTERVAL, Space

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Prodigy(Rule):
    """Adam whose rate is an estimate d of how far the solution lies from the start, which never falls.

        l = d * alpha                                 times sqrt(1 - beta2**t) / (1 - beta1**t) if corrected
        n = beta3 * n + (d / d0) * l * <g, w0 - w>    <,> and |s| over all parameters
        s = beta3 * s + (d / d0) * l * g              beta3 = sqrt(beta2)
        m = beta1 * m + (1 - beta1) * d * g
        v = beta2 * v + (1 - beta2) * (d * g)**2
        d' = max(d, n / |s|_1)
        w = w - l * (m / (sqrt(v) + d' * eps) + weight_decay * w)

    Hyperparameters, none of which is tuned:
        alpha: multiplies d.
        beta1: how much of m stays.
        beta2: how much of v stays.
        weight_decay: takes l times so much of the weight from it.
        d0: the estimate at the start.

    State:
        start: w0, the weights before the first step.
        m: the moving mean of d * g.
        v: the moving mean of its square.
        s: the moving sum of gradients.
        n: the numerator of the estimate.
        d: the estimate.

    Options:
        eps: keeps a divisor from 0.
        bias_correction: whether l corrects m and v for their start.

    References:
        Mishchenko and Defazio, "Prodigy: An Expeditiously Adaptive Parameter-Free Learner", 2023,
        https://arxiv.org/abs/2306.06101.
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
        return True

    @property
    def summed(self) -> tuple[str, ...]:
        return ("numerator", "denominator")

    def init(self, param: Tensor) -> State:
        state = {name: param.new_zeros(param.shape) for name in ("m", "v", "s")}
        return state | {"start": param.clone(), "n": param.new_zeros(()), "d": param.new_zeros(())}

    def sums(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Hyper:
        d = estimate(state, hyper, step)
        rate = rate_of(d, hyper, step, corrected=self.bias_correction)
        gained = d / hyper["d0"] * rate * (grad * (state["start"] - param)).sum()
        return {"numerator": gained, "denominator": self._sum(grad, state, hyper, step).abs().sum()}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        beta1, beta2 = hyper["beta1"], hyper["beta2"]
        d = estimate(state, hyper, step)
        rate = rate_of(d, hyper, step, corrected=self.bias_correction)
        n = beta2.sqrt() * state["n"] + hyper["numerator"]
        m = beta1 * state["m"] + (1 - beta1) * d * grad
        v = beta2 * state["v"] + (1 - beta2) * (d * grad).square()
        there = hyper["denominator"] > 0
        grown = d.maximum((n / hyper["denominator"].where(there, 1.0)).where(there, 0.0))
        update = rate * m / (safe_sqrt(v) + grown * self.eps)
        if self.has_weight_decay:
            update = update + rate * hyper["weight_decay"] * param
        s = self._sum(grad, state, hyper, step)
        return update, {"start": state["start"], "m": m, "v": v, "s": s, "n": n, "d": grown}

    def diagnostics(self, states: Mapping[str, State]) -> dict[str, Tensor]:
        """The estimate `d`."""
        return {"d": next(iter(states.values()))["d"]}

    def _sum(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor) -> Tensor:
        d = estimate(state, hyper, step)
        rate = rate_of(d, hyper, step, corrected=self.bias_correction)
        return hyper["beta2"].sqrt() * state["s"] + d / hyper["d0"] * rate * grad


def estimate(state: State, hyper: Hyper, step: Tensor) -> Tensor:
    """The estimate d before a step."""
    return hyper["d0"].where(step == 1, state["d"])


def rate_of(d: Tensor, hyper: Hyper, step: Tensor, *, corrected: bool) -> Tensor:
    """The rate l, corrected for the start of Adam's means or not."""
    rate = d * hyper["alpha"]
    if corrected:
        rate = rate * (1 - hyper["beta2"] ** step).sqrt() / (1 - hyper["beta1"] ** step)
    return rate
