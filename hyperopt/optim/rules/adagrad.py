"""AdaGrad (Duchi, Hazan and Singer, 2011), diagonal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.rule import Hyper, State, safe_sqrt
from hyperopt.optim.rules.weight_decay import WithWeightDecay

if TYPE_CHECKING:
    from torch import Tensor

EPS = 1e-10


@dataclass(frozen=True)
class Adagrad(WithWeightDecay):
    """Gradient descent with a rate per weight, which falls as the sum of its squared gradients grows.

        G = G + g**2
        w = w - alpha * g / (sqrt(G) + eps)

    Hyperparameters:
        alpha: the learning rate.

    State:
        sum: G, the sum of squared gradients.

    Habits (docs/reports/gdtuo.md, "Optimizers"):
        adagrad_start: the initial value of G.
        eps_inside_root: the divisor is sqrt(G + eps).

    Options:
        eps: added to a divisor, which could be 0.

    References:
        Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
        Optimization", 2011, https://jmlr.org/papers/v12/duchi11a.html.
    """

    hyperparameters: ClassVar[dict[str, float]] = {"alpha": 0.01, "weight_decay": 0.0}
    elementwise: ClassVar[bool] = True
    habits: ClassVar[dict[str, tuple[Any, Any]]] = {
        "adagrad_start": (0.0, 0.1),
        "eps_inside_root": (False, True),
    }
    options: ClassVar[dict[str, Any]] = {"eps": EPS}
    adagrad_start: float = 0.0
    eps_inside_root: bool = False
    eps: float = EPS

    def init(self, param: Tensor) -> State:
        return {"sum": param.new_full(param.shape, self.adagrad_start)}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        total = state["sum"] + grad.square()
        root = (total + self.eps).sqrt() if self.eps_inside_root else safe_sqrt(total) + self.eps
        return hyper["alpha"] * grad / root, {"sum": total}
