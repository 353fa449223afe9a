"""The interface of closed forms: a rule's update in place, and its hypergradient from sums over elements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from hyperopt.optim.rules import Rule

Scalar = Any
"""A Python float or a scalar tensor; the same formulas serve both."""
Numbers = Mapping[str, Scalar]

GRADIENT = "grad"
TINY = 1e-25
"""The divisor in place of a root of 0, which divides only zeros: below the root of any float32 above 0, and
still above 0 times eps."""

R = TypeVar("R", bound=Rule)


class Update(NamedTuple):
    """One update of a vector, which holds the elements of any number of parameters.

    Attributes:
        grad: the gradient that the update takes; of a past update, the tensor that `ClosedForm.keeps` names.
        memory: the rule's state, shaped like `grad`, before a coming update or after a past one.
        param: the parameters, if the rule reads them, before a coming update or after a past one.
        numbers: what `ClosedForm.numbers` returned for its hyperparameters and its count.
    """

    grad: Tensor
    memory: dict[str, Tensor]
    param: Tensor | None
    numbers: Numbers


class ClosedForm(ABC, Generic[R]):
    """A rule's arithmetic on vectors, written for speed.

    The rule's `update` and its vector-Jacobian product are the definition. A closed form computes the same
    with fewer operations and less memory, because the state before an update follows from the state after it.

    Attributes:
        keeps: the name of what `sums` needs beside the state after the update: the gradient that the update
            took, or a tensor of the state before it.
    """

    keeps: str = GRADIENT

    def __init__(self, rule: R) -> None:
        self.rule = rule

    def applies(self) -> bool:
        """Whether this form covers the rule, with its habits and options."""
        return True

    @property
    def decays_gradient(self) -> bool:
        """Whether weight decay is part of the gradient that `move` takes and that `keeps` may name."""
        return self.rule.uses_param

    def decayed(self, u: Update) -> Tensor:
        """The gradient, with weight decay added if `decays_gradient`."""
        if u.param is None or not self.decays_gradient:
            return u.grad
        decay = u.numbers["weight_decay"]
        if isinstance(decay, Tensor):
            return u.grad + decay * u.param
        return u.grad.add(u.param, alpha=decay)

    def numbers(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        """The numbers that `decayed`, `move` and `sums` use; the arguments are those of `coefficients`."""
        decay = {"weight_decay": hyper["weight_decay"]} if self.decays_gradient else {}
        return self.coefficients(hyper, step) | decay

    @abstractmethod
    def coefficients(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        """The numbers that `move` and `sums` use, computed once for all elements.

        Args:
            hyper: the hyperparameters in natural units.
            step: the count of the update, from 1.
        """

    @abstractmethod
    def move(self, u: Update) -> Tensor:
        """The amount to subtract from the parameters, shaped like `u.grad`; the state is updated in place."""

    @abstractmethod
    def sums(self, cotangent: Tensor, u: Update) -> Sequence[Tensor]:
        """The sums over all elements that `gradient` needs, as scalar tensors.

        Args:
            cotangent: the gradient of the loss in the parameters after the update, shaped like `u.grad`.
            u: a past update.
        """

    @abstractmethod
    def gradient(self, sums: Sequence[Scalar], hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        """The gradient of the loss in every tunable hyperparameter of the update, in natural units.

        Args:
            sums: those of `sums`, added up over all parameters.
            hyper: the hyperparameters in natural units.
            step: the count of the update, from 1.
        """


def dot(x: Tensor, y: Tensor) -> Tensor:
    """The inner product; compiled, it is fused with the loop that computes its factors."""
    return (x * y).sum() if torch.compiler.is_compiling() else torch.dot(x, y)


def mean(former: Tensor, x: Tensor, beta: Scalar) -> Tensor:
    """The moving mean beta * former + (1 - beta) * x, written into `former`."""
    if isinstance(beta, Tensor):
        return former.mul_(beta).add_(x * (1 - beta))
    return torch.lerp(x, former, beta, out=former)


def root_of(x: Tensor) -> Tensor:
    """The square root, as a divisor of numbers that are 0 wherever `x` is 0."""
    return x.sqrt().clamp_(min=TINY)


def over(x: Scalar, y: Scalar) -> Scalar:
    """The quotient x / y, or 0 if y is 0, such as a decay rate of 0, whose raw value no gradient moves."""
    if isinstance(y, Tensor):
        return (x / y).where(y != 0, 0.0)
    return x / y if y else 0.0


def inverse(x: Scalar) -> Scalar:
    """The quotient 1 / x, infinite if x is 0, for a float as for a tensor."""
    return 1 / x if isinstance(x, Tensor) or x else float("inf")
