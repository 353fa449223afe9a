"""What an update rule is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, cast

from hyperopt.optim.spaces import LINEAR, Space

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

State = dict[str, "Tensor"]
Hyper = dict[str, "Tensor"]


@dataclass(frozen=True)
class Rule:
    """An update rule for one parameter tensor: pure functions; fields are structure, numbers are tensors.

    A rule is written for any shape, so that the same code moves a weight matrix and, one level up, the
    learning rate of the rule that moves it. Its docstring says its formula, its hyperparameters, its state,
    its habits and options if it has any, and where it comes from.

    Attributes:
        version: of its arithmetic; a change raises it, and runs of the version before go stale.
        hyperparameters: the initial value of each, by name; "alpha" is one.
        habits: (textbook value, reported value) by key, where the code behind a report departs from the
            published algorithm. Each is a field of the rule.
        options: default by key, where the rule offers a choice at level 0, and nowhere else. Each is a field.
        constants: hyperparameters that no level above tunes.
        by_name: hyperparameters that a level above tunes only where they are named, not with all others.
        elementwise: whether every element moves by itself, so that several parameters may come as one.
        uses_shape: whether the rule reads more of a parameter than its elements and norms, such as rows and
            columns: else it may come flattened.
        common: state that is the same for all parameters, by name, of any shape: each keeps it alike.
    """

    version: ClassVar[int] = 1
    hyperparameters: ClassVar[dict[str, float]]
    habits: ClassVar[dict[str, tuple[Any, Any]]] = {}
    options: ClassVar[dict[str, Any]] = {}
    constants: ClassVar[frozenset[str]] = frozenset()
    by_name: ClassVar[frozenset[str]] = frozenset()
    elementwise: ClassVar[bool] = False
    uses_shape: ClassVar[bool] = False
    common: ClassVar[frozenset[str]] = frozenset()

    def space(self, name: str) -> Space:
        """The space in which the level above tunes hyperparameter `name`."""
        return LINEAR

    @property
    def uses_param(self) -> bool:
        """Whether `accumulate` or `update` reads the parameter."""
        return False

    @property
    def summed(self) -> tuple[str, ...]:
        """What `update` reads in `hyper` beside hyperparameters: sums over all parameters, by name."""
        return ()

    @property
    def averages(self) -> bool:
        """Whether the weights to be evaluated are others than those that are trained."""
        return False

    @classmethod
    def switches(cls, numbers: Mapping[str, float]) -> dict[str, bool]:
        """Value of every field has_<hyperparameter>: what is 0 at the start is not part of the rule."""
        names = structure(cls)
        return {f"has_{k}": numbers[k] != 0 for k in cls.hyperparameters if f"has_{k}" in names}

    @classmethod
    def tunable(cls, numbers: Mapping[str, float], *, named: bool = False) -> tuple[str, ...]:
        """What a level above tunes if all: neither constants, nor what is 0 at the start and stays so.

        With `named`, also what it tunes only where that is named.
        """
        there, left_out = cls.switches(numbers), cls.constants | (frozenset() if named else cls.by_name)
        return tuple(k for k in cls.hyperparameters if k not in left_out and there.get(f"has_{k}", True))

    def init(self, param: Tensor) -> State:
        """The state before the first update, tensors shaped like `param`."""
        return {}

    def accumulate(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Tensor:
        """What `update` takes as its gradient, before any clipping: for rules with momentum, its buffer."""
        return grad

    def sums(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Hyper:
        """The part of this parameter in each of `summed`, scalars; the arguments are those of `update`."""
        raise NotImplementedError

    def evaluated(self, param: Tensor, state: State, hyper: Hyper) -> Tensor:
        """The weights to be evaluated, where `averages`, after the update that led to `param` and `state`."""
        return param

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        """One update.

        Args:
            grad: gradient, shaped like the parameter.
            state: as returned by `init` or the update before.
            hyper: hyperparameters in natural units, and what is `summed`, scalar tensors.
            step: how many updates this is, counted from 1, a scalar tensor.
            param: the parameter before the update; whatever has its shape, where `uses_param` is False.

        Returns:
            What is subtracted from the parameter, and the next state.
        """
        raise NotImplementedError

    def diagnostics(self, states: Mapping[str, State]) -> dict[str, Tensor]:
        """Numbers worth recording after an epoch, scalars by name, from the state of every parameter."""
        return {}


def safe_sqrt(x: Tensor) -> Tensor:
    """Square root with derivative 0 at 0: a gradient that is always zero makes no NaN hypergradient."""
    positive = x > 0
    return x.where(positive, 1.0).sqrt().where(positive, 0.0)


def _structure(kind: type[Rule]) -> frozenset[str]:
    """The names of a rule's fields."""
    return frozenset(field.name for field in fields(kind))


structure = cast("Callable[[type[Rule]], frozenset[str]]", cache(_structure))
"""`_structure`, kept; cast, as to mypy a class with instances to compare is unhashable."""
