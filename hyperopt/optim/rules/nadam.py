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
"""As many of a series as float64 tells from all: term k is below 2**-k of the first."""
SLOWEST = 1e-12
"""A momentum decay below this is none, and divides 0 by 0."""


@dataclass(frozen=True)
class Nadam(WithWeightDecay):
    """Adam with Nesterov's momentum: the gradient of today, and the mean as it will be used tomorrow.

        mu_t = beta1 * (1 - 0.96**(t * momentum_decay) / 2)           M_t = mu_1 * ... * mu_t
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2                            v_hat = v / (1 - beta2**t)
        n = (1 - mu_t) * g / (1 - M_t) + mu_(t + 1) * m / (1 - M_(t + 1))
        w = w - alpha * n / (sqrt(v_hat) + eps)

    As torch.optim.NAdam has it, where t counts steps from 1. Where beta1 changes, M_t is that of today's, as
    Adam's corrections are: beta1**t times what depends on t alone. Torch's is of each step's own beta1.

    Hyperparameters:
        alpha: the learning rate.
        beta1: how much of m stays.
        beta2: how much of v stays.

    State:
        m: the moving mean of gradients.
        v: the moving mean of squared gradients.

    Options:
        eps: keeps a divisor from 0.
        momentum_decay: how soon mu_t is beta1, from half of it.

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
        """The share of beta1 in mu at a step, a tensor or a float."""
        return 1 - 0.96 ** (step * self.momentum_decay) / 2

    def start(self, step: Tensor) -> Tensor:
        """The product of the `warmth` of all steps so far.

        With q = 0.96**momentum_decay its logarithm is the sum over i <= t of log(1 - q**i / 2), and so, each
        as a series, the sum over k of q**k / (k 2**k) * (q**(k t) - 1) / (1 - q**k).
        """
        import torch

        log_q = math.log(0.96) * max(self.momentum_decay, SLOWEST)
        k = torch.arange(1, TERMS + 1, dtype=step.dtype, device=step.device)
        weight = (k * log_q).exp() / (k * 2**k * -(k * log_q).expm1())
        return (weight * (k * step * log_q).expm1()).sum().exp()
