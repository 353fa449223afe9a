"""What an update rule is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.spaces import LINEAR, Space

if TYPE_CHECKING:
    from torch import Tensor

State = dict[str, "Tensor"]
Hyper = dict[str, "Tensor"]


@dataclass(frozen=True)
class Rule:
    """An update rule for one parameter tensor: pure functions; fields are structure, numbers are tensors.

    A rule is written for any shape, so that the same code moves a weight matrix and, one level up, the
    learning rate of the rule that moves it. `habits` maps a key to (textbook value, reported value) where the
    code behind a report departs from the published algorithm; each habit is a field of the rule. `uses_param` says that `update` reads the parameter,
    `uses_shape` that it reads more of a parameter than its elements and norms (rows, columns): else it may come flattened.
    """

    version: ClassVar[int] = 1
    hyperparameters: ClassVar[dict[str, float]]
    habits: ClassVar[dict[str, tuple[Any, Any]]] = {}
    uses_param: ClassVar[bool] = False
    uses_shape: ClassVar[bool] = False

    def space(self, name: str) -> Space:
        """The space in which the level above tunes hyperparameter `name`."""
        return LINEAR

    def init(self, param: Tensor) -> State:
        """The state before the first update, tensors shaped like `param`."""
        return {}

    def accumulate(self, grad: Tensor, state: State, hyper: Hyper) -> Tensor:
        """What `update` takes as its gradient, before any clipping; only momentum needs this."""
        return grad

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        """One update.

        Args:
            grad: gradient, shaped like the parameter.
            state: as returned by `init` or the update before.
            hyper: hyperparameters in natural units, scalar tensors.
            step: how many updates this is, counted from 1, a scalar tensor.
            param: the parameter before the update (rules that do not decay it leave it alone and say
                `uses_param = False`).

        Returns:
            What is subtracted from the parameter, and the next state.
        """
        raise NotImplementedError


def safe_sqrt(x: Tensor) -> Tensor:
    """Square root with derivative 0 at 0: a gradient that is always zero makes no NaN hypergradient."""
    positive = x > 0
    return x.where(positive, 1.0).sqrt().where(positive, 0.0)
