"""What a closed form is: the update of a rule in place, and its hypergradient by sums over elements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from hyperopt.optim.rules import Rule

Scalar = Any
"""A Python float, or a tensor of no dimension: the same formulas serve both."""
Numbers = Mapping[str, Scalar]

GRADIENT = "grad"
TINY = 1e-25
"""Below the root of any float32, and above 0 if multiplied by eps: a root of 0 divides nothing but zeros."""

R = TypeVar("R", bound=Rule)


class Update(NamedTuple):
    """One update of a vector, which holds the elements of any number of parameters.

    Attributes:
        grad: the gradient that the update takes; of an update in the past, what `ClosedForm.keeps` says.
        memory: the rule's state, before an update to come and after one in the past.
        param: the parameters, where the rule reads them: before an update to come, after one in the past.
        numbers: what `ClosedForm.numbers` made of its hyperparameters and its count.
    """

    grad: Tensor
    memory: dict[str, Tensor]
    param: Tensor | None
    numbers: Numbers


class ClosedForm(ABC, Generic[R]):
    """A rule's arithmetic on vectors, written for speed.

    The rule is the definition: its `update`, and the vector-Jacobian product of that. A closed form says the
    same with fewer operations and less memory, as the state after an update tells what it was before.

    Attributes:
        keeps: what `sums` needs beside the state after the update: the gradient that the update took, or a
            tensor of the state before it.
    """

    keeps: str = GRADIENT

    def __init__(self, rule: R) -> None:
        self.rule = rule

    def applies(self) -> bool:
        """Whether the rule, with its habits and options, is one that this form has."""
        return True

    @property
    def decays_gradient(self) -> bool:
        """Whether weight decay is part of the gradient that `move` takes, and `keeps` may keep."""
        return self.rule.uses_param

    def decayed(self, u: Update) -> Tensor:
        """The gradient with weight decay in it, where that is part of it."""
        if u.param is None or not self.decays_gradient:
            return u.grad
        decay = u.numbers["weight_decay"]
        if isinstance(decay, Tensor):
            return u.grad + decay * u.param
        return u.grad.add(u.param, alpha=decay)

    def numbers(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        """All that `decayed`, `move` and `sums` take of the hyperparameters and the count of an update."""
        decay = {"weight_decay": hyper["weight_decay"]} if self.decays_gradient else {}
        return self.coefficients(hyper, step) | decay

    @abstractmethod
    def coefficients(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        """The numbers by which `move` and `sums` go, made once for all elements.

        Args:
            hyper: hyperparameters in natural units.
            step: the update's count, from 1.
        """

    @abstractmethod
    def move(self, u: Update) -> Tensor:
        """What the update subtracts from the parameters; the rule's state moves in place."""

    @abstractmethod
    def sums(self, cotangent: Tensor, u: Update) -> Sequence[Tensor]:
        """What `gradient` needs of the elements, as sums over them.

        Args:
            cotangent: gradient of the loss in what the update produced.
            u: the update, in the past.
        """

    @abstractmethod
    def gradient(self, sums: Sequence[Scalar], hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        """Gradient of the loss in every hyperparameter of the update, in natural units."""


def dot(x: Tensor, y: Tensor) -> Tensor:
    """The inner product; compiled, it joins the loop that makes its factors."""
    return (x * y).sum() if torch.compiler.is_compiling() else torch.dot(x, y)


def mean(former: Tensor, x: Tensor, beta: Scalar) -> Tensor:
    """The moving mean beta * former + (1 - beta) * x, in the place of `former`."""
    if isinstance(beta, Tensor):
        return former.mul_(beta).add_(x * (1 - beta))
    return torch.lerp(x, former, beta, out=former)


def root_of(x: Tensor) -> Tensor:
    """The square root as a divisor of what is 0 wherever `x` is 0."""
    return x.sqrt().clamp_(min=TINY)


def over(x: Scalar, y: Scalar) -> Scalar:
    """The quotient x / y, and 0 where y is 0: by a decay rate of 0, whose raw value no gradient moves."""
    if isinstance(y, Tensor):
        return (x / y).where(y != 0, 0.0)
    return x / y if y else 0.0


def inverse(x: Scalar) -> Scalar:
    """1 / x; of a float as of a tensor infinite where x is 0."""
    return 1 / x if isinstance(x, Tensor) or x else float("inf")
