"""NAdam (Dozat, 2016)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.adam import EPS
from hyperopt.optim.rules.rule import Hyper, State, safe_sqrt
from hyperopt.optim.rules.weight_decay import WithWeightDecay
from hyperopt.optim.spaces import LINEAR, UNIT_INTERVAL, Space

if TYPE_CHECKING:
    from torch import Tensor

MOMENTUM_DECAY = 4e-3
TERMS = 54
"""The number of terms of a series: later ones are lost in float64, as term k is below 2**-k of the first."""
SLOWEST = 1e-12
"""The least momentum decay of the series, in which one of 0 would divide 0 by 0."""


@dataclass(frozen=True)
class Nadam(WithWeightDecay):
    """Adam with Nesterov's momentum: a step takes today's gradient, and the mean with tomorrow's share.

        mu_t = beta1 * (1 - 0.96**(t * momentum_decay) / 2)           M_t = mu_1 * ... * mu_t
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2                            v_hat = v / (1 - beta2**t)
        n = (1 - mu_t) * g / (1 - M_t) + mu_(t + 1) * m / (1 - M_(t + 1))
        w = w - alpha * n / (sqrt(v_hat) + eps)

    This is torch.optim.NAdam; t counts steps from 1. If beta1 changes, M_t is computed from the current
    beta1, as Adam's corrections are: it is beta1**t times a factor that depends on t alone. Torch's M_t is
    the product of mu_t as each step had it.

    Hyperparameters:
        alpha: the learning rate.
        beta1: the share of m that is kept.
        beta2: the share of v that is kept.

    State:
        m: the moving mean of gradients.
        v: the moving mean of squared gradients.

    Options:
        eps: added to a divisor, which could be 0.
        momentum_decay: how fast mu_t rises from half of beta1 to beta1.

    References:
        Dozat, "Incorporating Nesterov Momentum into Adam", 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ.
    """

    hyperparameters: ClassVar[dict[str, float]] = {
        "alpha": 0.002,
        "beta1": 0.9,
        "beta2": 0.999,
        "weight_decay": 0.0,
    }
    elementwise: ClassVar[bool] = True
    options: ClassVar[dict[str, Any]] = {"eps": EPS, "momentum_decay": MOMENTUM_DECAY}
    eps: float = EPS
    momentum_decay: float = MOMENTUM_DECAY

    def space(self, name: str) -> Space:
        return LINEAR if name == "alpha" else UNIT_INTERVAL

    def init(self, param: Tensor) -> State:
        return {"m": param.new_zeros(param.shape), "v": param.new_zeros(param.shape)}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        beta1, beta2 = hyper["beta1"], hyper["beta2"]
        m = beta1 * state["m"] + (1 - beta1) * grad
        v = beta2 * state["v"] + (1 - beta2) * grad.square()
        today, tomorrow = beta1 * self.warmth(step), beta1 * self.warmth(step + 1)
        product = beta1**step * self.start(step)
        n = (1 - today) * grad / (1 - product) + tomorrow * m / (1 - product * tomorrow)
        v_hat = v / (1 - beta2**step)
        return hyper["alpha"] * n / (safe_sqrt(v_hat) + self.eps), {"m": m, "v": v}

    def warmth(self, step: Any) -> Any:
        """The ratio of mu_t to beta1; `step` is a tensor or a float."""
        return 1 - 0.96 ** (step * self.momentum_decay) / 2

    def start(self, step: Tensor) -> Tensor:
        """The product of the `warmth` of all steps so far.

        With q = 0.96**momentum_decay, its logarithm is the sum over i <= t of log(1 - q**i / 2). With each
        term as a series, that is the sum over k of q**k / (k 2**k) * (q**(k t) - 1) / (1 - q**k).
        """
        import torch

        log_q = math.log(0.96) * max(self.momentum_decay, SLOWEST)
        k = torch.arange(1, TERMS + 1, dtype=step.dtype, device=step.device)
        weight = (k * log_q).exp() / (k * 2**k * -(k * log_q).expm1())
        return (weight * (k * step * log_q).expm1()).sum().exp()
