"""Stochastic gradient descent with momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hyperopt.optim.rules.rule import Hyper, Rule, State

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Sgd(Rule):
    """g += weight_decay * w;  b = momentum * b + (1 - dampening) * g, b = g at first;  w -= alpha * b.

    As torch.optim.SGD, where dampening does nothing without momentum. What is 0 at the start stays 0, as in
    gdtuo (SPEC.md 0.1). Weight decay is not tuned: the training loss alone would drive it below 0. A clip
    between `accumulate` and `update` also changes the buffer, as published.
    """

    hyperparameters: ClassVar[dict[str, float]] = {
        "alpha": 0.01,
        "momentum": 0.0,
        "weight_decay": 0.0,
        "dampening": 0.0,
    }
    constants: ClassVar[frozenset[str]] = frozenset({"weight_decay"})
    has_momentum: bool = False
    has_weight_decay: bool = False
    has_dampening: bool = False

    @property
    def uses_param(self) -> bool:
        return self.has_weight_decay

    def init(self, param: Tensor) -> State:
        return {"buffer": param.new_zeros(param.shape)} if self.has_momentum else {}

    def accumulate(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Tensor:
        if self.has_weight_decay:
            grad = grad + hyper["weight_decay"] * param
        if not self.has_momentum:
            return grad
        if self.has_dampening:
            grad = (1 - hyper["dampening"]).where(step > 1, 1.0) * grad
        return hyper["momentum"] * state["buffer"] + grad

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        return hyper["alpha"] * grad, {"buffer": grad} if self.has_momentum else {}
