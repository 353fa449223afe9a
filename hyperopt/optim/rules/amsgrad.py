"""AMSGrad (Reddi, Kale and Kumar, 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.rule import Hyper, Rule, State, safe_sqrt
from hyperopt.optim.spaces import LINEAR, UNIT_INTERVAL, Space

if TYPE_CHECKING:
    from torch import Tensor

EPS = 1e-8


@dataclass(frozen=True)
class Amsgrad(Rule):
    """Adam by the largest v so far;  w -= alpha * m_hat / (sqrt(v_max / (1 - beta2**t)) + eps).

    So torch.optim.Adam(amsgrad=True) has it. The original, and Algorithm 1 of the report `adabelief_amsgrad`,
    correct nothing for the start: `amsgrad_bias_correction=False` alone. The report's code departs from that
    (docs/reports/adabelief_amsgrad.md, "Optimizers").

    Habits: `amsgrad_start`, the value v starts from; `amsgrad_bias_correction`; `amsgrad_running_maximum`,
    over the v of all steps, else of this one and the one before.
    """

    hyperparameters: ClassVar[dict[str, float]] = {"alpha": 0.001, "beta1": 0.9, "beta2": 0.999}
    habits: ClassVar[dict[str, tuple[Any, Any]]] = {
        "amsgrad_start": (0.0, EPS),
        "amsgrad_bias_correction": (True, False),
        "amsgrad_running_maximum": (True, False),
    }
    amsgrad_start: float = 0.0
    amsgrad_bias_correction: bool = True
    amsgrad_running_maximum: bool = True

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
        return hyper["alpha"] * m / (safe_sqrt(largest) + EPS), after
