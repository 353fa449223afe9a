"""The spaces in which hyperparameters are tuned.

A level above moves a *raw* value by gradient steps; the rule reads its *natural* value. A decay rate is tuned
as the inverse of (tanh(raw) + 1) / 2, so that it stays inside (0, 1) wherever the gradient steps lead.
"""

from __future__ import annotations

import math
import struct
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


class Space(ABC):
    """A one-to-one map between the raw value that is tuned and the natural value that is used."""

    @abstractmethod
    def natural(self, raw: Tensor) -> Tensor:
        """The value that the rule uses."""

    @abstractmethod
    def raw(self, natural: Tensor) -> Tensor:
        """The value that the level above moves."""

    @abstractmethod
    def slope(self, raw: Tensor) -> Tensor:
        """The derivative of `natural`."""

    def times(self, raw: Tensor, factor: Tensor) -> Tensor:
        """The raw value whose natural value is `factor` times that of `raw`."""
        return self.raw(self.natural(raw) * factor)

    def slope_of_times(self, raw: Tensor, factor: Tensor) -> Tensor:
        """The derivative of `times` in `raw`."""
        return factor * self.slope(raw) / self.slope(self.times(raw, factor))


class Linear(Space):
    """natural = raw; it may become negative."""

    def natural(self, raw: Tensor) -> Tensor:
        return raw

    def raw(self, natural: Tensor) -> Tensor:
        return natural

    def slope(self, raw: Tensor) -> Tensor:
        return raw.new_ones(())


class UnitInterval(Space):
    """natural = (tanh(raw) + 1) / 2, for decay rates (gdtuo's clamp)."""

    def natural(self, raw: Tensor) -> Tensor:
        return (raw.tanh() + 1) / 2

    def raw(self, natural: Tensor) -> Tensor:
        return (2 * natural - 1).atanh()

    def slope(self, raw: Tensor) -> Tensor:
        return (1 - raw.tanh().square()) / 2


class Root(Space):
    """natural = raw**2, for rates that must not become negative (gdtuo's RMSProp)."""

    def natural(self, raw: Tensor) -> Tensor:
        return raw.square()

    def raw(self, natural: Tensor) -> Tensor:
        return natural.sqrt()

    def slope(self, raw: Tensor) -> Tensor:
        return 2 * raw

    def times(self, raw: Tensor, factor: Tensor) -> Tensor:
        return raw * factor.sqrt()

    def slope_of_times(self, raw: Tensor, factor: Tensor) -> Tensor:  # noqa: ARG002
        return factor.sqrt()


class Log(Space):
    """natural = exp(raw), so that a gradient step multiplies the rate: a rate above 0 stays above 0."""

    def natural(self, raw: Tensor) -> Tensor:
        return raw.exp()

    def raw(self, natural: Tensor) -> Tensor:
        return natural.log()

    def slope(self, raw: Tensor) -> Tensor:
        return raw.exp()

    def times(self, raw: Tensor, factor: Tensor) -> Tensor:
        return raw + factor.log()

    def slope_of_times(self, raw: Tensor, factor: Tensor) -> Tensor:  # noqa: ARG002
        return factor.new_ones(())


def in_float32(value: float) -> float:
    """The float32 number nearest to `value`."""
    try:
        nearest: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return nearest


HELD = "that float32 can hold (1.4e-45 to 3.4e+38)"
"""What `is_held` asks of a number above 0, for sentences."""


def is_held(value: float) -> bool:
    """Whether `value` is finite in float32, and 0 there only if it is 0."""
    return math.isfinite(nearest := in_float32(value)) and (nearest != 0 or value == 0)


LINEAR, UNIT_INTERVAL, ROOT, LOG = Linear(), UnitInterval(), Root(), Log()
