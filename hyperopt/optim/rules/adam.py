"""Adam (Kingma and Ba, 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.rule import Hyper, State, safe_sqrt
from hyperopt.optim.rules.weight_decay import WithWeightDecay
from hyperopt.optim.spaces import LINEAR, UNIT_INTERVAL, Space

if TYPE_CHECKING:
    from torch import Tensor

EPS = 1e-8


@dataclass(frozen=True)
class Adam(WithWeightDecay):
    """Steps of size about alpha: the mean gradient over the root of the mean squared gradient.

        m = beta1 * m + (1 - beta1) * g               m_hat = m / (1 - beta1**t)
        v = beta2 * v + (1 - beta2) * g**2            v_hat = v / (1 - beta2**t)
        w = w - alpha * m_hat / (sqrt(v_hat) + eps)

    t counts steps from 1.

    Hyperparameters:
        alpha: the learning rate.
        beta1: the share of m that is kept.
        beta2: the share of v that is kept.

    State:
        m: the moving mean of gradients.
        v: the moving mean of squared gradients.

    Habits:
        adam_start: the initial value of v. gdtuo uses eps, to keep the square root differentiable
            (docs/reports/gdtuo.md, "Optimizers").

    Options:
        eps: added to a divisor, which could be 0.
        eps_before_correction: eps is added to sqrt(v) before the correction of v for its start, as in the
            efficient form of Algorithm 1 and in torch until 1.3 (docs/reports/hypergradient.md, "Update
            rules"):
            w = w - alpha * m_hat * sqrt(1 - beta2**t) / (sqrt(v) + eps).

    References:
        Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, https://arxiv.org/abs/1412.6980.
    """

    hyperparameters: ClassVar[dict[str, float]] = {
        "alpha": 0.001,
        "beta1": 0.9,
        "beta2": 0.999,
        "weight_decay": 0.0,
    }
    elementwise: ClassVar[bool] = True
    habits: ClassVar[dict[str, tuple[Any, Any]]] = {"adam_start": (0.0, EPS)}
    options: ClassVar[dict[str, Any]] = {"eps_before_correction": False, "eps": EPS}
    adam_start: float = 0.0
    eps_before_correction: bool = False
    eps: float = EPS

    def space(self, name: str) -> Space:
        return LINEAR if name == "alpha" else UNIT_INTERVAL

    def init(self, param: Tensor) -> State:
        return {"m": param.new_zeros(param.shape), "v": param.new_full(param.shape, self.adam_start)}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        beta1, beta2 = hyper["beta1"], hyper["beta2"]
        m = beta1 * state["m"] + (1 - beta1) * grad
        v = beta2 * state["v"] + (1 - beta2) * grad.square()
        m_hat = m / (1 - beta1**step)
        if self.eps_before_correction:
            v_root = (safe_sqrt(v) + self.eps) / (1 - beta2**step).sqrt()
            return hyper["alpha"] * m_hat / v_root, {"m": m, "v": v}
        v_hat = v / (1 - beta2**step)
        return hyper["alpha"] * m_hat / (safe_sqrt(v_hat) + self.eps), {"m": m, "v": v}
