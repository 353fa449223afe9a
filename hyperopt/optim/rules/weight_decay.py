"""Weight decay, which many rules have alike: as part of the gradient, or beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hyperopt.optim.rules.rule import Hyper, Rule, State

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class WithWeightDecay(Rule):
    """A rule whose gradient has weight decay in it, as torch.optim has it (L2).

        g = g + weight_decay * w                      before all else

    Hyperparameters, too:
        weight_decay: adds so much of the weight to its gradient. It is not tuned: the training loss alone
            would drive it below 0. At 0 it is not there.
    """

    constants: ClassVar[frozenset[str]] = frozenset({"weight_decay"})
    has_weight_decay: bool = False

    @property
    def uses_param(self) -> bool:
        return self.has_weight_decay

    def accumulate(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Tensor:
        return grad + hyper["weight_decay"] * param if self.has_weight_decay else grad


@dataclass(frozen=True)
class WithDecoupledWeightDecay(WithWeightDecay):
    """A rule that has weight decay beside its step (Loshchilov and Hutter, 2019).

    Hyperparameters, too:
        weight_decay: takes alpha times so much of the weight from it. Levels above tune it only if it is
            named: the training loss alone drives it down. At 0 it is not there.
    """

    constants: ClassVar[frozenset[str]] = frozenset()
    by_name: ClassVar[frozenset[str]] = frozenset({"weight_decay"})
    has_weight_decay: bool = True

    def accumulate(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Tensor:
        return grad

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        update, after = super().update(grad, state, hyper, step, param)
        return self.with_decay(update, hyper, param), after

    def with_decay(self, update: Tensor, hyper: Hyper, param: Tensor) -> Tensor:
        """The update with the decay of the parameter, where there is one."""
        if self.has_weight_decay:
            update = update + hyper["alpha"] * hyper["weight_decay"] * param
        return update
