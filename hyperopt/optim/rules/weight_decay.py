"""Weight decay, which many rules share: in the gradient, or decoupled from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hyperopt.optim.rules.rule import Hyper, Rule, State

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class WithWeightDecay(Rule):
    """A rule with weight decay in its gradient (L2), as in torch.optim.

        g = g + weight_decay * w                      before all else

    Hyperparameters, too:
        weight_decay: the multiple of the weight that is added to its gradient. It is not tuned, because the
            training loss alone would drive it below 0. If it is 0 at the start, it is no part of the rule.
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
    """A rule with weight decay added to its step, not to its gradient (Loshchilov and Hutter, 2019).

    Hyperparameters, too:
        weight_decay: a step subtracts alpha * weight_decay * w from w. Levels above tune it only if it is
            named, because the training loss alone drives it down. If it is 0 at the start, it is no part of
            the rule.
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
        """The update, with the parameter's decay added if the rule has one."""
        if self.has_weight_decay:
            update = update + hyper["alpha"] * hyper["weight_decay"] * param
        return update
