"""Stochastic gradient descent with momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hyperopt.optim.rules.rule import Hyper, Rule, State

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Sgd(Rule):
    """b = momentum * b + g;  w -= alpha * b  (torch.optim.SGD without dampening; SPEC.md 0.1).

    Whether there is a momentum buffer is fixed by the initial momentum: a momentum of 0 stays 0, as in gdtuo.
    A clip between `accumulate` and `update` also changes the buffer, as published.
    """

    hyperparameters: ClassVar[dict[str, float]] = {"alpha": 0.01, "momentum": 0.0}
    has_momentum: bool = False

    def init(self, param: Tensor) -> State:
        return {"buffer": param.new_zeros(param.shape)} if self.has_momentum else {}

    def accumulate(self, grad: Tensor, state: State, hyper: Hyper) -> Tensor:
        return hyper["momentum"] * state["buffer"] + grad if self.has_momentum else grad

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        return hyper["alpha"] * grad, {"buffer": grad} if self.has_momentum else {}
