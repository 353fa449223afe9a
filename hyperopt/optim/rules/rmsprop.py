"""RMSProp (Tieleman and Hinton, 2012)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.rule import Hyper, State, safe_sqrt
from hyperopt.optim.rules.weight_decay import WithWeightDecay
from hyperopt.optim.spaces import LINEAR, ROOT, UNIT_INTERVAL, Space

if TYPE_CHECKING:
    from torch import Tensor

EPS = 1e-8


@dataclass(frozen=True)
class Rmsprop(WithWeightDecay):
    """The gradient over the root of its mean square.

        s = gamma * s + (1 - gamma) * g**2
        w = w - alpha * g / (sqrt(s) + eps)

    Hyperparameters:
        alpha: the learning rate.
        gamma: the share of s that is kept; torch.optim.RMSprop calls it alpha.

    State:
        s: the moving mean of squared gradients.

    Habits (docs/reports/gdtuo.md, "Optimizers"):
        eps_inside_root: the divisor is sqrt(s + eps).
        tune_root_alpha: the level above tunes sqrt(alpha).

    Options:
        eps: added to a divisor, which could be 0.

    References:
        Tieleman and Hinton, "Lecture 6.5: rmsprop", 2012,
        https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf.
    """

    hyperparameters: ClassVar[dict[str, float]] = {"alpha": 0.01, "gamma": 0.99, "weight_decay": 0.0}
    elementwise: ClassVar[bool] = True
    habits: ClassVar[dict[str, tuple[Any, Any]]] = {
        "eps_inside_root": (False, True),
        "tune_root_alpha": (False, True),
    }
    options: ClassVar[dict[str, Any]] = {"eps": EPS}
    eps_inside_root: bool = False
    tune_root_alpha: bool = False
    eps: float = EPS

    def space(self, name: str) -> Space:
        if name == "gamma":
            return UNIT_INTERVAL
        return ROOT if self.tune_root_alpha else LINEAR

    def init(self, param: Tensor) -> State:
        return {"s": param.new_zeros(param.shape)}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        gamma = hyper["gamma"]
        s = gamma * state["s"] + (1 - gamma) * grad.square()
        root = (s + self.eps).sqrt() if self.eps_inside_root else safe_sqrt(s) + self.eps
        return hyper["alpha"] * grad / root, {"s": s}
