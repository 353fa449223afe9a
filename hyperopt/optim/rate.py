"""A learning rate as a parameter group shows it: a number that knows how much of it was learned.

A scheduler computes from a rate that it found: from that of now, as StepLR does, or from that at the start,
as LambdaLR does. Either keeps `learned`, the factor by which the levels above had changed it by then. So
where a rate made of it is written, that factor is brought up to date, and nothing learned is overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

NUMBERS_ON = ("cpu",)
"""Devices whose rates are floats; on others they are tensors, so that nothing waits for the device."""


class Rate(float):
    """A rate as a float; what is computed from it keeps `learned`."""

    learned: float
    __array_ufunc__ = None  # numpy leaves its scalars' products with a rate to the rate

    def __new__(cls, value: float, learned: float = 1.0) -> Rate:
        """A rate of that value."""
        rate = super().__new__(cls, value)
        rate.learned = learned
        return rate

    def __getnewargs__(self) -> tuple[float, float]:  # type: ignore[override]  # float's has one
        return float(self), self.learned


def _keeping(name: str) -> Callable[..., Any]:
    operation = getattr(float, name)

    def method(self: Rate, *others: Any) -> Any:
        result = operation(self, *others)
        if not isinstance(result, float) or ("div" in name and isinstance(others[0], Rate)):
            return result
        return Rate(result, self.learned)

    return method


for _name in ("add", "sub", "mul", "truediv"):
    setattr(Rate, f"__{_name}__", _keeping(f"__{_name}__"))
    setattr(Rate, f"__r{_name}__", _keeping(f"__r{_name}__"))
for _name in ("neg", "pos", "abs"):
    setattr(Rate, f"__{_name}__", _keeping(f"__{_name}__"))


class TensorRate(Tensor):
    """A rate as a tensor of no dimension; what is computed from it keeps `learned`.

    Attributes:
        taken: turns a value that is written into it in place to what its group makes of it.
    """

    learned: Any
    taken: Callable[[Any], Any] | None = None

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in (Tensor.fill_, Tensor.copy_) and getattr(args[0], "taken", None):
            args = (args[0], args[0].taken(args[1]), *args[2:])
        result = super().__torch_function__(func, types, args, kwargs or {})  # type: ignore[no-untyped-call]
        if isinstance(result, TensorRate) and "learned" not in vars(result):
            result.learned = next(rate.learned for rate in args if isinstance(rate, TensorRate))
        return result

    def __getstate__(self) -> dict[str, Any]:
        return {"learned": self.learned}


torch.serialization.add_safe_globals([Rate, TensorRate])


def shows_floats(value: Tensor) -> bool:
    """Whether rates on the device of `value` are floats."""
    return value.device.type in NUMBERS_ON


def rate_of(value: Any, learned: Any) -> Rate | TensorRate:
    """A rate, of which `learned` is the factor that was learned; a copy, if it is a tensor."""
    if not isinstance(value, Tensor) or shows_floats(value):
        return Rate(float(value), float(learned))
    rate = value.detach().clone().as_subclass(TensorRate)
    rate.learned = learned
    return rate


def plain(value: Any) -> Any:
    """A rate as any other number or tensor."""
    if isinstance(value, TensorRate):
        return value.as_subclass(Tensor)
    return float(value) if isinstance(value, Rate) else value
