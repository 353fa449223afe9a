"""Lion (Chen et al., 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hyperopt.optim.rules.rule import Hyper, State
from hyperopt.optim.rules.weight_decay import WithDecoupledWeightDecay
from hyperopt.optim.spaces import LINEAR, UNIT_INTERVAL, Space

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Lion(WithDecoupledWeightDecay):
    """Steps of exactly alpha in every weight, in the direction of the sign of a momentum.

        w = w - alpha * sign(beta1 * m + (1 - beta1) * g) - alpha * weight_decay * w
        m = beta2 * m + (1 - beta2) * g

    Hyperparameters:
        alpha: the learning rate, about a tenth of Adam's.
        beta1: the share of m in a step's direction. It is not tuned, because a sign has no derivative.
        beta2: the share of m that is kept. It is not tuned either.

    State:
        m: the moving mean of gradients.

    References:
        Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023, https://arxiv.org/abs/2302.06675.
    """

    hyperparameters: ClassVar[dict[str, float]] = {
        "alpha": 1e-4,
        "beta1": 0.9,
        "beta2": 0.99,
        "weight_decay": 0.0,
    }
    elementwise: ClassVar[bool] = True
    constants: ClassVar[frozenset[str]] = frozenset({"beta1", "beta2"})
    has_weight_decay: bool = False

    def space(self, name: str) -> Space:
        return LINEAR if name == "alpha" else UNIT_INTERVAL

    def init(self, param: Tensor) -> State:
        return {"m": param.new_zeros(param.shape)}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        beta1, beta2, m = hyper["beta1"], hyper["beta2"], state["m"]
        update = hyper["alpha"] * (beta1 * m + (1 - beta1) * grad).sign()
        return self.with_decay(update, hyper, param), {"m": beta2 * m + (1 - beta2) * grad}
