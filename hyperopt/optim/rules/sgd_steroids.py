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
    """Gradient descent whose buffer accumulates weight decay and dampening.

        b = (momentum * b + g + weight_decay * w) * (1 - dampening)
        w = w - alpha * b

    The report's code applies decay and dampening in place to the tensor that it keeps as the momentum buffer,
    so both accumulate there; torch's formula for dampening differs. Above level 0 the rule decays and dampens
    the hyperparameters that it moves.

    Hyperparameters:
        alpha: the learning rate.
        momentum: the share of b that is kept.
        weight_decay: the multiple of the weight that is added to b. It is not tuned.
        dampening: the share by which b shrinks at every step.
        A hyperparameter that is 0 at the start stays 0.

    State:
        buffer: b, if there is momentum.

    References:
        docs/reports/steroids.md, "The update rule"; torch's formula, from which the rule departs:
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
