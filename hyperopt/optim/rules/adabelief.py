"""AdaBelief (Zhuang et al., 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.rule import Hyper, State
from hyperopt.optim.rules.weight_decay import WithWeightDecay
from hyperopt.optim.spaces import LINEAR, UNIT_INTERVAL, Space

if TYPE_CHECKING:
    from torch import Tensor

EPS = 1e-8


@dataclass(frozen=True)
class Adabelief(WithWeightDecay):
    """Adam with the squared distance of a gradient from its mean in place of its square.

        m = beta1 * m + (1 - beta1) * g                          m_hat = m / (1 - beta1**t)
        s = beta2 * s + (1 - beta2) * (g - m)**2 + eps           s_hat = s / (1 - beta2**t)
        w = w - alpha * m_hat / (sqrt(s_hat) + eps)

    t counts steps from 1. Since s gains eps at each step, s_hat stays above eps / (1 - beta2), by default
    1e-5. So Algorithm 2 of the report `adabelief_amsgrad`, which has sqrt(s_hat + eps), takes the same steps
    to less than one part in a thousand.

    Hyperparameters:
        alpha: the learning rate.
        beta1: the share of m that is kept.
        beta2: the share of s that is kept.

    State:
        m: the moving mean of gradients.
        s: the moving mean of their squared distance from m, plus eps at each step.

    Habits:
        adabelief_start: the initial value of s; the report's code uses eps
            (docs/reports/adabelief_amsgrad.md, "Optimizers").

    Options:
        eps: added to a divisor, which could be 0.

    References:
        Zhuang et al., "AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients", 2020,
        https://arxiv.org/abs/2010.07468.
    """

    hyperparameters: ClassVar[dict[str, float]] = {
        "alpha": 0.001,
        "beta1": 0.9,
        "beta2": 0.999,
        "weight_decay": 0.0,
    }
    elementwise: ClassVar[bool] = True
    habits: ClassVar[dict[str, tuple[Any, Any]]] = {"adabelief_start": (0.0, EPS)}
    options: ClassVar[dict[str, Any]] = {"eps": EPS}
    adabelief_start: float = 0.0
    eps: float = EPS

    def space(self, name: str) -> Space:
        return LINEAR if name == "alpha" else UNIT_INTERVAL

    def init(self, param: Tensor) -> State:
        return {"m": param.new_zeros(param.shape), "s": param.new_full(param.shape, self.adabelief_start)}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        beta1, beta2 = hyper["beta1"], hyper["beta2"]
        m = beta1 * state["m"] + (1 - beta1) * grad
        s = beta2 * state["s"] + (1 - beta2) * (grad - m).square() + self.eps
        m_hat = m / (1 - beta1**step)
        s_hat = s / (1 - beta2**step)
        return hyper["alpha"] * m_hat / (s_hat.sqrt() + self.eps), {"m": m, "s": s}
