"""The interface of update rules."""

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
    """An update rule for one parameter tensor, as pure functions. Fields are structure; numbers are tensors.

    A rule works for any shape, so the same code moves a weight matrix and, one level up, the learning rate of
    the rule that moves it. Its docstring gives its formula, its hyperparameters and state, its habits and
    options if it has any, and its source.

    Attributes:
        version: the version of its arithmetic; a change raises it, and runs of earlier versions become stale.
        hyperparameters: the initial values by name, in natural units; one of them is "alpha".
        habits: (textbook value, reported value) by key, where the code behind a report departs from the
            published algorithm. Each habit is a field of the rule.
        options: defaults by key, of choices that the rule offers at level 0 only. Each option is a field.
        constants: hyperparameters that no level above tunes.
        by_name: hyperparameters that a level above tunes only if they are named, not as part of tune=all.
        elementwise: whether every element is updated by itself, so that parameters may be joined in a vector.
        uses_shape: whether the rule reads more of a parameter than its elements and norms, such as its rows
            and columns; if not, the parameter may be flattened.
        nested_reads: whether `update` reads intermediate results several times, one within the other, so that
            a compiler that inlines them would evaluate the first ones thousands of times.
        common: names of state, of any shape, that is the same for all parameters; each parameter has a copy.
    """

    version: ClassVar[int] = 1
    hyperparameters: ClassVar[dict[str, float]]
    habits: ClassVar[dict[str, tuple[Any, Any]]] = {}
    options: ClassVar[dict[str, Any]] = {}
    constants: ClassVar[frozenset[str]] = frozenset()
    by_name: ClassVar[frozenset[str]] = frozenset()
    elementwise: ClassVar[bool] = False
    uses_shape: ClassVar[bool] = False
    nested_reads: ClassVar[bool] = False
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
        """Names of the sums over all parameters that `update` finds in `hyper` beside the hyperparameters."""
        return ()

    @property
    def averages(self) -> bool:
        """Whether the weights to evaluate differ from the trained ones."""
        return False

    @classmethod
    def switches(cls, numbers: Mapping[str, float]) -> dict[str, bool]:
        """The value of each field has_<hyperparameter>: one that is 0 at the start is no part of the rule."""
        names = structure(cls)
        return {f"has_{k}": numbers[k] != 0 for k in cls.hyperparameters if f"has_{k}" in names}

    @classmethod
    def tunable(cls, numbers: Mapping[str, float], *, named: bool = False) -> tuple[str, ...]:
        """The hyperparameters that a level above tunes, in order.

        Constants are left out, and so are hyperparameters whose initial value, in `numbers`, is 0 and stays
        0. With `named`, those of `by_name` are included.
        """
        there, left_out = cls.switches(numbers), cls.constants | (frozenset() if named else cls.by_name)
        return tuple(k for k in cls.hyperparameters if k not in left_out and there.get(f"has_{k}", True))

    def init(self, param: Tensor) -> State:
        """The state before the first update: tensors shaped like `param`, except those of `common`."""
        return {}

    def accumulate(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Tensor:
        """The gradient that `update` takes, before any clipping: with momentum, the buffer."""
        return grad

    def sums(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Hyper:
        """The contribution of this parameter to each of `summed`, scalars; arguments as in `update`."""
        raise NotImplementedError

    def evaluated(self, param: Tensor, state: State, hyper: Hyper) -> Tensor:
        """The weights to evaluate, if `averages`, after the update that led to `param` and `state`."""
        return param

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        """One update.

        Args:
            grad: what `accumulate` returned, clipped or not, shaped like the parameter.
            state: as returned by `init` or the previous update.
            hyper: the hyperparameters in natural units, and the sums of `summed`, as scalar tensors.
            step: the count of this update, from 1, a scalar tensor.
            param: the parameter before the update; if `uses_param` is False, any tensor of its shape.

        Returns:
            The amount to subtract from the parameter, and the next state.
        """
        raise NotImplementedError

    def effective_rate(self, state: State, hyper: Hyper) -> Tensor | None:
        """The rate that the rule makes of its estimate, a scalar; None if its rate is alpha.

        `state` is of any parameter after an update, so the estimate must be in `common`.
        """
        return None

    def diagnostics(self, states: Mapping[str, State]) -> dict[str, Tensor]:
        """Numbers to record after an epoch, scalars by name, from the state of every parameter."""
        return {}


def safe_sqrt(x: Tensor) -> Tensor:
    """The square root, with derivative 0 at 0: a gradient that is always zero gives no NaN hypergradient."""
    positive = x > 0
    return x.where(positive, 1.0).sqrt().where(positive, 0.0)


def _structure(kind: type[Rule]) -> frozenset[str]:
    """The names of a rule's fields."""
    return frozenset(field.name for field in fields(kind))


structure = cast("Callable[[type[Rule]], frozenset[str]]", cache(_structure))
"""`_structure` with a cache; cast, because mypy takes a class with comparable instances for unhashable."""
