"""Stochastic gradient descent with momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.errors import ConfigError
from hyperopt.optim.rules.rule import Hyper, Rule, State

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Sgd(Rule):
    """Gradient descent with momentum, weight decay and dampening, as in torch.optim.SGD.

        g = g + weight_decay * w
        b = momentum * b + (1 - dampening) * g        at the first step b = g
        w = w - alpha * b

    A clip between `accumulate` and `update` acts on b and on the buffer, as published.

    Hyperparameters:
        alpha: the learning rate.
        momentum: the share of b that is kept. A momentum of 0 stays 0, as in gdtuo, without a buffer.
        weight_decay: the multiple of the weight that is added to its gradient. It is not tuned, because the
            training loss alone would drive it below 0.
        dampening: the share of a gradient that b leaves out; it has no effect without momentum. A dampening
            of 0 stays 0.

    State:
        buffer: b, if there is momentum.

    Options:
        nesterov: w = w - alpha * (g + momentum * b), which is (1 + momentum) * b minus momentum times the
            previous buffer.

    References:
        Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep
        learning", 2013, https://proceedings.mlr.press/v28/sutskever13.html;
        docs/reports/gdtuo.md, "Optimizers".
    """

    hyperparameters: ClassVar[dict[str, float]] = {
        "alpha": 0.01,
        "momentum": 0.0,
        "weight_decay": 0.0,
        "dampening": 0.0,
    }
    elementwise: ClassVar[bool] = True
    options: ClassVar[dict[str, Any]] = {"nesterov": False}
    constants: ClassVar[frozenset[str]] = frozenset({"weight_decay"})
    has_momentum: bool = False
    has_weight_decay: bool = False
    has_dampening: bool = False
    nesterov: bool = False

    def __post_init__(self) -> None:
        if self.nesterov and (self.has_dampening or not self.has_momentum):
            raise ConfigError("nesterov=true: a momentum above 0, and dampening=0, are expected.")

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
        direction = grad
        if self.nesterov:
            direction = (1 + hyper["momentum"]) * grad - hyper["momentum"] * state["buffer"]
        return hyper["alpha"] * direction, {"buffer": grad} if self.has_momentum else {}
