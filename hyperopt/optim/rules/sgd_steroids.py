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
    """Gradient descent whose buffer takes up weight decay and dampening.

        b = (momentum * b + g + weight_decay * w) * (1 - dampening)
        w = w - alpha * b

    The report's code decays and dampens in place what it also keeps as the momentum buffer, so that both
    accumulate there; torch's dampening is another formula. Above level 0 it decays and dampens the
    hyperparameters that it moves.

    Hyperparameters:
        alpha: the learning rate.
        momentum: how much of b stays.
        weight_decay: adds so much of the weight to b. It is not tuned.
        dampening: the share by which b shrinks at every step.
        Those that are 0 at the start stay 0.

    State:
        buffer: b, where there is momentum.

    References:
        docs/reports/steroids.md, "The update rule"; torch's formula, from which it departs:
        https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html.
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
