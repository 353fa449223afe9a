"""The learning rate that a parameter group shows: a number that knows its value without learning.

A scheduler computes from a rate that it read: from the current one, as StepLR does, or from the initial one,
as LambdaLR does. Every computation is also done on `planned`, the rate without learning. So when the result
is written, it carries the rate that the scheduler would have written for an optimizer of torch.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler

NUMBERS_ON = ("cpu",)
"""Devices whose rates are floats; on others they are tensors, to avoid waiting for the device."""

CALLS = 8
"""The most calls between a scheduler of torch and the write of its rate."""


def _turned(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda x, y: operation(y, x)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "radd": operator.add,
    "rsub": _turned(operator.sub),
    "rmul": operator.mul,
    "rtruediv": _turned(operator.truediv),
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": abs,
}
"""Operations by their names in float."""

OF_NUMPY: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
    "positive": operator.pos,
    "absolute": abs,
}
"""Operations by their names in numpy."""

OF_TENSORS = OPERATIONS | {
    "div": operator.truediv,
    "rdiv": _turned(operator.truediv),
    "zero": lambda _: 0.0,
}
OF_TENSORS |= dict.fromkeys(("clone", "detach", "to", "positive"), lambda rate, *_: rate)
"""Operations by their names in torch."""


class Rate(float):
    """A rate as a float; computations with it are also done on `planned`."""

    planned: float

    def __new__(cls, value: float, planned: float | None = None) -> Self:
        """A rate of that value; a plain float if no plan is given, as when its type is called on a number."""
        if planned is None:
            return float(value)  # type: ignore[return-value]
        rate = super().__new__(cls, value)
        rate.planned = planned
        return rate

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **more: Any) -> Any:
        """Let numpy use it as a float; computations with single numbers are also done on `planned`."""
        result = getattr(ufunc, method)(*map(plain, inputs), **more)
        operation = OF_NUMPY.get(ufunc.__name__)
        if operation is None or method != "__call__" or not isinstance(result, np.floating):
            return result
        return _computed(float(result), operation, inputs)

    def __getnewargs__(self) -> tuple[float, float]:  # type: ignore[override]  # float's has one
        return float(self), self.planned


def _computed(result: float, operation: Callable[..., Any], inputs: tuple[Any, ...]) -> float:
    """The result with its plan; the ratio of two rates is not a rate."""
    if operation is operator.truediv and all(isinstance(number, Rate) for number in inputs):
        return result
    return Rate(result, float(operation(*map(planned_of, inputs))))


def _following(name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
    of_float = getattr(float, f"__{name}__")

    def method(self: Rate, *others: Any) -> Any:
        result = of_float(self, *others)
        return _computed(result, operation, (self, *others)) if isinstance(result, float) else result

    return method


for _name, _operation in OPERATIONS.items():
    setattr(Rate, f"__{_name}__", _following(_name, _operation))


class TensorRate(Tensor):
    """A rate as a tensor without dimensions; computations with it are also done on `planned`.

    Attributes:
        taken: converts a value that is written into it in place to the rate that its group stores.
    """

    planned: float
    taken: Callable[[Any], Any] | None = None

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in (Tensor.fill_, Tensor.copy_) and getattr(args[0], "taken", None):
            rate = args[0].taken(args[1])
            args[0].planned = rate.planned
            return super().__torch_function__(func, types, (args[0], rate, *args[2:]), kwargs or {})  # type: ignore[no-untyped-call]
        result = super().__torch_function__(func, types, args, kwargs or {})  # type: ignore[no-untyped-call]
        if not isinstance(result, TensorRate):
            return result
        operation = OF_TENSORS.get(func.__name__.strip("_"))
        if operation is None or result.ndim:
            return result if "planned" in vars(result) else result.as_subclass(Tensor)
        result.planned = float(operation(*map(planned_of, args)))
        if result.taken:
            result.taken(result)
        return result

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return self.clone()

    def __getstate__(self) -> dict[str, Any]:
        return {"planned": self.planned}


torch.serialization.add_safe_globals([Rate, TensorRate])


def shows_floats(value: Tensor) -> bool:
    """Whether rates on the device of `value` are floats."""
    return value.device.type in NUMBERS_ON


def rate_of(value: Any, planned: float) -> Rate | TensorRate:
    """A rate that would be `planned` without learning; a copy, if it is a tensor."""
    if not isinstance(value, Tensor) or shows_floats(value):
        return Rate(float(value), planned)
    rate: TensorRate = plain(value).detach().clone().as_subclass(TensorRate)
    rate.planned = planned
    return rate


def planned_of(value: Any) -> Any:
    """The value of a rate without learning; any other value as it is."""
    return value.planned if isinstance(value, Rate | TensorRate) else value


def plain(value: Any) -> Any:
    """A rate as an ordinary number or tensor."""
    if isinstance(value, TensorRate):
        return value.as_subclass(Tensor)
    return float(value) if isinstance(value, Rate) else value


def scheduler_at_work() -> LRScheduler | None:
    """The scheduler of torch that is writing a rate; None if something else writes it.

    A number does not show whether OneCycleLR planned it or a person set it as the rate to use, so this looks
    at the calling frames.
    """
    frame = sys._getframe(1)
    for _ in range(CALLS):
        if isinstance(writer := frame.f_locals.get("self"), LRScheduler):
            return writer
        if frame.f_back is None:
            break
        frame = frame.f_back
    return None
