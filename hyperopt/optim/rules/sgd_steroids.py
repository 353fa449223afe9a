"""SGD_ON_STEROIDS: the momentum, weight decay and dampening of the steroids report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hyperopt.optim.rules.rule import Hyper, State
from hyperopt.optim.rules.sgd import Sgd

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class SgdSteroids(Sgd):
    """b = (momentum * b + g + weight_decay * w) * (1 - dampening);  w -= alpha * b.

    It differs from sgd in the buffer alone: the report's code decays and dampens in place what it also keeps
    as the momentum buffer, so both accumulate there; torch's dampening is another formula
    (docs/reports/steroids.md, "The update rule"). Weight decay is not tuned. What is 0 at the start is not
    there. Above level 0 it decays and dampens the hyperparameters it moves.
    """

    hyperparameters: ClassVar[dict[str, float]] = {
        "alpha": 0.01,
        "momentum": 0.9,
        "weight_decay": 1e-4,
        "dampening": 1e-6,
    }
    has_momentum: bool = True
    has_weight_decay: bool = True
    has_dampening: bool = True

    def accumulate(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Tensor:
        if self.has_momentum:
            grad = hyper["momentum"] * state["buffer"] + grad
        if self.has_weight_decay:
            grad = grad + hyper["weight_decay"] * param
        return (1 - hyper["dampening"]) * grad if self.has_dampening else grad
