"""AMSGrad (Reddi, Kale and Kumar, 2018)."""

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
class Amsgrad(WithWeightDecay):
    """Adam with the largest v so far, so that the rate of a weight never grows again.

        m = beta1 * m + (1 - beta1) * g               m_hat = m / (1 - beta1**t)
        v = beta2 * v + (1 - beta2) * g**2
        v_max = max(v_max, v)                         v_hat = v_max / (1 - beta2**t)
        w = w - alpha * m_hat / (sqrt(v_hat) + eps)

    This is torch.optim.Adam(amsgrad=True). t counts steps from 1.

    Hyperparameters:
        alpha: the learning rate.
        beta1: the share of m that is kept.
        beta2: the share of v that is kept.

    State:
        m: the moving mean of gradients.
        v: the moving mean of squared gradients.
        v_max: the largest v so far; absent if v is compared with that of the previous step only.

    Habits (docs/reports/adabelief_amsgrad.md, "Optimizers"):
        amsgrad_start: the initial value of v.
        amsgrad_bias_correction: False corrects neither m nor v for their start, as in the original and in
            Algorithm 1 of the report.
        amsgrad_running_maximum: False takes the larger of the v of this step and of the previous one.

    Options:
        eps: added to a divisor, which could be 0.

    References:
        Reddi, Kale and Kumar, "On the Convergence of Adam and Beyond", 2018,
        https://openreview.net/forum?id=ryQu7f-RZ.
    """

    hyperparameters: ClassVar[dict[str, float]] = {
        "alpha": 0.001,
        "beta1": 0.9,
        "beta2": 0.999,
        "weight_decay": 0.0,
    }
    elementwise: ClassVar[bool] = True
    habits: ClassVar[dict[str, tuple[Any, Any]]] = {
        "amsgrad_start": (0.0, EPS),
        "amsgrad_bias_correction": (True, False),
        "amsgrad_running_maximum": (True, False),
    }
    options: ClassVar[dict[str, Any]] = {"eps": EPS}
    amsgrad_start: float = 0.0
    amsgrad_bias_correction: bool = True
    amsgrad_running_maximum: bool = True
    eps: float = EPS

    def space(self, name: str) -> Space:
        return LINEAR if name == "alpha" else UNIT_INTERVAL

    def init(self, param: Tensor) -> State:
        state = {"m": param.new_zeros(param.shape), "v": param.new_full(param.shape, self.amsgrad_start)}
        return state | {"v_max": state["v"].clone()} if self.amsgrad_running_maximum else state

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        beta1, beta2 = hyper["beta1"], hyper["beta2"]
        m = beta1 * state["m"] + (1 - beta1) * grad
        v = beta2 * state["v"] + (1 - beta2) * grad.square()
        after = {"m": m, "v": v}
        if self.amsgrad_running_maximum:
            largest = after["v_max"] = v.maximum(state["v_max"])
        else:
            largest = v.maximum(state["v"])
        if self.amsgrad_bias_correction:
            m, largest = m / (1 - beta1**step), largest / (1 - beta2**step)
        return hyper["alpha"] * m / (safe_sqrt(largest) + self.eps), after
